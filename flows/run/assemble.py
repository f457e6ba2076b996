"""The stages of a run, as plain functions: crawl → assemble → build → publish. Each opens its own tools."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from flows.build.batch import batch_of
from flows.build.workers import BuildInput
from flows.errors import FlowError
from flows.ingest.crawl_file import CrawlOutcome
from flows.ingest.crawl_partitions import IngestedCrawl, partition
from flows.ingest.gates import breaches_of
from flows.ingest.listings import update_listings
from flows.job.job import Job, Tools, open_tools
from flows.job.preflight import starting_point_of
from flows.progress import tell
from flows.publish.copies import repair
from flows.publish.immutable_files import write_report
from flows.publish.publication import _tell_step
from flows.registry.published import PublishedState
from flows.run.report import failed_report, under_a_free_id
from flows.site.rendering import copies_for, site_files
from pipelines.lifecycle.crawl_checks import DROP
from pipelines.rules.gates import Gates
from schemas.run import Breach, RunReport


class GateClosedError(FlowError):
    """A crawl did not pass its gates: nothing was published but the report."""

    def __init__(self, report: RunReport) -> None:
        super().__init__("; ".join(f"{breach.source}: {breach.reason}" for breach in report.breaches))
        self.report = report


class JudgedCrawls(NamedTuple):
    """The crawls of a run, once the gates have seen them."""

    good: list[IngestedCrawl]
    outcomes: list[CrawlOutcome]
    """All that left a report."""
    breaches: list[Breach]
    """Of the others, whose sources stay as they were."""
    accepted: list[Breach]
    """What the good ones were let pass with."""


class Assembled(NamedTuple):
    """A batch that passed its gates, and what it is built on."""

    crawls: JudgedCrawls
    basis: BuildInput


def assemble(job: Job, outcomes: list[CrawlOutcome], failures: Sequence[Breach] = ()) -> Assembled:
    """Judge the crawls by their gates and join the good ones with what the store serves.

    `failures` are crawls that left no report. Raise GateClosedError when no crawl is good enough.
    """
    tools, folder = open_tools(job), Path(tempfile.mkdtemp(prefix="assembled-", dir=job.work))
    state = starting_point_of(job, tools)
    if state.reader:
        _finish_what_was_left(tools)
    taken = []
    for outcome in outcomes:
        source = outcome.report.source
        taken.append(partition(outcome, folder / "taken" / source, whole=job.whole, gate=tools.gates[source]))
    crawls = _judged(job, taken, state, tools.gates, failures)
    if not crawls.good:
        raise _closed(tools, failed_report(job, tools, taken, crawls.breaches))
    return _assembled(job, state, crawls, folder)


def _judged(
    job: Job, taken: Sequence[IngestedCrawl], state: PublishedState, gates: Gates, failures: Sequence[Breach]
) -> JudgedCrawls:
    judged = JudgedCrawls([], [one.outcome for one in taken], list(failures), [])
    for one in taken:
        found = breaches_of(one, state, gates, whole=job.whole)
        stopping = [breach for breach in found if not (job.accept_drop and breach.gate == DROP)]
        judged.breaches.extend(stopping)
        if not stopping:
            judged.good.append(one)
            judged.accepted.extend(found)
    return judged


def _assembled(job: Job, state: PublishedState, crawls: JudgedCrawls, where: Path) -> Assembled:
    folder = Path(tempfile.mkdtemp(prefix="batch-", dir=where))  # a publication that is tried again makes others
    stock = update_listings(crawls.good, state, folder / "stock", whole=job.whole)
    away, floor = folder / "away", job.minimum_downloads
    batch = batch_of(stock, state, crawls.good, away, whole=job.whole, floor=floor)
    tell("merge", batch.parts, batch.parts)
    return Assembled(crawls, BuildInput(batch, state, folder))


def _finish_what_was_left(tools: Tools) -> None:
    """Roll forward what a killed run left behind, also when this run publishes nothing."""
    copies, site = copies_for(tools.issuer), site_files(tools.signer)
    repair(tools.store, keys=tools.trusted, at=tools.clock(), copies=copies, site=site, on_step=_tell_step)


def _closed(tools: Tools, report: RunReport) -> GateClosedError:
    report = under_a_free_id(tools.store, report)
    write_report(tools.store, report.run, report.model_dump_json().encode())
    return GateClosedError(report)
