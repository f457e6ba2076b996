"""A crawl that is killed goes on where it stopped: what it leaves is what an undisturbed one leaves."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.ingest.crawl_file import CrawlOutcome, read_crawl
from schemas.crawl import Checkpoint, FetchFailure, PageDone
from schemas.times import instant
from spiders.extensions.checkpoints import Resumable, Written, unfinished
from spiders.extensions.tally import Tally
from spiders.huggingface.repository import Hub
from spiders.huggingface.spider import HuggingFaceSpider
from tests.support.spiders.crawls import EPOCH, HASTY, OBSERVED_AT, admitted
from tests.support.spiders.hub import known_file
from tests.support.waiting import LIMIT_S, until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
ITEMS, PAGE = 120, 20
WANTED = ["owner-3/model-3", "owner-7/model-7", "owner-9/no-such-model"]
DAY_S = 24 * 60 * 60


@contextlib.contextmanager
def made_up_hub(latency_ms: int = 100) -> Iterator[str]:
    """Serve a Hub so slowly that a crawl of it is seen at each of its checkpoints, also on a busy machine."""
    command = [sys.executable, "-m", "benchmarks.hub_server", "--items", str(ITEMS), "--page", str(PAGE)]
    command += ["--latency-ms", str(latency_ms)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def begun(url: str, out: Path, *, epoch: int = EPOCH, floor: str = "1", resume: str = "1") -> subprocess.Popen[bytes]:
    settings = {**HASTY, "HUGGINGFACE_URL": url, "CRAWL_FILE": str(out), "RESUME": resume}
    command = [sys.executable, "-P", "-m", "scrapy", "crawl", "huggingface", "-a", f"minimum_downloads={floor}"]
    command += ["-a", f"known={known_file(out.parent, *WANTED)}"]
    command += [word for name, value in settings.items() for word in ("-s", f"{name}={value}")]
    own = {"SCRAPY_SETTINGS_MODULE": "spiders.settings", "PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": str(epoch)}
    return subprocess.Popen(command, env={**os.environ, **own}, stdout=subprocess.DEVNULL)


def cut_off(crawl: subprocess.Popen[bytes], part: Path, how: signal.Signals, *, after: int) -> None:
    """Stop a crawl once so many checkpoints are on the disk."""
    try:
        until(lambda: checkpoints(part) >= after or crawl.poll() is not None, every_s=0.002)
        assert crawl.poll() is None, "the crawl ended before it could be stopped"
    finally:
        crawl.send_signal(how)
        crawl.wait()


def checkpoints(part: Path) -> int:
    return part.read_bytes().count(b'{"kind":"checkpoint"') if part.exists() else 0


def finished(crawl: subprocess.Popen[bytes], out: Path) -> CrawlOutcome:
    assert crawl.wait(LIMIT_S) == 0
    return read_crawl(out)


def brought(outcome: CrawlOutcome) -> list[dict[str, Any]]:
    return [json.loads(line.model_dump_json()) for line in admitted(outcome)]


def counts(outcome: CrawlOutcome) -> dict[str, Any]:
    """The report without what a second beginning adds: one more request of robots.txt, and a page asked for twice."""
    report = outcome.report.model_dump()
    return {key: report[key] for key in report.keys() - {"requests", "responses_by_status", "retries"}}


def test_a_crawl_that_is_killed_goes_on_without_a_gap_or_a_double(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with made_up_hub() as url:
        undisturbed = finished(begun(url, tmp_path / "a/crawl.jsonl"), tmp_path / "a/crawl.jsonl")
        out, part = tmp_path / "crawl.jsonl", tmp_path / "crawl.jsonl.part"
        for how, after in ((signal.SIGKILL, 2), (signal.SIGTERM, 3), (signal.SIGKILL, 4)):
            cut_off(begun(url, out), part, how, after=after)
            assert not out.exists()
        with part.open("ab") as file:
            file.write(b'{"kind":"admitted","raw":{"sou')
        resumed = finished(begun(url, out), out)
    assert len(brought(undisturbed)) == 2 * ITEMS + 1
    assert brought(resumed) == brought(undisturbed)
    assert counts(resumed) == counts(undisturbed)
    assert resumed.report.complete
    assert undisturbed.report.requests < resumed.report.requests < 2 * undisturbed.report.requests
    assert not part.exists()


@pytest.mark.parametrize(
    ("changed", "goes_on"),
    [
        ({}, True),
        ({"epoch": EPOCH + DAY_S - 1}, True),
        ({"epoch": EPOCH + DAY_S}, False),
        ({"floor": "2"}, False),
        ({"resume": "0"}, False),
    ],
)
def test_only_the_same_crawl_of_the_same_day_goes_on(tmp_path: Path, changed: dict[str, Any], goes_on: bool) -> None:
    out, part = tmp_path / "crawl.jsonl", tmp_path / "crawl.jsonl.part"
    with made_up_hub() as url:
        cut_off(begun(url, out), part, signal.SIGKILL, after=4)
        outcome = finished(begun(url, out, **changed), out)
    late = {line.raw.observed_at for line in admitted(outcome)}
    assert len(late) == (2 if goes_on and "epoch" in changed else 1)
    robots_pages_and_cards = 1 + ITEMS // PAGE + ITEMS + len(WANTED)
    again = outcome.report.requests - robots_pages_and_cards
    assert (again > 0) is goes_on


def test_what_came_and_what_failed_before_is_not_asked_for_again() -> None:
    spider = HuggingFaceSpider(only="heron-lab/a,heron-lab/old,heron-lab/b,heron-lab/c")
    spider.hub = Hub(spider, "https://hub.example", {}, spider.known, lambda: instant(OBSERVED_AT))
    spider.order = "this"
    assert isinstance(spider, Resumable)
    came = [Written("huggingface", "Heron-Lab/A", None), Written("huggingface", "tern-lab/new", "heron-lab/old")]
    came.append(Written("huggingface-card", "heron-lab/c", None))
    failed = FetchFailure(url=spider.hub.record_url("heron-lab/b"), status=None, reason="r")
    spider.resume(PageDone(order="this", next=None), came, [failed])
    assert list(spider._unasked()) == ["heron-lab/c"]


def checkpoint(order: str) -> bytes:
    so_far = Tally("huggingface").report(
        {}, finish_reason="unfinished", started_at=OBSERVED_AT, finished_at=OBSERVED_AT
    )
    return Checkpoint(done=PageDone(order=order, next=None), so_far=so_far).model_dump_json().encode() + b"\n"


@pytest.mark.parametrize(
    ("content", "end"),
    [
        (checkpoint("this") + b"{}\n" + checkpoint("this") + b'{"kind":"adm', len(checkpoint("this")) * 2 + 3),
        (checkpoint("this") + checkpoint("this")[:-1], len(checkpoint("this"))),
        (checkpoint("this") + bytes(4096), len(checkpoint("this"))),
        (checkpoint("this") + checkpoint("that"), None),
        (b'{"kind":"checkpoint","done":"of another version"}\n', None),
        (b'{"kind":"admitted"}\n', None),
        (b"", None),
    ],
)
def test_a_cut_off_file_goes_on_from_its_last_whole_checkpoint(tmp_path: Path, content: bytes, end: int | None) -> None:
    part = tmp_path / "crawl.jsonl.part"
    part.write_bytes(content)
    found = unfinished(part, "this", instant(OBSERVED_AT))
    assert (found.end if found else None) == end
    assert unfinished(tmp_path / "none.part", "this", instant(OBSERVED_AT)) is None
