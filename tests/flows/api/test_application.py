"""The API over a real connection: what it answers, what it refuses, and what its OpenAPI document says."""

import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest

from flows.api.application import application
from flows.api.rate import RateLimiter
from flows.api.server import listen
from flows.audit.opened import TrustOptions
from flows.client.registry import Registry
from flows.config.clock import fixed
from flows.config.settings import read_settings
from flows.store.local import LocalStore
from flows.store.open import open_store
from pipelines.registry.export_keys import PASSPORT_TABLE_KEY
from pipelines.registry.layout import brief_key, passport_copy_key, search_key
from pipelines.signing.keys import KeyRing
from pipelines.signing.registry_files import open_file
from pipelines.signing.signatures import BRIEF_TYPE
from tests.support.api import serving
from tests.support.runs import NOON, SIGNER, Record, edited, reader, refresh
from tests.support.waiting import LIMIT_S

QWEN = "qwen-qwq-32b"
OSS = "openai-gpt-oss-120b"
SCHEMATHESIS = Path(__file__).parents[2] / "support/schemathesis.toml"
SOON = NOON + timedelta(hours=1)


class Got(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def ask(port: int, target: str, method: str = "GET", body: bytes | None = None, **sent: str) -> Got:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_S)
    connection.request(method, target, body, {name.replace("_", "-"): value for name, value in sent.items()})
    response = connection.getresponse()
    got = Got(response.status, {n.lower(): v for n, v in response.getheaders()}, response.read())
    connection.close()
    return got


def application_of(
    root: Path, *, rate: float = 0, lines: list[str] | None = None, key: str | None = SIGNER.key_id
) -> Any:
    store = LocalStore(root)
    settings = read_settings(store=str(root))
    return application(
        store,
        lambda: Registry(store, settings, TrustOptions(key), fixed(SOON)),
        log=(lines if lines is not None else []).append,
        requests_a_second=rate,
    )


@pytest.fixture(scope="module")
def port(published: Path) -> Iterator[int]:
    with serving(application_of(published)) as port:
        yield port


def test_a_passport_and_its_brief_are_given_as_they_are_stored(port: int, published: Path) -> None:
    got = ask(port, f"/api/v1/passport/{QWEN}")
    assert (got.status, got.body) == (200, (published / passport_copy_key(QWEN)).read_bytes())
    brief = ask(port, f"/api/v1/brief/{QWEN}")
    assert brief.body == (published / brief_key(QWEN)).read_bytes()
    signed = open_file(brief.body, payload_type=BRIEF_TYPE, keys=KeyRing([SIGNER.public_key]))
    assert signed["passport_sha256"] == reader(published).row(QWEN).object  # type: ignore[union-attr]
    assert len(brief.body) <= 4096


def test_verification_by_slug_and_of_a_document(port: int) -> None:
    answer = ask(port, f"/api/v1/verify?slug={QWEN}").json()
    assert (answer["verdict"], answer["good"], answer["age"], answer["slug"]) == ("ok", True, "fresh", QWEN)
    assert (answer["registry"]["verdict"], answer["registry"]["trust"]) == ("ok", "key")
    document = ask(port, f"/api/v1/passport/{QWEN}").body
    assert ask(port, "/api/v1/verify", "POST", document).json()["verdict"] == "ok"
    changed = document.replace(b"QwQ", b"QvQ")
    assert ask(port, "/api/v1/verify", "POST", changed).json()["verdict"] == "bad_signature"
    assert ask(port, "/api/v1/verify", "POST", b"nothing").json()["verdict"] == "malformed"
    assert ask(port, "/api/v1/verify?slug=nobody").status == 404
    assert ask(port, "/api/v1/verify", "POST", b"").status == 422


def test_finding(port: int, published: Path) -> None:
    every = {row.slug for row in reader(published).rows()}
    found = ask(port, "/api/v1/search?q=qwq").json()["passports"]
    assert found[0]["passport"]["slug"] == QWEN
    seen, cursor = [], ""
    while cursor is not None:
        page = ask(port, f"/api/v1/passports?limit=5&order=score&{cursor}").json()
        assert page["total"] == len(every)
        seen += [one["passport"]["slug"] for one in page["passports"]]
        cursor = page["next_cursor"] and f"cursor={page['next_cursor']}"
    assert (len(seen), set(seen)) == (len(every), every)
    images = ask(port, "/api/v1/passports?input=image&in_date=true&free=false").json()["passports"]
    assert images
    uri = ask(port, f"/api/v1/passport/{QWEN}").json()["passport"]["unfragile"]["capabilities"][0]["uri"]
    by_uri = ask(port, f"/api/v1/capability/{quote(uri, safe='')}?limit=200").json()
    assert by_uri["uri"] == uri
    assert QWEN in {one["passport"]["slug"] for one in by_uri["passports"]}
    assert ask(port, "/api/v1/capability/nothing").status == 404


