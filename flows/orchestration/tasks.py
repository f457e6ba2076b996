"""What Prefect's tasks have in common: how values are handed from one to the other, and when one is tried again."""

import logging
from collections.abc import Callable
from typing import Any, Generic, TypedDict, TypeVar

from prefect.cache_policies import NO_CACHE, CachePolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.logging.handlers import PrefectConsoleHandler
from prefect.tasks import Task, exponential_backoff
from rich.console import Console

from flows.ingest.crawl_file import CrawlFailedError
from flows.store.base import StoreUnavailableError

Content = TypeVar("Content")


class Opaque(Generic[Content]):
    """Carries a value between tasks unopened: Prefect would walk through any other, listing by listing."""

    __slots__ = ("content",)

    def __init__(self, content: Content) -> None:
        self.content = content


def worth_a_retry(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Try again what a network or a store may do better next time; a closed gate or a bad key stays as it is."""
    return isinstance(state.data, CrawlFailedError | StoreUnavailableError)


class Retrying(TypedDict):
    """The options of a task that is tried again."""

    cache_policy: CachePolicy
    retries: int
    retry_delay_seconds: Callable[[int], list[float]]
    retry_jitter_factor: float
    retry_condition_fn: Callable[[Task[..., Any], TaskRun, State[Any]], bool]


RETRIED = Retrying(
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=exponential_backoff(2),
    retry_jitter_factor=0.5,
    retry_condition_fn=worth_a_retry,
)
"""Around network and store: two more tries, after about 2 and 4 seconds."""


class Lasting(Console):
    """A console that falls silent when nobody reads it any more; rich's own ends the process at that line."""

    def on_broken_pipe(self) -> None:
        """Write nothing from now on."""
        self.quiet = True


def survive_broken_pipe() -> None:
    """Make those consoles lasting that Prefect has set up to log to."""
    for name in ("", *logging.root.manager.loggerDict):
        for handler in logging.getLogger(name).handlers:
            if isinstance(handler, PrefectConsoleHandler):
                handler.console.__class__ = Lasting
