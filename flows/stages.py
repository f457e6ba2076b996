"""The stages of a run, as plain functions: crawl → assemble → build → publish. Each opens its own tools."""

import tempfile
from pathlib import Path
from typing import NamedTuple

from flows.batch import Batch, batch_of, breaches_of
from flows.build import Built, breaches_of_build, build
from flows.copies import repair
from flows.crawl import CrawlFailedError, CrawlOutcome, Progress, crawl
from flows.demo.leftovers import clear, left_by_demo
from flows.errors import FlowError
from flows.immutables import write_report
from flows.job import Job, Tools, nonce, open_tools
from flows.progress import tell
from flows.publication import Publication, Published, SourceFile, Step
from flows.publish import publish
from flows.reader import Reader
from flows.report import failed_report, report_of
from flows.sealed import TamperedError
from flows.site import copies_for, site_files
from flows.state import Served, served, served_by, starting_point
from flows.store import Store
from pipelines.rulebook import rulebook
from pipelines.shards import pack
from schemas.crawl import AdmittedLine
from schemas.run import Breach, RunReport


class GateClosedError(FlowError):
    """A crawl did not pass its gates: nothing was published but the report."""

    def __init__(self, report: RunReport) -> None:
        super().__init__("; ".join(f"{breach.source}: {breach.reason}" for breach in report.breaches))
        self.report = report


class Assembled(NamedTuple):
    """A batch that passed its gates, and what it is built on."""

    outcomes: tuple[CrawlOutcome, ...]
    batch: Batch
    served: Served


class Done(NamedTuple):
    """What a run came to."""

    report: RunReport
    published: Published


def check_ground(job: Job) -> None:
    """See, before anything is asked of a source, that the job's tools open and that its store can be built on."""
    tools = open_tools(job)
    try:
        _starting_point(job, tools)
    except TamperedError as error:
        remedy = "if another key signed it, set PASSPORTS_SIGNING_KEY_FILE to that key or choose another --store"
        raise TamperedError(f"{error}; {remedy}") from None


async def crawl_source(job: Job, source: str) -> CrawlOutcome:
    """Crawl one source, or the job's listings of it, in a process of its own."""
    tools = open_tools(job)
    stage = f"crawl {source}"
    tell(stage, 0, None)

    def watch(progress: Progress) -> None:
        tell(stage, progress.listings, progress.announced)

    with tempfile.TemporaryDirectory(prefix="passports-crawl-") as folder:
        outcome = await crawl(
            source,
            url=job.source_urls[source],
            out=Path(folder) / "crawl.jsonl",
            contact=tools.settings.contact,
            endpoints=job.endpoints,
            only=job.only,
            clock_epoch=job.epoch,
            on_progress=watch,
            time_limit_s=tools.settings.crawl_time_limit_s,
        )
    tell(stage, outcome.report.listings, outcome.report.listings)
    return outcome


def close_without_report(job: Job, error: CrawlFailedError) -> GateClosedError:
    """Report a run whose crawl left no report of its own: it was stopped, or it died."""
    tools = open_tools(job)
    breach = Breach(source=", ".join(job.sources), gate="complete", reason=str(error))
    return _closed(tools, failed_report(job, tools, (), [breach]))


def assemble(job: Job, outcomes: list[CrawlOutcome]) -> Assembled:
    """Judge the crawls by their gates and join them with what the store serves; raise GateClosedError."""
    tools = open_tools(job)
    state = _starting_point(job, tools)
    if state.reader:
        _finish_what_was_left(tools)
    breaches = breaches_of(outcomes, state, tools.gates, whole=job.whole)
    if breaches:
        raise _closed(tools, failed_report(job, tools, outcomes, breaches))
    batch = batch_of(outcomes, state, whole=job.whole)
    tell("merge", batch.accounting.listings, batch.accounting.listings)
    return Assembled(tuple(outcomes), batch, state)


def _finish_what_was_left(tools: Tools) -> None:
    """Roll forward what a killed run left behind, also when this run publishes nothing."""
    copies, site = copies_for(tools.issuer), site_files(tools.signer)
    repair(tools.store, keys=tools.trusted, at=tools.clock(), copies=copies, site=site, on_step=_tell_step)


def build_passports(job: Job, assembled: Assembled) -> Built:
    """Make the passports of every model that the batch concerns; raise GateClosedError when too many cannot be."""
    tools, subjects = open_tools(job), assembled.batch.gathered.subjects
    tell("build", 0, len(subjects))
    built = build(
        subjects,
        assembled.served.rows,
        terms=tools.terms(renew=job.flow == "rescrape"),
        signer=tools.signer,
        generation=assembled.served.generation + 1,
        progress=lambda done: tell("build", done, len(subjects)),
    )
    if breaches := breaches_of_build(built, subjects, tools.gates):
        raise _closed(tools, failed_report(job, tools, assembled.outcomes, breaches, built))
    return built


def publish_generation(job: Job, assembled: Assembled, built: Built) -> Done:
    """Publish what was built, on what was served; where another run was faster, build anew on what it published."""
    tools = open_tools(job)
    if assembled.served.reader is None:
        _start_over(tools.store)
    reports = [_report_of(job, tools, assembled, built)]

    def rebase(reader: Reader | None) -> Publication:
        state = served_by(reader)
        batch = batch_of(assembled.outcomes, state, whole=job.whole, before=assembled.served)
        again = Assembled(assembled.outcomes, batch, state)
        built_again = build_passports(job, again)
        reports.append(_report_of(job, tools, again, built_again))
        return _publication(job, tools, again, built_again, reports[-1])

    published = publish(
        tools.store,
        _publication(job, tools, assembled, built, reports[-1]),
        base=assembled.served.reader,
        rebase=rebase,
        signer=tools.signer,
        keys=tools.trusted,
        clock=tools.clock,
        nonce=nonce(job, tools.clock),
        on_step=_tell_step,
    )
    return Done(reports[-1], published)


def _starting_point(job: Job, tools: Tools) -> Served:
    read = served if job.flow == "demo" else starting_point
    return read(tools.store, tools.trusted, tools.clock())


def _report_of(job: Job, tools: Tools, assembled: Assembled, built: Built) -> RunReport:
    rows = assembled.served.rows
    return report_of(job, tools, assembled.outcomes, batch=assembled.batch, built=built, rows=rows)


def _closed(tools: Tools, report: RunReport) -> GateClosedError:
    write_report(tools.store, report.run, report.model_dump_json().encode())
    return GateClosedError(report)


def _start_over(store: Store) -> None:
    """Clear what the demo left, unless another run just did."""
    with store.lock():
        if left_by_demo(store):
            clear(store)


def _publication(job: Job, tools: Tools, assembled: Assembled, built: Built, report: RunReport) -> Publication:
    """Put what was built in the place of what was served; all else stays."""
    rows = assembled.served.rows | built.rows
    sources = {
        source: _source_file(lines)
        for source, lines in assembled.batch.lines.items()
        if lines != assembled.served.lines.get(source)
    }
    return Publication(
        rows=tuple(rows[slug] for slug in sorted(rows)),
        objects=built.objects,
        sources=sources,
        rules_sha256=rulebook().sha256,
        run_id=job.run,
        run_report=report.model_dump_json().encode(),
        copies=copies_for(tools.issuer),
        site=site_files(tools.signer),
    )


def _source_file(lines: list[AdmittedLine]) -> SourceFile:
    body = pack(line.model_dump_json().encode() for line in lines)
    return SourceFile(body, len(lines), max(line.raw.observed_at for line in lines))


def _tell_step(step: Step, done: int, total: int) -> None:
    tell(f"publish: {step}", done, total)
