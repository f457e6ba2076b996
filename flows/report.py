"""Draws up the report of a run: what came, what became of it, and what stopped it."""

from collections.abc import Sequence

from flows.batch import Batch
from flows.build import Built
from flows.crawl import CrawlOutcome
from flows.job import Job, Tools
from pipelines.issue import PIPELINE
from pipelines.rulebook import rulebook
from schemas.registry import ShardRow
from schemas.run import Accounting, Breach, RunReport
from schemas.times import timestamp


def report_of(
    job: Job, tools: Tools, outcomes: Sequence[CrawlOutcome], *, batch: Batch, built: Built, rows: dict[str, ShardRow]
) -> RunReport:
    """Report a run that publishes; `rows` are those served before it."""
    seen = {subject.slug for subject in batch.gathered.subjects}
    return _common(job, tools, outcomes).model_copy(
        update={
            "accounting": _accounting(batch, built),
            "changes": tuple(built.changes),
            "unchanged": built.unchanged,
            "absent": len(rows.keys() - seen) if job.whole else 0,
            "quarantined": (*batch.quarantined, *built.quarantined),
        }
    )


def failed_report(
    job: Job, tools: Tools, outcomes: Sequence[CrawlOutcome], breaches: Sequence[Breach], built: Built | None = None
) -> RunReport:
    """Report a run that a gate stopped, with every record that was refused."""
    common = _common(job, tools, outcomes)
    refused = [*common.quarantined, *(built.quarantined if built else ())]
    failed = {"run": f"{job.run}-failed", "state": "failed", "breaches": tuple(breaches), "quarantined": tuple(refused)}
    return common.model_copy(update=failed)


def _common(job: Job, tools: Tools, outcomes: Sequence[CrawlOutcome]) -> RunReport:
    now = timestamp(tools.clock())
    return RunReport(
        run=job.run,
        flow=job.flow,
        state="done",
        started_at=min((outcome.report.started_at for outcome in outcomes), default=now),
        finished_at=now,
        pipeline=PIPELINE,
        rules_sha256=rulebook().sha256,
        crawls=tuple(outcome.report for outcome in outcomes),
        breaches=(),
        accounting=None,
        changes=(),
        unchanged=0,
        absent=0,
        quarantined=tuple(line.quarantined for outcome in outcomes for line in outcome.quarantined),
    )


def _accounting(batch: Batch, built: Built) -> Accounting:
    """Count the listings of models that could not be made as quarantined."""
    counted, refused = batch.accounting, {refusal.id for refusal in built.quarantined}
    lost = [subject for subject in batch.gathered.subjects if subject.primary.id in refused]
    offers = sum(len(subject.offers) for subject in lost)
    return counted.model_copy(
        update={
            "passports": counted.passports - len(lost),
            "offers_merged": counted.offers_merged - (offers - len(lost)),
            "quarantined": counted.quarantined + offers,
        }
    )
