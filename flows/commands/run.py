"""Runs a job from the command line, and shows its report."""

import asyncio

from flows.commands import terminal
from flows.config.interrupts import ending_at_once
from flows.job.job import Job, open_tools
from flows.job.preflight import preflight
from flows.job.workspace import workspace
from flows.orchestration.run_server import needs_prefect, run_as_flow
from flows.run.assemble import GateClosedError
from flows.run.here import stages_here
from flows.run.publish import PartialRunError, RunOutcome
from flows.run.stages import run_stages
from pipelines.registry.layout import run_key
from pipelines.views.run_summary import quarantine_rows, summary_lines
from schemas.run import Published, RunReport

MOST_REFUSED = 20
"""Most refused records shown at the end of a run."""


def run(job: Job, *, as_json: bool) -> RunOutcome:
    """Run a job and return its outcome; raise the error that stopped it, for a closed gate after showing its report.

    It runs in this process; as a Prefect flow where there is a server for it, or where workers of Dask build.
    """
    as_flow = needs_prefect(job)
    prepare(job)
    try:
        with ending_at_once(), terminal.watched(), workspace(job) as placed:
            return asyncio.run(run_as_flow(placed) if as_flow else run_stages(placed, stages_here(_leave_metrics)))
    except PartialRunError as error:
        return error.outcome
    except GateClosedError as error:
        if not as_json:  # the answer has the error too
            show(error.report, None, as_json=False)
        raise


def prepare(job: Job) -> None:
    """Check what a run of this job needs, and show where its signing key was made, if it was; raise likewise."""
    key = preflight(job)
    if key.made:
        terminal.note(
            f"made a signing key, {key.signer.key_id}, in {key.path}: make a backup of it; "
            "to use your own, set PASSPORTS_SIGNING_KEY_FILE or PASSPORTS_SIGNING_KEY to a private Ed25519 JWK"
        )


async def _leave_metrics(job: Job, report: RunReport, _published: Published | None) -> None:
    if file := open_tools(job).settings.metrics_file:
        from flows.orchestration.metrics import leave_metrics, run_metrics  # noqa: PLC0415 - only where they are wanted

        leave_metrics(file, run_metrics(report, job.sources))


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
