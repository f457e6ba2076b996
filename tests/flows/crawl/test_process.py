import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flows.crawl.process import CrawlOrder, Progress, _environment, crawl
from flows.ingest.crawl_file import CrawlFailedError, read_crawl
from schemas.crawl import QuarantinedLine
from schemas.listing import Quarantined
from spiders.extensions.tally import Tally
from tests.support.spiders.crawls import EPOCH, HASTY, OBSERVED_AT, crawled, ids, quarantined
from tests.support.spiders.server import Source, model, serving
from tests.support.waiting import until

pytestmark = pytest.mark.cold


def test_a_crawl_runs_from_any_folder_tells_its_progress_and_repeats_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for shadow in ("json.py", "scrapy.py", "spiders.py"):
        (tmp_path / shadow).write_text("raise SystemExit('not from here')")
    (tmp_path / "scrapy.cfg").write_text("[settings]\ndefault = nowhere.settings\n")
    monkeypatch.chdir(tmp_path)
    reported: list[Progress] = []
    asked = Progress("openrouter", listings=0, announced=None, requests=2)
    with serving(faults=["held"], total_count=7) as source:

        def tell(progress: Progress) -> None:
            reported.append(progress)
            if progress == asked:
                source.released.set()

        first = crawled(source.url, Path(), on_progress=tell)
        written = first.path.read_bytes()
        second = crawled(source.url, Path())
    assert asked in reported
    assert reported[-1] == Progress("openrouter", listings=7, announced=7, requests=2)
    assert len(ids(first)) == 7
    assert (written, first.report) == (second.path.read_bytes(), second.report)


def test_a_cancelled_crawl_is_over_before_the_cancellation_is(tmp_path: Path) -> None:
    async def cancel_once_asked(source: Source) -> None:
        settings = {**HASTY, "RETRY_WAIT_MAX_S": "1800"}
        order = CrawlOrder("openrouter", url=source.url, out=tmp_path / "c.jsonl", contact="c", settings=settings)
        task = asyncio.create_task(crawl(order))
        await asyncio.to_thread(until, source.asked)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with serving(always="429", retry_after="900") as source:
        asyncio.run(cancel_once_asked(source))
    assert _children(os.getpid()) == []


def test_a_crawl_over_its_time_limit_is_stopped(tmp_path: Path) -> None:
    with serving(always="held") as source, pytest.raises(CrawlFailedError, match="because it had not ended") as error:
        crawled(source.url, tmp_path, time_limit_s=0.5)
    assert f"openrouter at {source.url}" in str(error.value)
    assert _children(os.getpid()) == []
    assert not (tmp_path / "crawl.jsonl").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_a_crawl_dies_with_the_process_that_ordered_it(tmp_path: Path) -> None:
    order = "import sys, pathlib, tests.support.spiders.crawls as c; c.crawled(sys.argv[1], pathlib.Path(sys.argv[2]))"
    with serving(always="held") as source:
        parent = subprocess.Popen(
            [sys.executable, "-c", order, source.url, str(tmp_path)], cwd=Path(__file__).parents[3]
        )
        with parent:
            until(source.asked)
            [child] = _children(parent.pid)
            parent.send_signal(signal.SIGKILL)
        until(lambda: not _runs(child))
    assert not (tmp_path / "crawl.jsonl").exists()


CRAMPED = """
import pathlib, resource, sys
from flows.errors import FullError
from tests.support.spiders.crawls import crawled
room = int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
try:
    crawled(sys.argv[1], pathlib.Path(sys.argv[2]))
except FullError as error:
    print(error)
"""


@pytest.mark.parametrize("room_bytes", [0, 3_000, 20_000])
def test_a_crawl_that_finds_no_room_says_so_in_one_sentence_and_is_not_finished(
    room_bytes: int, tmp_path: Path
) -> None:
    """At its last line, which is all that is written of a few records before the end, and long before."""
    models = [model(f"ada/m{n}", description="sedge " * 50) for n in range(3 if room_bytes < 10_000 else 200)]
    with serving(models=models) as source:
        command = [sys.executable, "-c", CRAMPED, source.url, str(tmp_path), str(room_bytes)]
        ended = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True)
    remedy = "make room, or set PASSPORTS_WORK to a folder on another disk, and run again"
    assert ended.stdout == f"{tmp_path} cannot be written to (File too large): {remedy}\n"
    assert ended.stderr == ""
    assert not (tmp_path / "crawl.jsonl").exists()


def test_a_crawl_without_a_report_is_an_error_that_shows_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    (tmp_path / "c.jsonl").write_text("an earlier crawl's")
    order = CrawlOrder("hf_secret", "http://127.0.0.1:9", tmp_path / "c.jsonl", contact="c", clock_epoch=EPOCH)
    with pytest.raises(CrawlFailedError, match="ended without a report") as error:
        asyncio.run(crawl(order))
    _, _, tail = str(error.value).partition("Standard error ended with:")
    assert "Spider not found: ***" in tail
    assert "hf_secret" not in tail


def test_a_crawl_file_is_read_only_whole(tmp_path: Path) -> None:
    refused = Quarantined(stage="fetch", source="s", id="", field="", reason="r", observed_at=OBSERVED_AT, raw="")
    tally = Tally("openrouter")
    tally.count(line := QuarantinedLine(quarantined=refused))
    report = tally.report({}, finish_reason="finished", started_at=OBSERVED_AT, finished_at=OBSERVED_AT)
    one, last = (part.model_dump_json() + "\n" for part in (line, report))
    path = tmp_path / "crawl.jsonl"
    path.write_text(one + last)
    assert (read_crawl(path).report, quarantined(read_crawl(path))) == (report, [refused])
    for content, message in [
        ("", "ends without a report"),
        (one, "ends without a report"),
        (one + last[:-9], "line that cannot be read"),
        (one[:30] + last, "line that cannot be read"),
        (last, "has other lines than its report counts"),
        (one + one + last, "has other lines than its report counts"),
    ]:
        path.write_text(content)
        with pytest.raises(CrawlFailedError, match=message):
            read_crawl(path)


def _children(pid: int) -> list[int]:
    listed = "".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))
    return [child for child in map(int, listed.split()) if "scrapy" in _command(child)]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except FileNotFoundError:
        return ""


def _runs(pid: int) -> bool:
    return "scrapy" in _command(pid)  # a zombie's command line is empty


@pytest.mark.parametrize(
    ("name", "inherited"),
    [
        ("PASSPORTS_SIGNING_KEY", False),
        ("PASSPORTS_SIGNING_KEY_FILE", False),
        ("AWS_SECRET_ACCESS_KEY", False),
        ("AWS_SESSION_TOKEN", False),
        ("AZURE_STORAGE_ACCOUNT_KEY", False),
        ("GOOGLE_APPLICATION_CREDENTIALS", False),
        ("AZURE_STORAGE_CONNECTION_STRING", False),
        ("GOOGLE_SERVICE_ACCOUNT", False),
        ("PREFECT_API_AUTH_STRING", False),
        ("PREFECT_SERVER_DATABASE_CONNECTION_URL", False),
        ("SOURCE_DATE_EPOCH", False),
        ("OPENROUTER_API_KEY", True),
        ("AWS_CA_BUNDLE", True),
        ("HTTPS_PROXY", True),
    ],
)
def test_what_fetches_never_holds_what_signs_or_publishes(
    name: str, inherited: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "1")
    assert (name in _environment("https://passports.example", None)) is inherited
