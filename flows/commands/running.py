"""Does a job as a Prefect flow from the command line: the crawl begins while Prefect is still starting."""

import asyncio
import importlib
import logging
import os

from flows import terminal
from flows.errors import FlowError
from flows.fetching import crawl_source, waves
from flows.job import Job
from flows.own_server import ServerFailedError, is_healthy, server_of_the_schedule
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


def run(job: Job, *, as_json: bool) -> Done:
    """Do a job; raise what stopped it, a closed gate after showing its report."""
    check_ground(job)
    for name in ("PREFECT_LOGGING_LEVEL", "PREFECT_SERVER_LOGGING_LEVEL"):
        os.environ.setdefault(name, "CRITICAL")  # the summary and the errors are ours to show
    for name in ("prefect", "EventsWorker", "APILogWorker"):  # the last two tell of what they still have to send
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if "PREFECT_API_URL" not in os.environ and (api_url := server_of_the_schedule()):
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
        refresh = await asyncio.to_thread(importlib.import_module, "flows.refresh")
        refresh.BEGUN_CRAWLS.set(begun)
        done: Done = (await refresh.job_flow(job)).content
    except FlowError:
        raise
    except Exception as error:
        named = os.environ.get("PREFECT_API_URL")
        if named is None or is_healthy(named):
            raise
        gone = f"the Prefect server at {named} does not answer any more"
        raise ServerFailedError(f"{gone}: run again; what was published before stays served") from error
    finally:
        for crawl in begun.values():
            crawl.cancel()
        await asyncio.gather(*begun.values(), return_exceptions=True)
    return done
