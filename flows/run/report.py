"""Makes the report of a run: its crawls, the counts, what was issued and refused, and the breaches of gates."""

from collections.abc import Sequence
from itertools import chain, count

from flows.build.batch import summed
from flows.build.passports import Built
from flows.build.workers import BuildInput
from flows.ingest.crawl_file import CrawlOutcome
from flows.ingest.crawl_partitions import IngestedCrawl
from flows.ingest.ingestion import JudgedCrawls
from flows.job.job import Job, Tools
from flows.store.base import Store, find
from pipelines.passport.document import PIPELINE
from pipelines.registry.layout import run_key
from pipelines.rules.rulebook import rulebook
from schemas.run import Accounting, Breach, RunReport
from schemas.sources import BY_NAME
from schemas.times import timestamp


def report_of(job: Job, tools: Tools, crawls: JudgedCrawls, build_input: BuildInput, built: Built) -> RunReport:
    """Return the report of a run that publishes what was built from its crawls."""
    refused = [*chain.from_iterable(one.refused for one in crawls.good), *build_input.batch.listings.refused]
    listed = sum(1 for refusal in refused if BY_NAME[refusal.source].names_passports)
    failed, sources = {breach.source for breach in crawls.breaches}, build_input.served.sources
    report = _common(job, tools, [one.outcome for one in crawls.read]).model_copy(
        update={
            "state": "partial" if crawls.breaches else "done",
            "breaches": crawls.breaches,
            "waived": crawls.waived,
            "accounting": _without_refused(summed(built.accounting, listed), built),
            "changes": tuple(built.changes),
            "issued": dict(built.issued),
            "unchanged": built.unchanged,
            "absent": built.absent,
            "not_renewed": {source: sources[source].last_scraped_at for source in sorted(failed) if source in sources},
            "quarantined": (*refused, *built.quarantined),
        }
    )
    return under_a_free_id(tools.store, report)


def failed_report(
    job: Job, tools: Tools, crawls: Sequence[IngestedCrawl], breaches: Sequence[Breach], built: Built | None = None
) -> RunReport:
    """Return the report of a run that a gate stopped, with every record refused; `crawls` are those it ingested."""
    refused = [*(one for crawl in crawls for one in crawl.refused), *(built.quarantined if built else ())]
    failed = {"run": f"{job.run}-failed", "state": "failed", "breaches": tuple(breaches), "quarantined": tuple(refused)}
    return _common(job, tools, [one.outcome for one in crawls]).model_copy(update=failed)


def under_a_free_id(store: Store, report: RunReport) -> RunReport:
    """Return the report with an id that no other report in the store has: the run's id, or that with "-2", "-3", ….

    A run makes a second report when another one publishes first, and under SOURCE_DATE_EPOCH runs of the same input
    share their id. An identical report, left by a run that was killed, counts as this one.
    """
    for number in count(1):
        named = report if number == 1 else report.model_copy(update={"run": f"{report.run}-{number}"})
        there = find(store, run_key(named.run))
        if there is None or there.body == named.model_dump_json().encode():
            return named
    raise AssertionError("there is always a next number")


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
        issued={},
        unchanged=0,
        absent=0,
        not_renewed={},
        quarantined=(),
    )


def _without_refused(counted: Accounting, built: Built) -> Accounting:
    """Move models whose passports could not be made from `passports` to `quarantined`."""
    lost = sum(built.refused.values())
    return counted.model_copy(update={"passports": counted.passports - lost, "quarantined": counted.quarantined + lost})
