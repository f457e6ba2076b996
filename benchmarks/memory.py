"""Samples the memory of a process and of those that it started, by stage."""

import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EVERY_S = 0.25
PAGE_KB = os.sysconf("SC_PAGE_SIZE") / 1024


class Watch:
    """Samples the memory of this process and of the crawl's during the stages."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.cpu_s: dict[str, float] = {}
        """Stage → processor time of this process and of its children that have ended."""
        self.peaks: defaultdict[str, float] = defaultdict(float)
        self.curve: list[tuple[float, str, float]] = []
        self._stage, self._begun = "", time.monotonic()
        self._ended = threading.Event()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Sample until the context ends."""
        thread = threading.Thread(target=self._sample)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure the time of a stage, and name it in samples."""
        self._stage, begun, used = name, time.monotonic(), cpu_s()
        yield
        self.seconds[name], self.cpu_s[name] = time.monotonic() - begun, cpu_s() - used

    def _sample(self) -> None:
        while not self._ended.wait(EVERY_S):
            own = resident_mb(os.getpid())
            self.peaks[self._stage] = max(self.peaks[self._stage], own)
            self.curve.append((time.monotonic() - self._begun, self._stage, own))
            for child in children():
                self.peaks["crawler"] = max(self.peaks["crawler"], resident_mb(child))


def cpu_s() -> float:
    """Return the processor time of this process and of its children that have ended."""
    return sum(os.times()[:4])


def children() -> list[int]:
    """Return the processes that this one has started, apart from those that are still a copy of it."""
    listed = "".join(path.read_text() for path in Path("/proc/self/task").glob("*/children"))
    own = command_line("self")
    return [int(child) for child in listed.split() if command_line(child) not in ("", own)]


def command_line(process: str) -> str:
    """Return a process's command and arguments; "" when it has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def resident_mb(process: int) -> float:
    """Return the resident memory of a process in megabytes; 0 when it has ended."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE_KB / 1024
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
