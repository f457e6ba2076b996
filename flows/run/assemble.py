"""Stages of a run before it builds: joining what was crawled into a batch."""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from flows.build.batch import batch_of
from flows.build.workers import BuildInput
from flows.errors import FlowError
from flows.ingest.crawl_file import CrawlOutcome
from flows.ingest.ingestion import Ingestion, JudgedCrawls, begin, ingest, rebased
from flows.job.job import Job, Tools, open_tools
from flows.job.preflight import starting_point_of
from flows.progress import tell
from flows.publish.copies import repair
from flows.publish.immutable_files import write_report
from flows.publish.publication import _tell_step
from flows.run.report import failed_report, under_a_free_id
from flows.site.rendering import copies_for, site_files
from schemas.run import Breach, RunReport


class GateClosedError(FlowError):
    """A crawl did not pass its gates: nothing was published but the report."""

    def __init__(self, report: RunReport) -> None:
        super().__init__("; ".join(f"{breach.source}: {breach.reason}" for breach in report.breaches))
        self.report = report


class Assembled(NamedTuple):
    """A batch that passed its gates, and what it is built on."""

    ingestion: Ingestion
    basis: BuildInput

    @property
    def crawls(self) -> JudgedCrawls:
        """The crawls of the run."""
        return self.ingestion.crawls


def assemble(job: Job, ingestion: Ingestion, failures: Sequence[Breach] = ()) -> Assembled:
    """Join what was crawled with what the store serves by now.

    `failures` are crawls that left no report. Raise GateClosedError when no crawl is good enough.
    """
    tools = open_tools(job)
    if ingestion.served.reader:
        _finish_interrupted_publication(tools)
    crawls = ingestion.crawls._replace(breaches=(*failures, *ingestion.crawls.breaches))
    ingestion = ingestion._replace(crawls=crawls)
    if not crawls.good:
        raise closed(tools, failed_report(job, tools, crawls.read, crawls.breaches))
    state = starting_point_of(job, tools)
    return batched(
        job, ingestion if state.generation == ingestion.served.generation else rebased(job, ingestion, state)
    )


def assemble_crawls(job: Job, outcomes: Iterable[CrawlOutcome], failures: Sequence[Breach] = ()) -> Assembled:
    """Judge crawls that have ended already, and join them with what the store serves."""
    ingestion = begin(job)
    for outcome in outcomes:
        ingestion = ingest(job, ingestion, outcome)
    return assemble(job, ingestion, failures)


def batched(job: Job, ingestion: Ingestion) -> Assembled:
    """Lay the listings out as a batch, in a folder of its own: a publication that is tried again makes others."""
    folder = Path(tempfile.mkdtemp(prefix="batch-", dir=ingestion.folder))
    state, good = ingestion.served, ingestion.crawls.good
    batch = batch_of(ingestion.listings, state, good, folder / "away", whole=job.whole, floor=job.minimum_downloads)
    tell("merge", batch.parts, batch.parts)
    return Assembled(ingestion, BuildInput(batch, state, folder))


def _finish_interrupted_publication(tools: Tools) -> None:
    """Roll forward what a killed run left behind, also when this run publishes nothing."""
    copies, site = copies_for(tools.issuer), site_files(tools.signer)
    repair(tools.store, keys=tools.trusted, at=tools.clock(), copies=copies, site=site, on_step=_tell_step)


def closed(tools: Tools, report: RunReport) -> GateClosedError:
    """Leave the report of a run that a gate stopped, and say so."""
    report = under_a_free_id(tools.store, report)
    write_report(tools.store, report.run, report.model_dump_json().encode())
    return GateClosedError(report)
