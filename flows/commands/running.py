"""Does a job as a Prefect flow from the command line: the crawl begins while Prefect is still starting."""

import flows.quiet  # isort: skip  # noqa: F401 - sets Prefect's surroundings, so it comes before Prefect

import asyncio
import importlib
import logging
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

from flows import terminal
from flows.background import in_background
from flows.crawl import CrawlOutcome
from flows.errors import FlowError
from flows.fetching import crawl_source, waves
from flows.job import Job
from flows.own_server import (
    TEMPORARY,
    ServerFailedError,
    check_surroundings,
    is_healthy,
    named_server,
    own_server,
    server_of_the_schedule,
)
from flows.preflight import check_ground
from flows.progress import STARTING, tell
from flows.publication import Published
from flows.stages import Done, GateClosedError
from flows.store.keys import run_key
from flows.summary import quarantine_rows, summary_lines
from flows.workplace import workplace
from schemas.run import RunReport

MOST_REFUSED = 20
"""Refused records that a run's end names."""
TELLING_S = 5.0
"""How long Prefect may take, after a run, to send its server what it still has to tell of it."""


def run(job: Job, *, as_json: bool) -> Done:
    """Do a job; raise what stopped it, a closed gate after showing its report."""
    check_surroundings()
    check_ground(job)
    for name in ("PREFECT_LOGGING_LEVEL", "PREFECT_SERVER_LOGGING_LEVEL"):
        os.environ.setdefault(name, "CRITICAL")  # the summary and the errors are ours to show
    for name in ("prefect", "EventsWorker", "APILogWorker"):  # the last two tell of what they still have to send
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if not named_server() and (api_url := server_of_the_schedule()):
        os.environ["PREFECT_API_URL"] = api_url
    try:
        with terminal.watched(), workplace(job) as placed:
            done = asyncio.run(_run(placed))
    except GateClosedError as error:
        show(error.report, None, as_json=as_json)
        raise
    return done


def show(report: RunReport, published: Published | None, *, as_json: bool) -> None:
    """Show what came of a job."""
    if as_json:
        terminal.document(answer(report, published))
        return
    terminal.pairs(summary_lines(report, published))
    if refused := quarantine_rows(report):
        terminal.rows(refused[:MOST_REFUSED], refused[0].keys(), title="\nquarantined")
    if len(refused) > MOST_REFUSED:
        terminal.note(
            f"and {len(refused) - MOST_REFUSED:,} more, each in the report: {run_key(report.run)} of the store"
        )


def answer(report: RunReport, published: Published | None) -> dict[str, object]:
    """What came of a job, for programs."""
    return {"report": report.model_dump(mode="json"), "published": published and published._asdict()}


async def _run(job: Job) -> Done:
    begun = {source: asyncio.create_task(crawl_source(job, source)) for source in waves(job.sources)[0]}
    try:
        tell(STARTING, 0, 1)
        async with _server() as api_url:
            return await _flow(job, begun, api_url)
    finally:
        for crawl in begun.values():
            crawl.cancel()
        await asyncio.gather(*begun.values(), return_exceptions=True)


async def _flow(job: Job, begun: "Mapping[str, asyncio.Task[CrawlOutcome]]", api_url: str) -> Done:
    refresh = await in_background(lambda: importlib.import_module("flows.refresh"))
    refresh.BEGUN_CRAWLS.set(begun)
    try:
        done: Done = (await refresh.job_flow(job)).content
    except FlowError:
        raise
    except Exception as error:
        if await asyncio.to_thread(is_healthy, api_url):
            raise
        gone = f"the Prefect server at {api_url} does not answer any more"
        raise ServerFailedError(f"{gone}: run again; what was published before stays served") from error
    return done


@asynccontextmanager
async def _server() -> AsyncIterator[str]:
    """Give the address of the server that Prefect's settings name, or of one that runs while the context lasts."""
    settings = await in_background(lambda: importlib.import_module("prefect.settings"))
    if named := settings.PREFECT_API_URL.value():
        yield str(named)
        return
    with own_server(TEMPORARY) as server, _named(server.api_url):
        importing = in_background(lambda: importlib.import_module("flows.refresh"))
        await asyncio.gather(importing, asyncio.to_thread(server.wait))
        try:
            yield server.api_url
        finally:
            await _told()


@contextmanager
def _named(api_url: str) -> Iterator[None]:
    """Name a server to Prefect, in all of its threads and to whatever this process starts."""
    from prefect.context import refresh_global_settings_context  # noqa: PLC0415 - imported by a thread already

    os.environ["PREFECT_API_URL"] = api_url
    refresh_global_settings_context()
    try:
        yield
    finally:
        del os.environ["PREFECT_API_URL"]
        refresh_global_settings_context()


async def _told() -> None:
    """Wait until Prefect has told its server what it still has to tell of the run: the server ends next."""
    from prefect.events.worker import EventsWorker  # noqa: PLC0415 - Prefect's, which was imported meanwhile
    from prefect.logging.handlers import APILogWorker  # noqa: PLC0415 - likewise

    for worker in (EventsWorker, APILogWorker):
        await asyncio.to_thread(worker.drain_all, timeout=TELLING_S)
