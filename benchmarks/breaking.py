"""The faults of benchmarks/faults.py: bad answers of the source, signals to the run, and a full disk."""

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
"""Faults that the replay server can answer with instead of the list."""
RATES = (0.3, 0.6, 1.0)
"""Shares of its answers that are replaced, so that a retry of a crawl may get a good one."""
DISK_MIB = 512
LARGEST_ROOM_KIB = 8_000
"""Most KiB left on a full disk, or allowed for a file: more than a run writes, so that some runs succeed."""

Run = subprocess.Popen[str]


class Thrown(NamedTuple):
    """A fault of one run, with its moment and strength."""

    fault: "Fault"
    folder: Path
    """Folder that the run writes to."""
    after_s: float
    rate: float
    room_bytes: int


class Fault(NamedTuple):
    """A kind of fault: the source answers something else, or `strike` is called at a random moment."""

    name: str
    answer: str = ""
    strike: Callable[[Run, Thrown], None] | None = None


def throw(fault: Fault, folder: Path, usual_s: float, chance: random.Random) -> Thrown:
    """Choose moment and strength of a fault at random; `usual_s` is how long an undisturbed run takes."""
    room_bytes = int(1024 * LARGEST_ROOM_KIB ** chance.random())
    return Thrown(fault, folder, chance.uniform(0, usual_s), chance.choice(RATES), room_bytes)


@contextmanager
def thrown_at(process: Run, thrown: Thrown) -> Iterator[None]:
    """Strike at the chosen moment, unless the run has ended by then; free the disk when the context ends."""
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
    """Interrupt the run and its crawl, as Ctrl-C does."""
    os.killpg(process.pid, signal.SIGINT)


def _limit_files(process: Run, thrown: Thrown) -> None:
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (thrown.room_bytes, thrown.room_bytes))


def _fill_disk(_: Run, thrown: Thrown) -> None:
    """Fill the disk as far as possible: the run writes at the same time, and may be faster."""
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
    """Mount a small file system at a folder; yield the faults that are possible, without a full disk if it fails."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(folder)]
    folder.mkdir()
    if subprocess.run(command, check=False, capture_output=True).returncode:  # noqa: S603 - one of ours
        yield tuple(fault for fault in FAULTS if fault is not FULL_DISK)
        return
    try:
        yield FAULTS
    finally:
        subprocess.run(["umount", str(folder)], check=True)  # noqa: S603, S607 - likewise
