import errno
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from flows.errors import FullError
from flows.job.job import Job
from flows.job.locks import AlreadyRunningError, only_process
from flows.job.workspace import crawl_folder, workspace
from tests.support.runs import job_for
from tests.support.waiting import LIMIT_S, until

HOLD = """
import sys
from flows.job.job import Job
from flows.job.workspace import workspace
with workspace(Job.model_validate_json(sys.argv[1])) as placed:
    print(placed.work, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def job(equipped: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.setenv("PASSPORTS_WORK", str(equipped / "work"))
    return job_for(equipped / "store")


def held_elsewhere(job: Job) -> tuple["subprocess.Popen[str]", Path]:
    command = [sys.executable, "-c", HOLD, job.model_dump_json()]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def elsewhere(job: Job) -> Job:
    """The same into another store: it need not wait."""
    return job.model_copy(update={"store": f"{job.store}-other"})


def test_a_refresh_waits_for_one_of_the_same_source_and_store_and_says_so(
    job: Job, caplog: pytest.LogCaptureFixture
) -> None:
    process, _ = held_elsewhere(job)
    begun: list[str] = []

    def wait() -> None:
        with workspace(job):
            begun.append("then")

    with process:
        waiting = threading.Thread(target=wait)
        waiting.start()
        until(lambda: "another refresh of openrouter is running: waiting until it ends" in caplog.text)
        for other in ({"flow": "rescrape"}, {"sources": ("modelsdev",)}):
            with workspace(job.model_copy(update=other)):
                assert begun == []
        assert process.stdin is not None
        process.stdin.close()
        process.wait(LIMIT_S)
    waiting.join(LIMIT_S)
    assert begun == ["then"]


def turn_is_free(job: Job, caplog: pytest.LogCaptureFixture) -> bool:
    """Whether a refresh need not wait for another one; reported before that one ends."""
    entered, waits = threading.Event(), f"{job.store}: another refresh of "

    def enter() -> None:
        with workspace(job):
            entered.set()

    threading.Thread(target=enter, daemon=True).start()
    until(lambda: entered.is_set() or waits in caplog.text)
    return entered.is_set()


def test_a_refresh_waits_for_one_of_the_same_store_under_another_spelling(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    process, _ = held_elsewhere(job)
    with process:
        store = Path(job.store)
        (tmp_path / "link").symlink_to(store)
        monkeypatch.chdir(store.parent)
        for spelling in (f"./{store.name}", f"{store}/", f"file://{store}", str(tmp_path / "link")):
            assert not turn_is_free(job.model_copy(update={"store": spelling}), caplog), spelling
            with (
                crawl_folder(job, "openrouter") as one,
                crawl_folder(job.model_copy(update={"store": spelling}), "openrouter") as other,
            ):
                assert (one is None, other) == (False, None), spelling
        assert process.stdin is not None
        process.stdin.close()
        process.wait(LIMIT_S)


def test_one_spelling_in_two_folders_is_two_stores(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    relative, folders = job.model_copy(update={"store": "./public"}), []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        with crawl_folder(relative, "openrouter") as folder:
            folders.append(folder)
    assert folders[0] != folders[1]
    monkeypatch.chdir(tmp_path / "one")
    with workspace(relative):
        monkeypatch.chdir(tmp_path / "other")
        assert turn_is_free(relative, caplog)


def test_what_only_one_may_do_is_refused_to_a_second_and_free_after_it(job: Job) -> None:
    assert job.store
    with only_process("ringing the bell"):
        with pytest.raises(AlreadyRunningError, match="ringing the bell: another process does this already"):
            only_process("ringing the bell").__enter__()
        with only_process("mowing"):
            pass
    with only_process("ringing the bell"):
        pass


def test_a_run_has_a_folder_of_its_own_that_goes_with_it(job: Job) -> None:
    with workspace(job) as one, workspace(elsewhere(job)) as other:
        folders = [Path(placed.work) for placed in (one, other)]
        assert folders[0] != folders[1]
        assert [folder.stat().st_mode & 0o777 for folder in folders] == [0o700, 0o700]
        (folders[0] / "lines").write_text("many")
    assert not any(folder.exists() for folder in folders)


def test_the_folder_of_a_run_is_named_by_its_whole_path(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSPORTS_WORK", os.path.relpath(os.environ["PASSPORTS_WORK"]))
    with workspace(job) as placed:
        assert Path(placed.work).is_absolute()


def test_a_run_that_fails_leaves_nothing(job: Job) -> None:
    with pytest.raises(FileNotFoundError, match="of the run itself"), workspace(job) as placed:
        raise FileNotFoundError("of the run itself")
    assert not Path(placed.work).exists()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_reported_with_its_remedy(code: int, job: Job) -> None:
    with pytest.raises(FullError, match="make room, or set PASSPORTS_WORK"), workspace(job) as placed:
        raise OSError(code, os.strerror(code))
    assert not Path(placed.work).exists()


def test_a_folder_of_the_run_that_is_full_is_reported_by_what_it_is_in(job: Job, tmp_path: Path) -> None:
    with pytest.raises(FullError) as refused, workspace(job) as placed:
        raise FullError(Path(placed.work) / "crawl-openrouter", "no room")
    assert str(refused.value).startswith(f"{Path(placed.work).parent} cannot be written to (no room): ")
    with pytest.raises(FullError) as refused, workspace(job):
        raise FullError(tmp_path / "crawls", "no room")
    assert str(refused.value).startswith(f"{tmp_path / 'crawls'} cannot be written to (no room): ")


def test_a_database_of_the_run_that_finds_no_room_is_reported_likewise(job: Job) -> None:
    def fill(pages: int) -> None:
        with workspace(job) as placed, closing(sqlite3.connect(Path(placed.work) / "known.sqlite")) as database:
            database.execute(f"PRAGMA max_page_count = {pages}")
            database.execute("CREATE TABLE known (raw TEXT)")
            database.execute("INSERT INTO known VALUES (zeroblob(100000))")
            database.execute("INSERT INTO unknown VALUES (1)")

    with pytest.raises(FullError, match=r"cannot be written to \(database or disk is full\): make room"):
        fill(3)
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        fill(100)


def test_what_a_killed_run_left_is_gone_at_the_next_start(job: Job) -> None:
    process, left = held_elsewhere(job)
    with process:
        (left / "spool").mkdir()
        (left / "spool/0.jsonl").write_text("many")
        process.send_signal(signal.SIGKILL)
        process.wait(LIMIT_S)
    assert left.exists()
    with workspace(job):
        assert not left.exists()


def test_the_folder_of_a_run_that_lives_stays(job: Job) -> None:
    process, held = held_elsewhere(job)
    with process:
        with workspace(elsewhere(job)):
            assert held.is_dir()
        assert process.stdin is not None
        process.stdin.close()
        process.wait(LIMIT_S)
    assert not held.exists()


def test_a_signal_while_the_folder_is_claimed_leaves_none(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = store.parent / "work"
    monkeypatch.setenv("PASSPORTS_WORK", str(work))

    def interrupted(folder: Path, kind: int) -> int:
        assert folder.is_dir()
        raise KeyboardInterrupt(kind)

    monkeypatch.setattr("flows.config.scratch.lock", interrupted)
    with pytest.raises(KeyboardInterrupt), workspace(job_for(store)):
        pass
    assert list(work.iterdir()) == []
