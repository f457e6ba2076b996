"""The Prefect flows: refresh, and rescrape of one slug. A task a stage; none is cached, none is handed a secret."""

import flows.quiet  # isort: skip  # noqa: F401 - sets Prefect's surroundings, so it comes before Prefect

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Generic, TypedDict, TypeVar

from prefect import flow, task
from prefect.cache_policies import NO_CACHE, CachePolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task, exponential_backoff

from flows.artifacts import show
from flows.build import Built
from flows.clock import source_date_epoch
from flows.crawl import CrawlFailedError, CrawlOutcome
from flows.job import Job, new_job
from flows.progress import STARTING, tell
from flows.settings import read_settings
from flows.stages import (
    Assembled,
    Done,
    GateClosedError,
    assemble,
    build_passports,
    close_without_report,
    crawl_source,
    publish_generation,
)
from flows.store.base import StoreUnavailableError
from flows.targets import listings_to_crawl

Content = TypeVar("Content")


class Parcel(Generic[Content]):
    """Carries a value between tasks unopened: Prefect would walk through any other, listing by listing."""

    __slots__ = ("content",)

    def __init__(self, content: Content) -> None:
        self.content = content


BEGUN_CRAWLS: ContextVar[dict[str, "asyncio.Task[CrawlOutcome]"] | None] = ContextVar("begun_crawls", default=None)
"""Source → a crawl that was begun while Prefect was still starting, so that nobody waits for one after the other."""


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


@task(name="crawl", task_run_name="crawl {source}", **RETRIED)
async def crawl_task(job: Job, source: str) -> Parcel[CrawlOutcome]:
    """Crawl one source."""
    begun = (BEGUN_CRAWLS.get() or {}).pop(source, None)
    return Parcel(await (begun or crawl_source(job, source)))


@task(name="assemble", **RETRIED)
def assemble_task(job: Job, outcomes: list[Parcel[CrawlOutcome]]) -> Parcel[Assembled]:
    """Judge what came by the gates, and join it with what is served."""
    return Parcel(assemble(job, [outcome.content for outcome in outcomes]))


@task(name="build", cache_policy=NO_CACHE)
def build_task(job: Job, assembled: Parcel[Assembled]) -> Parcel[Built]:
    """Derive, score, issue, sign and verify."""
    return Parcel(build_passports(job, assembled.content))


@task(name="publish", **RETRIED)
def publish_task(job: Job, assembled: Parcel[Assembled], built: Parcel[Built]) -> Parcel[Done]:
    """Publish a generation."""
    return Parcel(publish_generation(job, assembled.content, built.content))


async def run_job(job: Job) -> Done:
    """Do a job within a flow; raise what stops it."""
    try:
        outcomes = await asyncio.gather(*(crawl_task(job, source) for source in job.sources))
        assembled = assemble_task(job, list(outcomes))
        done = publish_task(job, assembled, build_task(job, assembled)).content
    except (GateClosedError, CrawlFailedError) as error:
        closed = error if isinstance(error, GateClosedError) else close_without_report(job, error)
        await show(closed.report, None)
        raise closed from error.__cause__
    await show(done.report, done.published)
    return done


@flow(name="job", flow_run_name="{job.flow} {job.run}", validate_parameters=False)
async def job_flow(job: Job) -> Parcel[Done]:
    """Do a job that the command line has written down."""
    tell(STARTING, 1, 1)
    return Parcel(await run_job(job))


@flow(name="refresh")
async def refresh(sources: list[str] | None = None, store: str | None = None) -> None:
    """Crawl the sources, build, sign and publish; settings come from the environment of the worker."""
    settings = read_settings(sources=tuple(sources) if sources else None, store=store)
    await run_job(new_job("refresh", settings, epoch=source_date_epoch()))


@flow(name="rescrape")
async def rescrape(slug: str, store: str | None = None) -> None:
    """Do the same for one passport, named by its slug or by its listing's id."""
    settings, epoch = read_settings(store=store), source_date_epoch()
    only = listings_to_crawl(slug, settings, epoch)
    await run_job(new_job("rescrape", settings, epoch=epoch, only=only))
