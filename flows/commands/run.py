"""Runs a job as a Prefect flow from the command line; its first crawls begin while Prefect is still starting."""

import flows.orchestration.environment  # isort: skip  # noqa: F401 - sets Prefect's surroundings, so it comes before Prefect
import asyncio
import importlib
import logging
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from flows.commands import terminal
from flows.crawl.sources import crawl_source, crawl_waves
from flows.errors import FlowError
from flows.ingest.ingestion import begin
from flows.job.job import Job
from flows.job.preflight import preflight
from flows.job.workspace import workspace
from flows.orchestration.background import in_background
from flows.orchestration.run_server import server_of_run
from flows.orchestration.server import (
    ServerFailedError,
    check_surroundings,
    is_healthy,
    named_server,
    server_of_the_schedule,
)
from flows.progress import STARTING, tell
from flows.run.assemble import GateClosedError
from flows.run.publish import RunOutcome
from pipelines.registry.layout import run_key
from pipelines.views.run_summary import quarantine_rows, summary_lines
from schemas.run import Published, RunReport

if TYPE_CHECKING:
    from flows.orchestration.tasks import Opaque

MOST_REFUSED = 20
"""Most refused records shown at the end of a run."""


def run(job: Job, *, as_json: bool) -> RunOutcome:
    """Run a job and return its outcome; raise the error that stopped it, for a closed gate after showing its report."""
    check_surroundings()
    preflight(job)
    for name in ("PREFECT_LOGGING_LEVEL", "PREFECT_SERVER_LOGGING_LEVEL"):
        os.environ.setdefault(name, "CRITICAL")  # we show summary and errors ourselves
    for name in ("prefect", "EventsWorker", "APILogWorker"):  # the last two log what they have not sent yet
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if not named_server() and (api_url := server_of_the_schedule()):
        os.environ["PREFECT_API_URL"] = api_url
    try:
        with terminal.watched(), workspace(job) as placed:
            done = asyncio.run(_run(placed))
    except GateClosedError as error:
        if not as_json:  # the answer has the error too
            show(error.report, None, as_json=False)
        raise
    return done


def show(report: RunReport, published: Published | None, *, as_json: bool) -> None:
    """Print the report of a job; `published` is None where it published nothing."""
    if as_json:
        terminal.document(answer(report, published))
        return
    terminal.pairs(summary_lines(report, published))
    if refused := quarantine_rows(report):
        terminal.rows(refused[:MOST_REFUSED], refused[0].keys(), title="\nquarantined")
    if len(refused) > MOST_REFUSED:
        terminal.note(
            f"and {len(refused) - MOST_REFUSED:,} more; the run's report lists all: {run_key(report.run)} in the store"
        )


def answer(report: RunReport, published: Published | None) -> dict[str, object]:
    """Return the report of a job and what it published, for JSON."""
    return {"report": report.model_dump(mode="json"), "published": published and published._asdict()}


async def _run(job: Job) -> RunOutcome:
    so_far = begin(job)
    begun = {source: asyncio.create_task(crawl_source(job, source, so_far)) for source in crawl_waves(job.sources)[0]}
    try:
        tell(STARTING, 0, 1)
        async with server_of_run() as api_url:
            refresh = await in_background(lambda: importlib.import_module("flows.orchestration.refresh"))
            refresh.BEGUN_CRAWLS.set(refresh.BegunCrawls(so_far, begun.copy()))
            return await _flow(job, refresh.job_flow, api_url)
    finally:
        for crawl in begun.values():
            crawl.cancel()
        await asyncio.gather(*begun.values(), return_exceptions=True)


async def _flow(job: Job, flow: "Callable[[Job], Awaitable[Opaque[RunOutcome]]]", api_url: str) -> RunOutcome:
    try:
        return (await flow(job)).content
    except FlowError:
        raise
    except Exception as error:
        if await asyncio.to_thread(is_healthy, api_url):
            raise
        gone = f"the Prefect server at {api_url} no longer answers"
        raise ServerFailedError(f"{gone}: run again; the store still serves the last complete publication") from error