def test_a_task_is_resolved(port: int) -> None:
    body = json.dumps({"task": "describe what is in an image", "where": {"in_date": True}, "limit": 2}).encode()
    answer = ask(port, "/api/v1/resolve", "POST", body, content_type="application/json").json()
    assert len(answer["models"]) == 2
    assert all(one["uris"] and one["likeness"] > 0 for one in answer["models"])
    written = body.replace(b'"limit": 2', b'"limit": 2.0').replace(b"true", b'true, "min_score": 1.0')
    assert ask(port, "/api/v1/resolve", "POST", written, content_type="application/json").json() == answer
    for refused in (body.replace(b'"limit": 2', b'"limit": 2.5'), b"\xff", b"", b"[]", b"{"):
        got = ask(port, "/api/v1/resolve", "POST", refused, content_type="application/json")
        assert (got.status, got.headers["content-type"]) == (422, "application/problem+json")


def test_a_comparison_and_the_changes(port: int) -> None:
    answer = ask(port, f"/api/v1/compare?artifact={QWEN}&artifact={OSS}").json()
    assert [one["slug"] for one in answer["passports"]] == [QWEN, OSS]
    assert answer["facts"][0]["differs"]
    first = ask(port, "/api/v1/changes?since=0&limit=3").json()
    assert (len(first["changes"]), first["next_skip"]) == (3, 3)
    assert ask(port, "/api/v1/changes?since=2026-04-22T23:00:00Z").json()["changes"] == []
    assert ask(port, "/api/v1/changes?since=99").status == 404


def test_health(port: int) -> None:
    answer = ask(port, "/api/v1/health").json()
    assert (answer["status"], answer["registry"]["generation"], answer["passports"]) == ("ok", 1, 22)


def test_a_registry_that_nobody_vouches_for_is_not_healthy(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PASSPORTS_SIGNING_KEY_FILE", raising=False)
    with serving(application_of(published, key=None)) as port:
        assert ask(port, "/api/v1/health").json()["status"] == "degraded"
        assert ask(port, f"/api/v1/verify?slug={QWEN}").json()["verdict"] == "unpinned"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/api/v1/passport/nobody", 404),
        ("/api/v1/passport/NOBODY", 422),
        ("/api/v1/passport/..%2f..%2fregistry", 404),
        ("/api/v1/verify", 422),
        ("/api/v1/verify?slug=http://127.0.0.1:9/", 422),
        ("/api/v1/search?q=", 422),
        ("/api/v1/search?q=a&unknown=1", 422),
        ("/api/v1/passports?cursor=x", 422),
        ("/api/v1/passports?limit=201", 422),
        ("/api/v1/passports?max_price=nan", 422),
        ("/api/v1/passports?min_context=99999999999999999999", 422),
        (f"/api/v1/compare?artifact={QWEN}", 422),
        (f"/api/v1/compare?artifact={QWEN}&artifact=nobody", 404),
        ("/api/v1/changes?since=tomorrow", 422),
        ("/api/v1/changes?since=2026-99-99T00:00:00Z", 422),
        ("/api/v1/nothing", 404),
        ("/nothing", 404),
    ],
)
def test_a_refusal_is_a_problem_document(port: int, target: str, status: int) -> None:
    got = ask(port, target)
    assert (got.status, got.headers["content-type"]) == (status, "application/problem+json")
    assert got.json()["status"] == status
    assert got.json()["detail"]
    assert got.headers["access-control-allow-origin"] == "*"
    assert got.headers["cache-control"] == "no-store"


def test_methods_that_an_address_does_not_have_are_refused(port: int) -> None:
    for target, method in (("/api/v1/search?q=a", "POST"), ("/api/v1/resolve", "GET"), ("/api/v1/health", "DELETE")):
        got = ask(port, target, method)
        assert (got.status, got.headers["content-type"]) == (405, "application/problem+json"), target
        assert got.headers["allow"]


