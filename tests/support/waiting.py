"""Waits until something is ready, on machines of any speed: only something that hangs reaches the limit."""

import time
from collections.abc import Callable

LIMIT_S = 300.0
"""Longer than any wait on a busy machine; below the time limit of a test (pyproject.toml)."""
EVERY_S = 0.05


def until(condition: Callable[[], object], limit_s: float = LIMIT_S) -> None:
    """Wait until a condition holds; raise AssertionError if it does not within the limit."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, f"not within {limit_s:g} s"
        time.sleep(EVERY_S)
