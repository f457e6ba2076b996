"""`passports schedule`: serves the deployments of prefect.yaml in one process."""

import flows.quiet  # isort: skip  # noqa: F401 - sets Prefect's surroundings, so it comes before Prefect

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from prefect.client.orchestration import get_client
from prefect.runner import Runner
from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings

from flows import terminal
from flows.clock import system_clock
from flows.dead_runs import HEARTBEAT_S, watch_for_dead_runs
from flows.job import new_job
from flows.own_server import leave_address, own_server, scheduling
from flows.preflight import check_ground
from flows.progress import LOG
from flows.schedule import FILE, Deployment, read_deployments, served, switched_on
from flows.settings import read_settings
from flows.workplace import alone

AT_ONCE = 1
"""Runs of this process at once: the store has one publisher anyway, and the others wait in line."""
ONLY_WHEN_TOLD = "when told to"


def schedule(store: str | None, *, as_json: bool, file: Path = FILE) -> None:
    """Serve the deployments that a file describes until interrupted."""
    settings = read_settings(store=store)
    os.environ["PASSPORTS_STORE"] = settings.store  # runs are processes of their own, and inherit this
    os.environ.setdefault("PREFECT_LOGGING_EXTRA_LOGGERS", LOG.name)  # what we say is to be seen on Prefect's pages
    check_ground(new_job("refresh", settings, epoch=None))
    deployments = switched_on(read_deployments(file), settings.sources)
    at = PREFECT_API_URL.value() or PREFECT_HOME.value()
    with alone(scheduling(str(at))) as folder, _server() as api_url:
        leave_address(folder, api_url)
        asyncio.run(_show(deployments, api_url, settings.store, as_json=as_json))
        told = asyncio.run(_serve(deployments))
    terminal.note("ended; the schedules are paused until the next start")
    if told == signal.SIGINT:
        raise KeyboardInterrupt


@contextlib.contextmanager
def _server() -> Iterator[str]:
    """Use the server that Prefect's settings name, or start one."""
    if named := PREFECT_API_URL.value():
        yield str(named)
        return
    terminal.note("no PREFECT_API_URL: starting a Prefect server of our own, which takes about 15 s")
    with own_server() as server, temporary_settings({PREFECT_API_URL: server.api_url}):
        server.wait()
        yield server.api_url


class Serving(Runner):
    """Prefect's runner, which on SIGTERM and Ctrl-C ends in order: its run is cancelled, its schedules are paused.

    Prefect's own waits for nothing when it is told to end: the run would stay Running until it is found to be dead.
    """

    told: signal.Signals | None = None
    """What told it to end."""

    def handle_sigterm(self, *args: Any, **_: Any) -> None:  # noqa: ANN401 - Prefect's
        """Begin to end; told again, or before there is anything to end, go at once."""
        if self.told or not self.started:
            raise KeyboardInterrupt
        self.told = signal.Signals(args[0])
        terminal.note(f"{self.told.name}: ending the run that goes on, if one does, and pausing the schedules")
        self.execute_in_background(self.astop)


async def _serve(deployments: list[Deployment]) -> signal.Signals | None:
    """Serve until told to end, and by what."""
    await watch_for_dead_runs()
    runner = Serving(name="passports", limit=AT_ONCE, heartbeat_seconds=HEARTBEAT_S)
    for deployment in deployments:
        await runner.aadd_deployment(served(deployment))
    signal.signal(signal.SIGINT, runner.handle_sigterm)
    await runner.start()
    return runner.told


async def _show(deployments: list[Deployment], api_url: str, store: str, *, as_json: bool) -> None:
    async with get_client() as client:
        await client.hello()
    now = system_clock()
    records = [await _record(deployment, now) for deployment in deployments]
    if as_json:
        terminal.document({"api": api_url, "store": store, "deployments": records})
        return
    terminal.rows(records, records[0].keys())
    terminal.say(f"\nserving into {store}, one run at a time; Prefect's pages: {api_url.removesuffix('/api')}")


async def _record(deployment: Deployment, now: datetime) -> dict[str, object]:
    following = await deployment.next_run(now)
    return {
        "deployment": deployment.name,
        "sources": ", ".join(deployment.sources) or "-",
        "schedule": ", ".join(timetable.cron for timetable in deployment.schedules) or ONLY_WHEN_TOLD,
        "next run": following.strftime("%Y-%m-%d %H:%M UTC") if following else "-",
    }
