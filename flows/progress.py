"""Reports how far a run is, to a person at a terminal or to the log of a scheduled run."""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from typing import Protocol

LOG = logging.getLogger("passports")
LOG.setLevel(logging.INFO)  # Prefect limits the loggers of other libraries to warnings


class Watcher(Protocol):
    """Called as the stages of a run make progress."""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Report that `done` of `total` (None: not known yet) of a stage are done; a stage begins with 0."""


def a_line_a_stage(write: Callable[[str, int], None]) -> Watcher:
    """Return a watcher that calls `write` with stage and count when a stage completes: once, until it begins again."""
    complete: set[str] = set()

    def watch(stage: str, done: int, total: int | None) -> None:
        if done == total and stage not in complete:
            complete.add(stage)
            write(stage, done)
        elif done == 0:
            complete.discard(stage)

    return watch


def _log(stage: str, done: int) -> None:
    """Log a completed stage. Stage and count are also fields of the log record, for logs in JSON."""
    LOG.info("%s: %s", stage, f"{done:,}", extra={"stage": stage, "count": done})


LOGGED = a_line_a_stage(_log)
"""Watcher of runs without a terminal, which writes to the log; a process has one run at a time."""

WATCHER: ContextVar[Watcher] = ContextVar("watcher", default=LOGGED)
"""The watcher of the current run."""


def tell(stage: str, done: int, total: int | None) -> None:
    """Report progress to the current run's watcher; arguments as of `Watcher`."""
    WATCHER.get()(stage, done, total)
