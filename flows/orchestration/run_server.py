"""The Prefect server of one run of the command line: the one in the settings, or one started for the run alone."""

import flows.orchestration.environment  # isort: skip  # noqa: F401 - sets Prefect's surroundings, so it comes before Prefect
import asyncio
import importlib
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from flows.orchestration.background import in_background
from flows.orchestration.server import TEMPORARY, own_server

TELLING_S = 5.0
"""Seconds that Prefect may take, after a run, to send its server the remaining events and logs."""


@asynccontextmanager
async def server_of_run() -> AsyncIterator[str]:
    """Yield the address of the server in Prefect's settings, or of one that runs until the context ends."""
    settings = await in_background(lambda: importlib.import_module("prefect.settings"))
    if named := settings.PREFECT_API_URL.value():
        yield str(named)
        return
    with own_server(TEMPORARY) as server, _named(server.api_url):
        importing = in_background(lambda: importlib.import_module("flows.orchestration.refresh"))
        await asyncio.gather(importing, asyncio.to_thread(server.wait))
        try:
            yield server.api_url
        finally:
            await _told()


@contextmanager
def _named(api_url: str) -> Iterator[None]:
    """Set PREFECT_API_URL for all threads of this process and for the processes that it starts."""
    from prefect.context import refresh_global_settings_context  # noqa: PLC0415 - imported by a thread already

    os.environ["PREFECT_API_URL"] = api_url
    refresh_global_settings_context()
    try:
        yield
    finally:
        del os.environ["PREFECT_API_URL"]
        refresh_global_settings_context()


async def _told() -> None:
    """Wait until Prefect has sent its server all events and logs of the run, as the server ends next."""
    from prefect.events.worker import EventsWorker  # noqa: PLC0415 - Prefect's, which was imported meanwhile
    from prefect.logging.handlers import APILogWorker  # noqa: PLC0415 - likewise

    for worker in (EventsWorker, APILogWorker):
        await asyncio.to_thread(worker.drain_all, timeout=TELLING_S)
