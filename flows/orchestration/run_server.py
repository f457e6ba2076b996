"""Runs a job of the command line as a Prefect flow: on the server in Prefect's settings, or on one of its own."""

import flows.orchestration.environment  # isort: skip  # noqa: F401 - sets Prefect's surroundings, so it comes before Prefect
import asyncio
import importlib
import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from flows.config.extras import require
from flows.config.settings import read_settings
from flows.errors import FlowError
from flows.job.job import Job
from flows.orchestration.server import (
    TEMPORARY,
    ServerFailedError,
    check_home,
    is_healthy,
    is_server_configured,
    named_server,
    own_server,
    server_of_the_schedule,
)
from flows.progress import tell
from flows.run.publish import RunOutcome

SENDING_S = 5.0
"""Seconds that Prefect may take, after a run, to send its server the remaining events and logs."""
STARTING = "start a Prefect server for Dask's workers (about 10 s)"


def needs_prefect(job: Job) -> bool:
    """Whether a job of the command line runs as a Prefect flow.

    It does where a server is named, by PREFECT_API_URL or by Prefect's own files, where this user's `passports
    schedule` has started one, and where workers of Dask build, whose tasks are Prefect's. Raise SettingsError for a
    PREFECT_API_URL that is no address.
    """
    if named_server():
        require("schedule", "PREFECT_API_URL")
        return True
    if api_url := server_of_the_schedule():
        os.environ["PREFECT_API_URL"] = api_url
        return True
    if _builds_on_dask(job):
        require("dask", "PASSPORTS_TASK_RUNNER=dask")
        check_home()
        return True
    return is_server_configured() and _server_in_files() is not None


async def run_as_flow(job: Job) -> RunOutcome:
    """Run a job as a Prefect flow; raise ServerFailedError where the server does not answer any more."""
    for name in ("PREFECT_LOGGING_LEVEL", "PREFECT_SERVER_LOGGING_LEVEL"):
        os.environ.setdefault(name, "CRITICAL")  # the command shows summary and errors itself
    for name in ("prefect", "EventsWorker", "APILogWorker"):  # the last two log what they have not sent yet
        logging.getLogger(name).setLevel(logging.CRITICAL)
    async with _server() as api_url:
        from flows.orchestration.refresh import job_flow  # noqa: PLC0415 - Prefect, which needs its settings first

        try:
            return (await job_flow(job)).content
        except FlowError:
            raise
        except Exception as error:
            if await asyncio.to_thread(is_healthy, api_url):
                raise
            gone = f"the Prefect server at {api_url} no longer answers"
            remedy = "run again; the store still serves the last complete publication"
            raise ServerFailedError(f"{gone}: {remedy}") from error


def _builds_on_dask(job: Job) -> bool:
    return read_settings(store=job.store).task_runner == "dask"


def _server_in_files() -> str | None:
    """Return the server that Prefect's settings name, as Prefect itself reads them."""
    require("schedule", "the Prefect server that Prefect's own files name")
    named = importlib.import_module("prefect.settings").PREFECT_API_URL.value()
    return str(named) if named else None


@asynccontextmanager
async def _server() -> AsyncIterator[str]:
    """Yield the address of the server in Prefect's settings, or of one that runs until the context ends."""
    if named := _server_in_files():
        yield named
        return
    tell(STARTING, 0, 1)
    with own_server(TEMPORARY) as server, _named(server.api_url):
        await asyncio.to_thread(server.wait)
        tell(STARTING, 1, 1)
        try:
            yield server.api_url
        finally:
            await _sent()


@contextmanager
def _named(api_url: str) -> Iterator[None]:
    """Set PREFECT_API_URL for all threads of this process and for the processes that it starts."""
    from prefect.context import refresh_global_settings_context  # noqa: PLC0415 - only where a server is started

    os.environ["PREFECT_API_URL"] = api_url
    refresh_global_settings_context()
    try:
        yield
    finally:
        del os.environ["PREFECT_API_URL"]
        refresh_global_settings_context()


async def _sent() -> None:
    """Wait until Prefect has sent its server all events and logs of the run, as the server ends next."""
    from prefect.events.worker import EventsWorker  # noqa: PLC0415 - likewise
    from prefect.logging.handlers import APILogWorker  # noqa: PLC0415 - likewise

    for worker in (EventsWorker, APILogWorker):
        await asyncio.to_thread(worker.drain_all, timeout=SENDING_S)
