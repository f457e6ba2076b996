"""Builds the passports of an assembled run, and publishes them as one generation."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from flows.build.builder import Builder, build_here
from flows.build.passports import Built, Rows, breaches_of_build
from flows.errors import FlowError
from flows.ingest.crawl_partitions import IngestedCrawl
from flows.ingest.ingestion import rebased
from flows.ingest.partitions import parts_over
from flows.job.job import Job, open_tools, publisher_of, rendering_of
from flows.job.preflight import start_over
from flows.publish.protocol import publish
from flows.publish.publication import Publication, SourceParts, Step
from flows.registry.published import PublishedState
from flows.registry.reader import Reader
from flows.run.assemble import Assembled, batched, closed
from flows.run.report import failed_report, report_of
from pipelines.lifecycle.list_crawls import with_crawl
from pipelines.rules.tables import rules_document
from schemas.registry import ShardRow
from schemas.run import Published, RunReport


class RunOutcome(NamedTuple):
    """The report of a run that published, and what it wrote."""

    report: RunReport
    published: Published


class PartialRunError(FlowError):
    """A run published, but without sources whose crawls did not pass: a scheduler must not count it as done."""

    def __init__(self, outcome: RunOutcome) -> None:
        self.outcome = outcome
        failed = ", ".join(sorted({breach.source for breach in outcome.report.breaches}))
        super().__init__(f"published without {failed}: passports still use the last good listings")


def build_passports(job: Job, assembled: Assembled, builder: Builder = build_here) -> Built:
    """Build the passports of an assembled run; raise GateClosedError when too many of a source could not be made."""
    tools, built = open_tools(job), Built()
    for part in builder(job, assembled.build_input):
        built.add(part, tools.store)
    if breaches := breaches_of_build(built, tools.gates):
        raise closed(tools, failed_report(job, tools, assembled.crawls.good, breaches, built))
    if built.ahead:
        built.write_ahead(tools.store, but=0)
    return built


def publish_generation(job: Job, assembled: Assembled, built: Built, builder: Builder = build_here) -> RunOutcome:
    """Publish what was built as the next generation; return the run's report and what was written.

    If another run has published since `assembled` was made, the batch is made and built again on its generation.
    """
    tools, base = open_tools(job), assembled.build_input.served.reader
    if base is None:
        start_over(tools.store)
    reports, ahead = [report_of(job, tools, assembled.crawls, assembled.build_input, built)], [built.ahead]

    def rebase(reader: Reader | None) -> Publication:
        again = batched(job, rebased(job, assembled.ingestion, PublishedState(reader)))
        built_again = build_passports(job, again, builder)
        reports.append(report_of(job, tools, again.crawls, again.build_input, built_again))
        ahead.append(built_again.ahead)
        return _publication(job, again, built_again, reports[-1])

    published = publish(
        publisher_of(job, tools),
        _publication(job, assembled, built, reports[-1]),
        base=base,
        rebase=rebase,
        new_store=job.new_store,
    )
    return RunOutcome(reports[-1], _counting(published, sum(ahead)))


def _counting(published: Published, ahead: int) -> Published:
    """Return the counts with the passports written ahead added to those that the publication wrote."""
    objects = published.written.get(Step.OBJECTS, 0) + ahead
    if not ahead:
        return published
    others = {step: count for step, count in published.written.items() if step != Step.OBJECTS}
    return published._replace(written={str(Step.OBJECTS): objects, **others})


def _publication(job: Job, assembled: Assembled, built: Built, report: RunReport) -> Publication:
    """Return the next generation: the served rows and sources, replaced where they were built or crawled anew."""
    tools, (batch, state, folder) = open_tools(job), assembled.build_input
    rows = Rows(folder / "rows")

    def rows_of(slots: range) -> list[ShardRow]:
        merged = state.rows(slots)
        for index in parts_over(slots, batch.parts):
            merged |= rows.read(index, slots)
        return [merged[slug] for slug in sorted(merged)]

    return Publication(
        passports=state.passports + built.added,
        rows=rows_of,
        objects=built.objects,
        sources=_with_list_crawls(batch.listings.changed, assembled.crawls.good, state),
        rules=rules_document(),
        lifetimes=tools.gates,
        run_id=report.run,
        run_report=report.model_dump_json().encode(),
        rendering=rendering_of(job, tools),
        index_folder=folder,
    )


def _with_list_crawls(
    changed: Mapping[str, SourceParts], good: Iterable[IngestedCrawl], state: PublishedState
) -> Mapping[str, SourceParts]:
    """Add to each changed source the complete crawls, this run's too, that an incremental crawl may start from."""
    reports = {one.outcome.report.source: one.outcome.report for one in good}
    noted = {}
    for source, parts in changed.items():
        list_crawls, report = state.list_crawls(source), reports.get(source)
        noted[source] = parts._replace(list_crawls=with_crawl(list_crawls, report) if report else list_crawls)
    return noted
