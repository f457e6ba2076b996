"""Samples the memory of a process and of those that it started, by stage, and draws it over time."""

import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EVERY_S = 0.25
POINTS = 300
"""About how many points of a curve are drawn."""
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
    """Return the processes that this one has started."""
    listed = "".join(path.read_text() for path in Path("/proc/self/task").glob("*/children"))
    return [int(child) for child in listed.split()]


def resident_mb(process: int) -> float:
    """Return the resident memory of a process in megabytes; 0 when it has ended."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE_KB / 1024
    except (FileNotFoundError, ProcessLookupError):
        return 0.0


def drawn(curves: dict[int, dict[str, list[tuple[float, str, float]]]]) -> str:
    """Return an SVG of memory over time, with each run stretched to the same width."""
    width, height, highest = 720, 260, 400
    lines = []
    for place, (items, stated) in enumerate(curves.items()):
        curve = stated["curve"][:: max(1, len(stated["curve"]) // POINTS)]
        last = curve[-1][0] or 1
        points = " ".join(
            f"{60 + at / last * (width - 80):.1f},{height - 30 - mb / highest * (height - 60):.1f}"
            for at, _, mb in curve
        )
        colour = ("#6b7a99", "#3f7d58", "#b0562f", "#7a3f7d")[place % 4]
        lines.append(f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{points}"/>')
        lines.append(f'<text x="{70 + place * 150}" y="20" fill="{colour}">{items:,} repositories</text>')
    for mb in range(0, highest + 1, 100):
        y = height - 30 - mb / highest * (height - 60)
        lines.append(f'<text x="52" y="{y + 4:.0f}" text-anchor="end" fill="#666">{mb}</text>')
        lines.append(f'<path d="M60 {y:.0f}H{width - 20}" stroke="#ddd"/>')
    lines.append(f'<text x="60" y="{height - 8}" fill="#666">MB held by the run, from its beginning to its end</text>')
    body = "\n".join(lines)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif"'
        f' font-size="12">\n<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'
    )
