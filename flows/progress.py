"""Tells whoever watches how far a run is: a person at a terminal, or the log of a scheduled run."""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from typing import Protocol

LOG = logging.getLogger("passports")
LOG.setLevel(logging.INFO)  # what handlers are given; Prefect sets those of other libraries to warnings alone

STARTING = "start Prefect (about 10 s; none with PREFECT_API_URL)"
"""The stage before a run's own, where Prefect has to start a server first."""


class Watcher(Protocol):
    """Is told what happens, as it happens."""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """`done` of `total` (None while nobody knows) of a stage are done; it begins with 0."""


def a_line_a_stage(write: Callable[[str, int], None]) -> Watcher:
    """Have a line written when a stage is complete: once, until it begins anew."""
    complete: set[str] = set()

    def watch(stage: str, done: int, total: int | None) -> None:
        if done == total and stage not in complete:
            complete.add(stage)
            write(stage, done)
        elif done == 0:
            complete.discard(stage)

    return watch


def _log(stage: str, done: int) -> None:
    """Stage and count are fields of the record too, for logs in JSON."""
    LOG.info("%s: %s", stage, f"{done:,}", extra={"stage": stage, "count": done})


LOGGED = a_line_a_stage(_log)
"""Watches runs that nobody sits in front of; a process does one at a time."""

WATCHER: ContextVar[Watcher] = ContextVar("watcher", default=LOGGED)
"""Who watches the present run."""


def tell(stage: str, done: int, total: int | None) -> None:
    """Tell the watcher."""
    WATCHER.get()(stage, done, total)
