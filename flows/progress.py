"""Reports how far a run is, to a person at a terminal or to the log of a scheduled run."""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from typing import Protocol

from pipelines.formats.text import amount

LOG = logging.getLogger("passports")
LOG.setLevel(logging.INFO)  # Prefect limits the loggers of other libraries to warnings


PUBLISHING = "publish: "
"""What the names of a publication's steps begin with."""
STEPS = ("merge",)
"""Stages that are steps of a phase, and take no time that a person would notice."""
UNITS = {"crawl": "listing", "build": "passport", "read": "text"}
"""First word of a stage → what it counts. Other stages are done or not."""


def in_words(stage: str, done: int) -> str:
    """Return a stage that is complete with its count: "crawl openrouter: 29 listings", "publish: done"."""
    unit = UNITS.get(stage.partition(" ")[0])
    return f"{stage}: {amount(done, unit) if unit else 'done'}"


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


def in_phases(watch: Watcher) -> Watcher:
    """Return a watcher that calls `watch` with what people follow: crawls, build, publish, and not with their steps."""

    def watch_phases(stage: str, done: int, total: int | None) -> None:
        if stage.startswith(PUBLISHING):
            watch("publish", int(stage == f"{PUBLISHING}done"), 1)
        elif stage not in STEPS:
            watch(stage, done, total)

    return watch_phases


def _log(stage: str, done: int) -> None:
    """Log a completed stage. Stage and count are also fields of the log record, for logs in JSON."""
    LOG.info(in_words(stage, done), extra={"stage": stage, "count": done})


LOGGED = in_phases(a_line_a_stage(_log))
"""Watcher of runs without a terminal, which writes to the log; a process has one run at a time."""

WATCHER: ContextVar[Watcher] = ContextVar("watcher", default=LOGGED)
"""The watcher of the current run."""


def tell(stage: str, done: int, total: int | None) -> None:
    """Report progress to the current run's watcher; arguments as of `Watcher`."""
    WATCHER.get()(stage, done, total)
