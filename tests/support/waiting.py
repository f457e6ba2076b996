"""Waits until something is ready, on machines of any speed: a limit is reached only where something hangs."""

import time
from collections.abc import Callable

LIMIT_S = 300.0
"""Longer than anything here takes on a machine that ten others use too; below the limit of a test (pyproject.toml)."""
EVERY_S = 0.05


def until(condition: Callable[[], object], limit_s: float = LIMIT_S) -> None:
    """Wait until a condition holds; an AssertionError where it does not within the limit."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, f"not within {limit_s:g} s"
        time.sleep(EVERY_S)
