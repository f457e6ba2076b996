"""Waits until something is ready, on machines of any speed: only something that hangs reaches the limit."""

import os
import time
from collections.abc import Callable
from pathlib import Path

LIMIT_S = 300.0
"""Longer than any wait on a busy machine; below the time limit of a test (pyproject.toml)."""
EVERY_S = 0.05


def until(condition: Callable[[], object], limit_s: float = LIMIT_S, *, every_s: float = EVERY_S) -> None:
    """Wait until a condition holds, asking every few milliseconds; raise AssertionError if it does not in time."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, f"not within {limit_s:g} s"
        time.sleep(every_s)


def waits_for_a_lock() -> bool:
    """Whether a thread of this process waits for the lock of a file that another one holds."""
    locks = Path("/proc/locks").read_text("ascii").splitlines()
    return any(" -> FLOCK " in line and f" {os.getpid()} " in line for line in locks)
