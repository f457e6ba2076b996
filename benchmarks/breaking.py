"""The faults that benchmarks/faults.py throws at a run: what the source answers, signals, and a disk that is full."""

import os
import random
import resource
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

ANSWERS = ("429", "500", "503", "html", "truncate", "badjson", "empty", "slow", "reset")
"""What the replay server can answer instead of the list."""
RATES = (0.3, 0.6, 1.0)
"""Shares of its answers that are replaced: where a crawl asks again, the next one may be good."""
DISK_MIB = 512
LARGEST_ROOM_KIB = 8_000
"""That a full disk has left, or a file may grow to, at most: more than a run writes, so that some of them end well."""

Run = subprocess.Popen[str]


class Thrown(NamedTuple):
    """A fault as it is thrown into one run."""

    fault: "Fault"
    folder: Path
    """Where the run writes."""
    after_s: float
    rate: float
    room_bytes: int


class Fault(NamedTuple):
    """Something that goes wrong: the source answers something else, or something is done at a random moment."""

    name: str
    answer: str = ""
    strike: Callable[[Run, Thrown], None] | None = None


def throw(fault: Fault, folder: Path, usual_s: float, chance: random.Random) -> Thrown:
    """Choose by chance when and how badly; `usual_s` is how long a run takes that nothing disturbs."""
    room_bytes = int(1024 * LARGEST_ROOM_KIB ** chance.random())
    return Thrown(fault, folder, chance.uniform(0, usual_s), chance.choice(RATES), room_bytes)


@contextmanager
def thrown_at(process: Run, thrown: Thrown) -> Iterator[None]:
    """Strike at the chosen moment, unless the run has ended by then; in the end there is room again."""
    over = threading.Event()

    def wait() -> None:
        if not over.wait(thrown.after_s) and thrown.fault.strike:
            with suppress(ProcessLookupError):
                thrown.fault.strike(process, thrown)

    waiting = threading.Thread(target=wait)
    waiting.start()
    try:
        yield
    finally:
        over.set()
        waiting.join()
        _filler(thrown.folder).unlink(missing_ok=True)


def _kill_run(process: Run, _: Thrown) -> None:
    os.kill(process.pid, signal.SIGKILL)


def _kill_crawl(process: Run, _: Thrown) -> None:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii").split()
    for child in children:
        os.kill(int(child), signal.SIGKILL)


def _interrupt(process: Run, _: Thrown) -> None:
    """As Ctrl-C does: the run and its crawl are both told."""
    os.killpg(process.pid, signal.SIGINT)


def _limit_files(process: Run, thrown: Thrown) -> None:
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (thrown.room_bytes, thrown.room_bytes))


def _fill_disk(_: Run, thrown: Thrown) -> None:
    """As far as it goes: the run, which writes meanwhile, may be faster."""
    with _filler(thrown.folder).open("wb") as file:
        while (missing := _free_bytes(thrown.folder) - thrown.room_bytes) > 0:
            with suppress(OSError):
                os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, missing)


def _free_bytes(folder: Path) -> int:
    held = os.statvfs(folder)
    return held.f_bavail * held.f_frsize


def _filler(folder: Path) -> Path:
    return folder / "filler"


FULL_DISK = Fault("the disk is full", strike=_fill_disk)
FAULTS = (
    *(Fault(f"answers {answer}", answer) for answer in ANSWERS),
    Fault("kill -9 of the run", strike=_kill_run),
    Fault("kill -9 of its crawl", strike=_kill_crawl),
    Fault("Ctrl-C", strike=_interrupt),
    Fault("files may not grow", strike=_limit_files),
    FULL_DISK,
)


@contextmanager
def small_disk(folder: Path) -> Iterator[tuple[Fault, ...]]:
    """Lay a small file system under a folder, to be filled; gives the faults that can be thrown, all where it may."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(folder)]
    folder.mkdir()
    if subprocess.run(command, check=False, capture_output=True).returncode:  # noqa: S603 - one of ours
        yield tuple(fault for fault in FAULTS if fault is not FULL_DISK)
        return
    try:
        yield FAULTS
    finally:
        subprocess.run(["umount", str(folder)], check=True)  # noqa: S603, S607 - likewise
