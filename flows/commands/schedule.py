"""`passports schedule`: serves the deployments of prefect.yaml in one process."""

import flows.orchestration.environment  # isort: skip  # noqa: F401 - sets Prefect's surroundings, so it comes before Prefect
import asyncio
import os
import signal
from datetime import datetime
from pathlib import Path

from flows.commands import terminal
from flows.commands.run import prepare
from flows.config.clock import system_clock
from flows.config.interrupts import ending_at_once
from flows.config.settings import read_settings
from flows.job.job import new_job
from flows.job.locks import only_process
from flows.orchestration.deployments import FILE, Deployment, read_deployments, switched_on
from flows.orchestration.runner import ensure_reachable, serve_deployments, server_to_use, where_served
from flows.orchestration.server import leave_address, scheduling
from flows.progress import LOG

ONLY_WHEN_TOLD = "on request"


def schedule(store: str | None, *, as_json: bool, file: Path = FILE) -> None:
    """Serve the deployments that a file describes until interrupted."""
    settings = read_settings(store=store)
    os.environ["PASSPORTS_STORE"] = settings.store  # each run is a separate process that inherits this
    os.environ.setdefault("PREFECT_LOGGING_EXTRA_LOGGERS", LOG.name)  # so that our log is on Prefect's pages
    prepare(new_job("refresh", settings, epoch=None))
    deployments = switched_on(read_deployments(file), settings.sources)
    with (
        ending_at_once(),  # until deployments are served, which has its own way to end
        only_process(scheduling(where_served())) as folder,
        server_to_use(terminal.note) as api_url,
    ):
        leave_address(folder, api_url)
        asyncio.run(_show(deployments, api_url, settings.store, as_json=as_json))
        told = asyncio.run(serve_deployments(deployments, terminal.note))
    terminal.note("ended; the schedules are paused until the next start")
    if told == signal.SIGINT:
        raise KeyboardInterrupt


async def _show(deployments: list[Deployment], api_url: str, store: str, *, as_json: bool) -> None:
    await ensure_reachable()
    now = system_clock()
    records = [await _record(deployment, now) for deployment in deployments]
    if as_json:
        terminal.document({"api": api_url, "store": store, "deployments": records})
        return
    terminal.rows(records, records[0].keys())
    terminal.say(
        f"\nrunning the schedules for {store}, one run at a time; Prefect's pages: {api_url.removesuffix('/api')}"
    )


async def _record(deployment: Deployment, now: datetime) -> dict[str, object]:
    following = await deployment.next_run(now)
    return {
        "deployment": deployment.name,
        "sources": ", ".join(deployment.sources) or "-",
        "schedule": ", ".join(timetable.cron for timetable in deployment.schedules) or ONLY_WHEN_TOLD,
        "next_run": following.strftime("%Y-%m-%d %H:%M UTC") if following else "-",
    }
