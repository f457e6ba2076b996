"""Tells whoever watches how far a run is: a person at a terminal, or the log of a scheduled run."""

import logging
from contextvars import ContextVar
from typing import Protocol

LOG = logging.getLogger("passports")


STARTING = "start Prefect (about 10 s; none with PREFECT_API_URL)"
"""The stage before a run's own, where Prefect has to start a server first."""


class Watcher(Protocol):
    """Is told what happens, as it happens."""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """`done` of `total` (None while nobody knows) of a stage are done; it begins with 0."""


def log(stage: str, done: int, total: int | None) -> None:
    """Write one line when a stage is complete."""
    if total is not None and done == total:
        LOG.info("%s: %s", stage, f"{done:,}")


WATCHER: ContextVar[Watcher] = ContextVar("watcher", default=log)
"""Who watches the present run."""


def tell(stage: str, done: int, total: int | None) -> None:
    """Tell the watcher."""
    WATCHER.get()(stage, done, total)
