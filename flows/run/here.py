"""Runs the stages of a job in this process, without a scheduler."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flows.build.builder import build_here
from flows.crawl.sources import crawl_source, extract_limits
from flows.ingest.crawl_file import CrawlOutcome
from flows.ingest.ingestion import Ingestion, ingest
from flows.job.job import Job
from flows.run.assemble import assemble
from flows.run.publish import publish_generation
from flows.run.stages import FIRST_DELAY_S, JITTER, RETRIES, TRANSIENT, Stages
from schemas.run import Published, RunReport

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def stages_here(report: Callable[[Job, RunReport, Published | None], Awaitable[None]]) -> Stages:
    """Return the stages as plain functions, tried again after failures of network and store as Prefect's tasks are."""
    return Stages(
        crawl=crawl_here,
        ingest=_retried(ingest),
        extract=extract_limits,
        assemble=_retried(assemble),
        builder=build_here,
        publish=_retried(publish_generation),
        report=report,
    )


async def crawl_here(job: Job, source: str, so_far: Ingestion) -> CrawlOutcome:
    """Crawl one source, again where the crawl died or the store did not answer."""
    for tried in range(RETRIES):
        try:
            return await crawl_source(job, source, so_far)
        except TRANSIENT:
            await asyncio.sleep(delay_s(tried))
    return await crawl_source(job, source, so_far)


def _retried(stage: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    @wraps(stage)
    def run(*arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
        for tried in range(RETRIES):
            try:
                return stage(*arguments, **named)
            except TRANSIENT:
                time.sleep(delay_s(tried))
        return stage(*arguments, **named)

    return run


def delay_s(tried: int) -> float:
    """Return the seconds to wait after this many tries before, with a random part, so that runs do not meet again."""
    return FIRST_DELAY_S * 2.0**tried * random.uniform(1.0, 1.0 + JITTER)  # nosec B311  # noqa: S311 - a wait, not a secret