def test_computed_answers_have_etags_head_and_security_headers(port: int) -> None:
    target = "/api/v1/search?q=qwen"
    got, headed = ask(port, target), ask(port, target, "HEAD")
    assert headed.body == b""
    assert headed.headers["content-length"] == str(len(got.body))
    assert headed.headers["etag"] == got.headers["etag"]
    assert "default-src 'none'" in got.headers["content-security-policy"]
    again = ask(port, target, if_none_match=got.headers["etag"])
    assert (again.status, again.body) == (304, b"")


def test_a_body_that_is_too_large_is_not_read(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), LIMIT_S) as large:
        large.sendall(b"POST /api/v1/verify HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n")
        assert large.recv(12) == b"HTTP/1.1 413"
    with socket.create_connection(("127.0.0.1", port), LIMIT_S) as chunked:
        chunked.sendall(b"POST /api/v1/verify HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(60):
                chunked.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
            assert chunked.recv(12) == b"HTTP/1.1 413"
        except OSError:
            return  # closed while it was sent


def test_a_body_that_comes_too_slowly_is_refused(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.api.outer.BODY_S", 0.2)
    with socket.create_connection(("127.0.0.1", port), LIMIT_S) as slow:
        slow.sendall(b"POST /api/v1/verify HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{")
        assert slow.recv(12) == b"HTTP/1.1 408"


def test_a_head_without_end_is_cut_off(port: int) -> None:
    lines = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 4000) for number in range(10_000))
    with (
        socket.create_connection(("127.0.0.1", port), LIMIT_S) as endless,
        pytest.raises(OSError),  # noqa: PT011 - closed, however the system says so
    ):
        endless.sendall(b"GET / HTTP/1.1\r\n" + lines)


def test_the_search_index_is_downloaded_whole_and_in_ranges(port: int, published: Path) -> None:
    key = search_key(reader(published).snapshot.search.sha256)  # type: ignore[union-attr]
    whole = (published / key).read_bytes()
    got = ask(port, f"/{key}")
    assert (got.status, got.body, got.headers["content-type"]) == (200, whole, "application/vnd.sqlite3")
    for asked, (first, last) in {
        "bytes=0-99": (0, 99),
        "bytes=100-": (100, len(whole) - 1),
        "bytes=-5": (len(whole) - 5, len(whole) - 1),
        f"bytes=10-{len(whole) + 9}": (10, len(whole) - 1),
    }.items():
        part = ask(port, f"/{key}", range=asked)
        assert (part.status, part.body) == (206, whole[first : last + 1])
        assert part.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"
    assert ask(port, f"/{key}", range=f"bytes={len(whole)}-").status == 416
    assert ask(port, f"/{key}", range="lines=1-2").body == whole
    assert ask(port, f"/{key}", if_none_match=got.headers["etag"]).status == 304
    assert ask(port, f"/{key}", "HEAD").headers["content-length"] == str(len(whole))
    assert ask(port, f"/{search_key('0' * 64)}").status == 404


def test_a_bulk_export_is_downloaded_in_ranges_and_its_tag_changes_with_it(tmp_path: Path) -> None:
    path = tmp_path / PASSPORT_TABLE_KEY
    path.parent.mkdir()
    with serving(application_of(tmp_path)) as port:
        tags = set()
        for body in (b"PAR1 first", b"PAR1 second"):
            path.write_bytes(body)
            got = ask(port, f"/{PASSPORT_TABLE_KEY}")
            assert (got.status, got.body) == (200, body)
            assert got.headers["content-type"] == "application/vnd.apache.parquet"
            assert got.headers["access-control-allow-origin"] == "*"
            part = ask(port, f"/{PASSPORT_TABLE_KEY}", range="bytes=-4", if_range=got.headers["etag"])
            assert (part.status, part.body) == (206, body[-4:])
            head = ask(port, f"/{PASSPORT_TABLE_KEY}", "HEAD")
            assert (head.headers["content-length"], head.headers["etag"]) == (str(len(body)), got.headers["etag"])
            tags.add(got.headers["etag"])
        assert len(tags) == 2


