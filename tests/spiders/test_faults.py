from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.listeners import listener
from tests.support.spiders.crawls import crawled, ids
from tests.support.spiders.server import API, ENCODINGS, model, serving
from tests.support.waiting import until

ALL = [f"ada/m{n}" for n in range(7)]


def test_passing_faults_are_survived(tmp_path: Path) -> None:
    faults = ["500", "html", "badjson", "empty", "truncated", "reset"]
    with serving(faults=list(faults)) as source:
        outcome = crawled(source.url, tmp_path, settings={"RETRY_TIMES": "6"})
    assert (outcome.report.complete, outcome.report.retries, ids(outcome)) == (True, len(faults), ALL)
    assert len(source.asked()) == len(faults) + 1


def test_faults_that_stay_are_reported_with_their_remedies(tmp_path: Path) -> None:
    sentences = {
        "500": (500, "answered 500 (Internal Server Error), 3 times: try again later"),
        "html": (200, "answered 200 with an HTML page titled 'Just a moment...' instead of JSON, 3 times"),
        "badjson": (200, "answered 200 with a body that is not JSON (Expecting property name"),
        "truncated": (None, "got an answer that was cut off"),
        "reset": (None, "lost its connection"),
        "redirect": (302, "points to 'http://127.0.0.2:1/elsewhere': redirects are not followed"),
    }
    faults_of = {f"{API}/models/ada/{fault}/endpoints": fault for fault in sentences}
    with serving(models=[model(f"ada/{fault}") for fault in sentences], faults_of=faults_of) as source:
        outcome = crawled(source.url, tmp_path, endpoints=True)
    assert (outcome.report.complete, outcome.report.listings, outcome.report.retries) == (False, 6, 2 * 5)
    failures = {failure.url.split("/")[-2]: failure for failure in outcome.report.failures}
    assert {fault: failures[fault].status for fault in sentences} == {f: status for f, (status, _) in sentences.items()}
    for fault, (_, sentence) in sentences.items():
        assert sentence in failures[fault].reason
        assert failures[fault].reason.startswith(f"GET {source.url}/api/v1/models/ada/{fault}/endpoints ")


def test_a_list_that_stays_empty_is_a_failure(tmp_path: Path) -> None:
    with serving(always="empty") as source:
        report = crawled(source.url, tmp_path).report
    [failure] = report.failures
    assert (report.complete, report.listings, report.retries, len(source.asked())) == (False, 0, 2, 3)
    assert "answered 200 with an empty list instead of models, 3 times" in failure.reason


def test_retry_after_and_an_exhausted_rate_limit_are_waited_out(tmp_path: Path) -> None:
    with serving(faults=["429", "exhausted"], page_size=4) as source:
        assert crawled(source.url, tmp_path).report.complete
    _, refused, exhausted, last = [asked_at for _, _, asked_at in source.requests]
    assert exhausted - refused >= 1.0
    assert last - exhausted >= 1.0


def test_a_source_that_asks_for_too_long_is_left_alone(tmp_path: Path) -> None:
    with serving(faults=[""], always="429", retry_after="3600") as source:
        report = crawled(source.url, tmp_path, endpoints=True).report
    reasons = [failure.reason for failure in report.failures]
    assert (report.retries, len(reasons)) == (0, len(ALL))
    assert 2 <= len(source.asked()) <= 5
    assert any("answered 429 (Too Many Requests) with Retry-After 3600" in reason for reason in reasons)
    assert any("was not sent, because the source asked for a pause of 3" in reason for reason in reasons)


def test_dates_that_no_calendar_holds_are_passed_over(tmp_path: Path) -> None:
    """In Retry-After and in Date, where a year is more than C can hold."""
    with serving(faults=["429"], retry_after="Wed, 21 Oct 99999999999999999999 07:28:00 GMT") as source:
        assert crawled(source.url, tmp_path).report.complete
    with serving(faults=["429"], retry_after="1", date="Wed, 21 Oct 99999999999999999999 07:28:00 GMT") as source:
        assert crawled(source.url, tmp_path).report.complete
    assert len(source.asked()) == 2


def test_slowness_has_an_end(tmp_path: Path) -> None:
    with serving(always="held") as source:
        report = crawled(source.url, tmp_path, settings={"DOWNLOAD_TIMEOUT": "2", "RETRY_TIMES": "1"}).report
        until(lambda: len(source.asked()) == 2)
    assert "got no answer in time" in report.failures[0].reason


def test_size_has_an_end_after_decompression_too(tmp_path: Path) -> None:
    with serving(body=b'{"data": [' + b" " * 200_000 + b"]}") as source:
        report = crawled(source.url, tmp_path, settings={"DOWNLOAD_MAXSIZE": "100000"}).report
    assert len(report.failures) == 1
    assert "has an answer of more than 100,000 bytes: check what is served there" in report.failures[0].reason


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_unpacks_to_more_than_is_read_is_refused_in_every_encoding(encoding: str, tmp_path: Path) -> None:
    with serving(body=b'{"data": [' + b" " * 50_000_000 + b"]}", encoding=encoding) as source:
        report = crawled(source.url, tmp_path, settings={"DOWNLOAD_MAXSIZE": "1000000", "RETRY_TIMES": "0"}).report
    assert "has an answer of more than 1,000,000 bytes" in report.failures[0].reason


def test_a_robots_txt_that_moved_on_its_host_is_obeyed(tmp_path: Path) -> None:
    with serving(robots_at="/openrouter/robots", body=b"User-agent: passports\nDisallow: /") as source:
        report = crawled(source.url, tmp_path).report
    assert "is forbidden by the source's robots.txt" in report.failures[0].reason


def test_a_redirect_of_robots_txt_leads_to_no_other_host(tmp_path: Path) -> None:
    with listener(host="127.0.0.2") as elsewhere:
        with serving(robots_at=f"http://127.0.0.2:{elsewhere.port}/latest/meta-data/") as source:
            report = crawled(source.url, tmp_path, settings={"RETRY_TIMES": "0"}).report
        assert elsewhere.seen == []
    assert report.complete


def test_headers_have_an_end(tmp_path: Path) -> None:
    with serving(always="flood") as source:
        report = crawled(source.url, tmp_path, settings={"RETRY_TIMES": "0"}).report
    assert "its headers have more than 262,144 bytes" in report.failures[0].reason


def test_robots_txt_is_obeyed(tmp_path: Path) -> None:
    with serving(robots="User-agent: passports\nDisallow: /openrouter/api/\n") as source:
        report = crawled(source.url, tmp_path).report
    assert source.asked() == []
    assert "is forbidden by the source's robots.txt" in report.failures[0].reason
    assert not report.complete


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tmp_path: Path) -> None:
    with serving(_self_signed(tmp_path / "server.pem")) as source:
        report = crawled(source.url, tmp_path, settings={"RETRY_TIMES": "0"}).report
    assert source.asked() == []
    assert "certificate verify failed" in report.failures[0].reason


def _self_signed(path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    certificate = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + certificate.public_bytes(pem))
    return path
