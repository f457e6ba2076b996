"""Identifies the code that composes passports in this process, so that only the same code uses what it composed."""

import os
import time
from importlib import metadata
from pathlib import Path
from typing import Final

from flows.crawl.readers import READ_WITH, files_of, reader_digest

STAT: Final = Path("/proc/self/stat")
STARTED_FIELD: Final = 19
"""Place of the start, in ticks since the machine's, among the fields after the process's name."""


def composer_digest(root: Path, *, started_at: float | None) -> str | None:
    """Return the SHA-256 of all code and tables that compose passports in the process that started at a Unix time.

    None where that cannot be said: a file or library is newer than the process, which may have loaded what was there
    before, or it is not known when the process started.
    """
    if started_at is None or any(path.stat().st_ctime >= started_at for path in _loaded_from(root)):
        return None
    return reader_digest(root)


def started_at() -> float | None:
    """Return when this process started, in Unix time and at most a second early; None on systems that do not say it."""
    try:
        ticks = int(STAT.read_text().rpartition(")")[2].split()[STARTED_FIELD])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError):
        return None
    return time.time() - age - 1.0


def _loaded_from(root: Path) -> list[Path]:
    """Return all files of code and tables, and the folders that libraries are installed in."""
    return [*files_of(root), *_libraries()]


def _libraries() -> set[Path]:
    return {Path(str(metadata.distribution(name).locate_file(""))) for name in READ_WITH}