def test_a_new_generation_is_followed(equipped: Path, few: list[Record], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.api.current.FOLLOW_S", 0.0)
    root = equipped / "public"
    refresh(root, few)
    with serving(application_of(root)) as port:
        assert ask(port, "/api/v1/health").json()["registry"]["generation"] == 1
        refresh(root, edited(few, "qwen/qwq-32b", context_length=4096), at=NOON + timedelta(minutes=30))
        assert ask(port, "/api/v1/health").json()["registry"]["generation"] == 2
        (root / "registry/timestamp.json").write_bytes(b"{}")
        assert ask(port, "/api/v1/health").json()["registry"]["generation"] == 2


def test_changes_that_are_no_longer_retained_are_gone(equipped: Path, few: list[Record]) -> None:
    root = equipped / "public"
    for number in range(3):
        refresh(root, edited(few, "qwen/qwq-32b", context_length=4096 + number), at=NOON + timedelta(minutes=number))
    (root / "registry/snapshots/1.json").unlink()
    with serving(application_of(root)) as port:
        assert len(ask(port, "/api/v1/changes?since=2").json()["changes"]) == 1
        got = ask(port, "/api/v1/changes?since=1")
        assert (got.status, "no longer retained" in got.json()["detail"]) == (410, True)


def test_an_empty_store_is_served_without_an_api(equipped: Path) -> None:
    with serving(application_of(equipped / "public")) as port:
        got = ask(port, "/api/v1/health")
        assert (got.status, got.headers["retry-after"]) == (503, "5")
        assert ask(port, "/openapi.json").status == 200


def test_a_client_that_asks_too_often_is_told_how_long_to_wait(published: Path) -> None:
    with serving(application_of(published, rate=1)) as port:
        answers = [ask(port, "/api/v1/search?q=a") for _ in range(6)]
        refused = [got for got in answers if got.status == 429]
        assert refused
        assert int(refused[0].headers["retry-after"]) >= 1
        assert ask(port, f"/api/v1/passport/{QWEN}").status == 200


def test_answers_do_not_wait_for_acknowledgements() -> None:
    listening = listen("127.0.0.1", 0)
    with listening.socket as socket_, socket.create_connection(("127.0.0.1", listening.port), LIMIT_S):
        accepted, _ = socket_.accept()
        with accepted:
            assert accepted.proto == socket.IPPROTO_TCP  # by which asyncio recognises where to set TCP_NODELAY


def test_the_rate_is_that_of_each_client() -> None:
    now = [0.0]
    limiter = RateLimiter(1.0, lambda: now[0])
    assert [limiter.wait_s("a") for _ in range(3)] == [0, 0, 1.0]
    assert limiter.wait_s("b") == 0
    now[0] = 1.0
    assert (limiter.wait_s("a"), limiter.wait_s("a")) == (0, 1.0)


def test_the_log_has_one_line_a_request_without_control_characters(published: Path) -> None:
    lines: list[str] = []
    with serving(application_of(published, lines=lines)) as port:
        ask(port, f"/api/v1/passport/{QWEN}")
        ask(port, "/%0a%1b[31m?q=%0a")
        ask(port, "/api/v1/health", "HEAD")
    assert lines[0].startswith(f'127.0.0.1 "GET /api/v1/passport/{QWEN}" 200 ')
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)


def test_a_registry_is_read_by_the_client_through_the_server(port: int, tmp_path: Path) -> None:
    at = f"http://127.0.0.1:{port}"
    with Registry.open(
        at, key=SIGNER.key_id, state=tmp_path / "seen.json", cache=tmp_path / "cache", clock=fixed(SOON)
    ) as registry:
        assert registry.passport(QWEN).good
        assert registry.search("qwq")[0].passport.slug == QWEN
        assert len(registry.find(limit=100).found) == len(registry) == 22
    assert len(list((tmp_path / "cache").iterdir())) >= 2
    assert open_store(at).exists("schema.json")


@pytest.mark.slow
def test_no_request_of_the_openapi_document_breaks_the_server_or_its_contract(published: Path, tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("schemathesis")
    with serving(application_of(published)) as port:
        ended = subprocess.run(
            [
                command, "--config-file", SCHEMATHESIS, "run", f"http://127.0.0.1:{port}/openapi.json",
                "--phases", "coverage,fuzzing", "--max-examples", "20", "--seed", "1", "--no-color",
            ],
            cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
    assert ended.returncode == 0, ended.stdout[-5000:]
    assert "Tested: 11" in ended.stdout
