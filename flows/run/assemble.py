"""Stages of a run between crawling and building: join the ingested crawls and the served listings into a batch."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from flows.build.batch import batch_of
from flows.build.workers import BuildInput
from flows.errors import FlowError
from flows.ingest.ingestion import Ingestion, JudgedCrawls, rebased
from flows.job.job import Job, Tools, open_tools, publisher_of, rendering_of
from flows.job.preflight import starting_point_of
from flows.progress import tell
from flows.publish.copies import repair
from flows.publish.immutable_files import write_report
from flows.run.report import failed_report, under_a_free_id
from schemas.run import RunReport


class GateClosedError(FlowError):
    """No crawl of a run passed its gate, or too many passports could not be made: only the run report was written."""

    def __init__(self, report: RunReport) -> None:
        super().__init__("; ".join(f"{breach.source}: {breach.reason}" for breach in report.breaches))
        self.report = report

    @property
    def answer(self) -> Mapping[str, object]:
        """The report of the run."""
        return {"report": self.report.model_dump(mode="json"), "published": None}


class Assembled(NamedTuple):
    """A batch that is ready to build, with the crawls, served state and folder that it was made from."""

    ingestion: Ingestion
    build_input: BuildInput

    @property
    def crawls(self) -> JudgedCrawls:
        """The crawls of the run, with the verdicts of their gates."""
        return self.ingestion.crawls


def assemble(job: Job, ingestion: Ingestion) -> Assembled:
    """Return the batch that a job's crawls make with the listings that the store serves now.

    Finishes a publication that was interrupted first. If another run has
    published since the crawls began, they are ingested again on its generation. Raise GateClosedError when no crawl
    passed its gate.
    """
    tools = open_tools(job)
    if ingestion.served.reader:
        repair(publisher_of(job, tools), rendering_of(job, tools))  # left by a run that was killed
    crawls = ingestion.crawls
    if not crawls.good:
        raise closed(tools, failed_report(job, tools, crawls.read, crawls.breaches))
    state = starting_point_of(job, tools)
    return batched(
        job, ingestion if state.generation == ingestion.served.generation else rebased(job, ingestion, state)
    )


def batched(job: Job, ingestion: Ingestion) -> Assembled:
    """Return the batch of a run's listings, in a new folder, as a publication that is tried again makes another."""
    folder = Path(tempfile.mkdtemp(prefix="batch-", dir=ingestion.folder))
    batch = batch_of(ingestion, folder / "away", whole=job.whole, floor=job.minimum_downloads)
    tell("merge", batch.parts, batch.parts)
    return Assembled(ingestion, BuildInput(batch, ingestion.served, folder))


def closed(tools: Tools, report: RunReport) -> GateClosedError:
    """Write the report of a run that a gate stopped, and return the error to raise."""
    report = under_a_free_id(tools.store, report)
    write_report(tools.store, report.run, report.model_dump_json().encode())
    return GateClosedError(report)
