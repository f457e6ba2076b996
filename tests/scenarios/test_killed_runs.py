"""kill -9 in every stage of a run: the next one does the work, and nothing that fills the disk is left behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flows.audit.copy_check import check_copy
from flows.demo import recording
from flows.job.workspace import workspace
from tests.support.runs import NOON, brought, crawled, files, finish, job_for, playing, reader
from tests.support.spiders.server import serving
from tests.support.waiting import LIMIT_S, until

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow

RUN = """
import asyncio, os, signal, sys
from flows.crawl.sources import crawl_source
from flows.ingest.ingestion import begin
from flows.job.job import Job
from flows.progress import WATCHER
from tests.support.runs import assemble_crawls; from flows.run.publish import build_passports, publish_generation
from flows.job.workspace import workspace


killed_at = sys.argv[2]

def watch(stage, done, total):
    if stage == killed_at:
        os.kill(os.getpid(), signal.SIGKILL)

with workspace(Job.model_validate_json(sys.argv[1])) as job:
    WATCHER.set(watch)
    outcome = asyncio.run(crawl_source(job, "openrouter", begin(job)))
    assembled = assemble_crawls(job, [outcome])
    if killed_at == "between":
        os.kill(os.getpid(), signal.SIGKILL)
    publish_generation(job, assembled, build_passports(job, assembled))
"""
STAGES = (
    "merge",
    "between",
    "build",
    "publish: objects",
    "publish: shards",
    "publish: copies",
    "publish: pages",
    "publish: done",
)


@pytest.fixture
def work(equipped: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PASSPORTS_WORK", str(equipped / "work"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (equipped / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(equipped / "tmp"))
    return equipped / "work"


def started(root: Path, url: str, stage: str) -> "subprocess.Popen[bytes]":
    job = job_for(root, url=url)
    return subprocess.Popen([sys.executable, "-c", RUN, job.model_dump_json(), stage], cwd=ROOT)


def folders_of_runs(work: Path) -> list[Path]:
    return list(work.glob("passports-run-*"))


@pytest.mark.parametrize("stage", STAGES)
def test_the_next_run_does_the_work_of_one_that_was_killed(stage: str, equipped: Path, work: Path) -> None:
    root = equipped / "store"
    with playing(recording.models()) as url, started(root, url, stage) as run:
        assert run.wait(LIMIT_S) == -signal.SIGKILL
    assert len(folders_of_runs(work)) == 1, "the killed one's"
    left = [path.name for path in (equipped / "tmp").iterdir() if not path.name.startswith("passports-tests-")]
    assert left == [], "nothing removes what is there"
    with workspace(job_for(root)) as job:
        finish(job, [brought(recording.models())])
    assert folders_of_runs(work) == []
    served = reader(root)
    slugs = [row.slug for row in served.rows()]
    assert len(slugs) == 22
    assert all(check_copy(served, slug).verdict == "ok" for slug in slugs)
    assert len([key for key in files(root) if key.startswith("api/v1/passport/")]) == 22


def children(process: int) -> list[int]:
    listed = "".join(path.read_text() for path in Path(f"/proc/{process}/task").glob("*/children"))
    return [int(child) for child in listed.split()]


def lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_run_that_is_killed_while_it_crawls_takes_its_crawl_with_it(equipped: Path, work: Path) -> None:
    root = equipped / "store"
    with serving(always="429", retry_after="250") as source, started(root, source.url, "none") as run:
        until(lambda: source.asked() or run.poll() is not None)
        assert run.poll() is None
        crawls = children(run.pid)
        assert crawls
        os.kill(run.pid, signal.SIGKILL)
        run.wait(LIMIT_S)
        until(lambda: not any(map(lives, crawls)))
    assert len(folders_of_runs(work)) == 1
    with playing(recording.models()) as url, workspace(job_for(root, url=url, at=NOON)) as job:
        assert len(folders_of_runs(work)) == 1, "its own; the killed one's is gone"
        finish(job, crawled(job))
    assert folders_of_runs(work) == []
    assert len(list(reader(root).rows())) == 22
