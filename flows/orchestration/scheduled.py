"""The Prefect flows that prefect.yaml deploys beside `rescrape` and `watch`: a source's refresh, and publish."""

import flows.orchestration.environment  # isort: skip
import asyncio
import random

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.runtime import flow_run
from prefect.states import Completed

import flows.orchestration.refresh
from flows.config.settings import read_settings
from flows.maintenance.replicate import mirror
from flows.orchestration.tasks import survive_broken_pipe
from flows.progress import LOG


def _run_name() -> str:
    return f"refresh {', '.join(flow_run.parameters['sources'])}"


@flow(name="refresh", flow_run_name=_run_name)
async def refresh(
    sources: list[str], store: str | None = None, jitter_s: float = 0.0, *, accept_drop: bool = False
) -> State[None] | None:
    """Refresh those of `sources` that the settings switch on.

    A run started by a schedule first waits up to `jitter_s` seconds, so that installations do not all ask a source at
    the same second. A run started by a person begins at once; with `accept_drop` it accepts a drop that they checked.
    """
    survive_broken_pipe()
    switched_on = [source for source in sources if source in read_settings().sources]
    if not switched_on:
        return Completed(name="Skipped", message=f"not in PASSPORTS_SOURCES: {', '.join(sources)}")
    if wait_s := waiting_s(jitter_s):
        LOG.info("waiting %.0f s, so that not all installations start at the same second", wait_s)
        await asyncio.sleep(wait_s)
    await flows.orchestration.refresh.refresh.fn(sources=switched_on, store=store, accept_drop=accept_drop)
    return None


@flow(name="publish")
def publish(to: str, store: str | None = None) -> None:
    """Bring another store to the generation that this one serves."""
    survive_broken_pipe()
    done = mirror(read_settings(store=store), to)
    LOG.info("generation %d: immutable files copied: %d", done.generation, done.copied)


def waiting_s(jitter_s: float) -> float:
    """Return a random wait of up to `jitter_s` seconds for a run started by a schedule, 0 for any other."""
    context = FlowRunContext.get()
    by_schedule = context is not None and context.flow_run is not None and context.flow_run.auto_scheduled
    return random.uniform(0.0, jitter_s) if by_schedule else 0.0  # noqa: S311 - a moment, not a secret
