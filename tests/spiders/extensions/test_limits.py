import json
import os
import signal
from pathlib import Path

import pytest

from flows.crawl.process import Progress
from spiders.download.documents import MOST_VALUES, LargeAnswerError, read_json
from spiders.extensions.limits import Came, Limits
from tests.support.spiders.crawls import crawled
from tests.support.spiders.processes import crawls_of
from tests.support.spiders.server import model, serving

BOUNDS = {"MOST_LISTINGS": "300", "LARGEST_REJECT_RATE": "0.1", "RATED_FROM": "20", "MOST_UNREAD_BYTES": "100000"}
AT_ONCE = 8
"""Lines that are on their way when a bound is exceeded, at most."""


def same(count: int, **fields: object) -> bytes:
    """A list of one record, again and again."""
    return json.dumps({"data": [{"id": "ada/m", **fields}] * count}).encode()


def test_a_crawl_that_brings_more_listings_than_it_may_is_stopped(tmp_path: Path) -> None:
    with serving(models=[model(f"ada/m{n}") for n in range(3_000)]) as source:
        report = crawled(source.url, tmp_path, settings=BOUNDS).report
    assert (report.complete, report.finish_reason) == (False, "bound")
    assert 300 < report.listings < 300 + AT_ONCE
    [failure] = report.failures
    assert failure.reason.startswith(
        "the crawl was stopped: the source sent more than 300 listings: check what is served there"
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (same(3_000), "31 of at most 300 listings were refused, more than 10%: see the quarantine"),
        (same(1_000, text="x" * 9_000), "records of more than 100,000 bytes could not be read: see the quarantine"),
    ],
    ids=["many", "large"],
)
def test_a_crawl_that_no_gate_would_let_pass_any_more_is_stopped(body: bytes, reason: str, tmp_path: Path) -> None:
    with serving(body=body) as source:
        report = crawled(source.url, tmp_path, settings=BOUNDS).report
    assert (report.complete, report.finish_reason) == (False, "bound")
    assert report.quarantined < 31 + AT_ONCE
    assert reason in report.failures[0].reason


def test_records_of_other_pages_are_not_asked_for_any_more(tmp_path: Path) -> None:
    with serving(models=[model(f"ada/m{n}") for n in range(3_000)], page_size=200) as source:
        report = crawled(source.url, tmp_path, settings=BOUNDS).report
    assert report.finish_reason == "bound"
    assert len(source.asked()) <= 3


def test_an_answer_of_too_many_values_is_not_read_and_not_asked_for_again(tmp_path: Path) -> None:
    with serving(body=b"[" + b"{}," * (MOST_VALUES // 2) + b"{}]") as source:
        report = crawled(source.url, tmp_path).report
    assert len(source.asked()) == 1
    assert "answered 200 with JSON of more than 600,000 values" in report.failures[0].reason


def test_no_more_values_are_read_than_the_bound() -> None:
    assert read_json(b"[" + b"{}," * (MOST_VALUES // 2 - 2) + b"[]]")
    with pytest.raises(LargeAnswerError):
        read_json(b"[" + b"{}," * (MOST_VALUES // 2) + b"[]]")


@pytest.mark.cold
def test_a_crawl_that_is_asked_to_end_does_not_go_through_the_rest_of_its_list(tmp_path: Path) -> None:
    ended: list[int] = []

    def end_it(progress: Progress) -> None:
        if progress.listings and not ended:
            ended.extend(crawls_of(os.getpid()))
            os.kill(ended[0], signal.SIGTERM)

    with serving(models=[model(f"ada/m{n}") for n in range(20_000)]) as source:
        report = crawled(source.url, tmp_path, on_progress=end_it).report
    assert report.finish_reason == "shutdown"
    assert report.listings < 20_000


LIMITS = Limits(listings=100, unread_bytes=1_000, reject_rate=0.1, rated_from=5)


@pytest.mark.parametrize(
    ("listings", "refused", "unread_bytes", "announced", "reason"),
    [
        (100, 10, 1_000, None, None),
        (101, 0, 0, None, "the source sent more than 100 listings"),
        (10, 0, 1_001, None, "records of more than 1,000 bytes could not be read"),
        (11, 11, 0, None, "11 of at most 100 listings were refused, more than 10%"),
        (4, 4, 0, 30, None),
        (5, 5, 0, 30, "5 of at most 30 listings were refused, more than 10%"),
        (11, 11, 0, 10_000, "11 of at most 100 listings were refused"),
    ],
)
def test_the_bound_that_is_exceeded_is_named(
    listings: int, refused: int, unread_bytes: int, announced: int | None, reason: str | None
) -> None:
    came = Came("openrouter")
    came.listings, came.refused, came.unread_bytes = listings, refused, unread_bytes
    reported = LIMITS.exceeded(came, announced)
    assert reported is None if reason is None else (reported or "").startswith(reason)
    assert Limits(0, 0, 1.0, 0).exceeded(came, announced) is None
