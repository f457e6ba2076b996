"""The order of the stages of a run. A run in this process and a Prefect flow follow it, each with its own stages."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from flows.build.builder import Builder
from flows.build.passports import Built
from flows.crawl.sources import breach_of, crawl_waves
from flows.ingest.crawl_file import CrawlFailedError, CrawlOutcome
from flows.ingest.ingestion import Ingestion, begin, with_failures
from flows.job.job import Job
from flows.run.assemble import Assembled, GateClosedError
from flows.run.publish import RunOutcome, build_passports
from flows.store.base import StoreUnavailableError
from schemas.run import Breach, Published, RunReport

TRANSIENT = (CrawlFailedError, StoreUnavailableError)
"""Errors of network and store, after which a stage is tried again; not a closed gate or a bad key."""
RETRIES, FIRST_DELAY_S, JITTER = 2, 2.0, 0.5
"""How often a stage is tried again, after about 2 and 4 seconds, each up to half as much longer."""


class Stages(NamedTuple):
    """The stages of a run: plain functions, or Prefect tasks that call them."""

    crawl: Callable[[Job, str, Ingestion], Awaitable[CrawlOutcome]]
    """Crawls one source; the listings of the ingestion name the ids to ask for."""
    ingest: Callable[[Job, Ingestion, CrawlOutcome], Ingestion]
    """Judges a crawl by its gate and, if it passes, updates the listings, which later crawls take ids from."""
    extract: Callable[[Job, Ingestion], Awaitable[CrawlOutcome | None]]
    """Asks a language model for the limits that texts state; None where none is set."""
    assemble: Callable[[Job, Ingestion], Assembled]
    """Joins the crawls that passed their gates with what is served."""
    builder: Builder
    publish: Callable[[Job, Assembled, Built, Builder], RunOutcome]
    """Publishes a generation; if another run has published meanwhile, builds again on its generation first."""
    report: Callable[[Job, RunReport, Published | None], Awaitable[None]]
    """Shows the report of a run, also of one that a gate stopped."""


async def run_stages(job: Job, stages: Stages) -> RunOutcome:
    """Run all stages of a job; raise GateClosedError or the error of a stage."""
    try:
        assembled = stages.assemble(job, await crawl_all(job, stages))
        built = build_passports(job, assembled, stages.builder)
        done = stages.publish(job, assembled, built, stages.builder)
    except GateClosedError as error:
        await stages.report(job, error.report, None)
        raise
    await stages.report(job, done.report, done.published)
    return done


async def crawl_all(job: Job, stages: Stages) -> Ingestion:
    """Crawl and ingest every source of a job, wave by wave; a crawl without a report does not stop the others."""
    so_far, failures = begin(job), list[Breach]()
    for wave in crawl_waves(job.sources):
        came = await asyncio.gather(*(stages.crawl(job, source, so_far) for source in wave), return_exceptions=True)
        for source, outcome in zip(wave, came, strict=True):
            if isinstance(outcome, CrawlOutcome):
                so_far = stages.ingest(job, so_far, outcome)
            elif isinstance(outcome, CrawlFailedError):
                failures.append(breach_of(source, outcome))
            else:
                raise outcome
    if extraction := await stages.extract(job, so_far):
        so_far = stages.ingest(job, so_far, extraction)
    return with_failures(so_far, failures)
