"""What our Prefect tasks share: how values pass between them, when one is retried, and consoles that survive."""

import logging
from collections.abc import Callable
from typing import Any, Generic, TypedDict, TypeVar

from prefect.cache_policies import NO_CACHE, CachePolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.logging.handlers import PrefectConsoleHandler
from prefect.tasks import Task, exponential_backoff
from rich.console import Console

from flows.run.stages import FIRST_DELAY_S, JITTER, RETRIES, TRANSIENT

Content = TypeVar("Content")


class Opaque(Generic[Content]):
    """Wraps a value passed between tasks: Prefect would traverse any other, listing by listing."""

    __slots__ = ("content",)

    def __init__(self, content: Content) -> None:
        self.content = content


def is_transient(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether to retry a task: after failures of network or store, not after a closed gate or a bad key."""
    return isinstance(state.data, TRANSIENT)


class Retrying(TypedDict):
    """The options of a task that is retried."""

    cache_policy: CachePolicy
    retries: int
    retry_delay_seconds: Callable[[int], list[float]]
    retry_jitter_factor: float
    retry_condition_fn: Callable[[Task[..., Any], TaskRun, State[Any]], bool]


RETRIED = Retrying(
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=exponential_backoff(FIRST_DELAY_S),
    retry_jitter_factor=JITTER,
    retry_condition_fn=is_transient,
)
"""For tasks that use network or store: two retries, after about 2 and 4 seconds."""


class Lasting(Console):
    """A console that stops writing when its reader has gone; rich's own ends the process at the next line."""

    def on_broken_pipe(self) -> None:
        """Write nothing from now on."""
        self.quiet = True


def survive_broken_pipe() -> None:
    """Make a run continue when the process that reads its log has died: replaces the consoles of Prefect's log."""
    for name in ("", *logging.root.manager.loggerDict):
        for handler in logging.getLogger(name).handlers:
            if isinstance(handler, PrefectConsoleHandler):
                handler.console.__class__ = Lasting
