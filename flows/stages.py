"""The stages of a run, as plain functions: crawl → assemble → build → publish. Each opens its own tools."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from flows.batch import Batch, batch_of, breaches_of
from flows.build import Built, build
from flows.crawl import CrawlOutcome, Progress, crawl
from flows.demo.leftovers import clear, left_by_demo
from flows.errors import FlowError
from flows.immutables import write_report
from flows.job import Job, Tools, nonce, open_tools
from flows.progress import tell
from flows.publication import Publication, Published, SourceFile, Step
from flows.publish import publish
from flows.reader import Reader
from flows.site import copies_for, site_files
from flows.state import EMPTY, Served, served, starting_point
from pipelines.issue import PIPELINE
from pipelines.merge import Subject
from pipelines.rulebook import rulebook
from pipelines.shards import pack
from schemas.crawl import AdmittedLine, CrawlReport
from schemas.registry import ShardRow
from schemas.run import Accounting, Breach, RunReport
from schemas.times import timestamp


class GateClosedError(FlowError):
    """A crawl did not pass its gates: nothing was published but the report."""

    def __init__(self, report: RunReport) -> None:
        super().__init__("; ".join(f"{breach.source}: {breach.reason}" for breach in report.breaches))
        self.report = report


class Assembled(NamedTuple):
    """A batch that passed its gates, and what it is built on."""

    batch: Batch
    crawls: tuple[CrawlReport, ...]
    served: Served


class Done(NamedTuple):
    """What a run came to."""

    report: RunReport
    published: Published


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


def assemble(job: Job, outcomes: list[CrawlOutcome]) -> Assembled:
    """Judge the crawls by their gates and join them with what the store serves; raise GateClosedError."""
    tools = open_tools(job)
    read = served if job.flow == "demo" else starting_point
    state = read(tools.store, tools.trusted, tools.clock())
    crawls = tuple(outcome.report for outcome in outcomes)
    breaches = breaches_of(outcomes, state, tools.gates, whole=job.whole)
    if breaches:
        report = _report(job, tools, crawls, breaches=tuple(breaches))
        write_report(tools.store, report.run, report.model_dump_json().encode())
        raise GateClosedError(report)
    batch = batch_of(outcomes, state, whole=job.whole)
    tell("merge", batch.accounting.listings, batch.accounting.listings)
    return Assembled(batch, crawls, state)


def build_passports(job: Job, assembled: Assembled) -> Built:
    """Make the passports of every model that the batch concerns."""
    tools, subjects = open_tools(job), assembled.batch.gathered.subjects
    tell("build", 0, len(subjects))
    return build(
        subjects,
        assembled.served.rows,
        terms=tools.terms(renew=job.flow == "rescrape"),
        signer=tools.signer,
        generation=assembled.served.generation + 1,
        progress=lambda done: tell("build", done, len(subjects)),
    )


def publish_generation(job: Job, assembled: Assembled, built: Built) -> Done:
    """Publish what was built, on what was served; another publisher's work in between is kept."""
    tools = open_tools(job)
    report = _report(job, tools, assembled.crawls, batch=assembled.batch, built=built, rows=assembled.served.rows)
    if assembled.served is EMPTY and left_by_demo(tools.store):
        clear(tools.store)
    prepare = _publications(job, tools, assembled, built, report)
    published = publish(
        tools.store,
        prepare(assembled.served.reader),
        base=assembled.served.reader,
        rebase=prepare,
        signer=tools.signer,
        keys=tools.trusted,
        clock=tools.clock,
        nonce=nonce(job, tools.clock),
        on_step=_tell_step,
    )
    return Done(report, published)


def _publications(
    job: Job, tools: Tools, assembled: Assembled, built: Built, report: RunReport
) -> Callable[[Reader | None], Publication]:
    """Give what merges the run's rows onto a generation, whichever is served when it comes to that."""
    sources = {
        source: _source_file(lines)
        for source, lines in assembled.batch.lines.items()
        if lines != assembled.served.lines.get(source)
    }
    body, site = report.model_dump_json().encode(), site_files(tools.signer)

    def onto(reader: Reader | None) -> Publication:
        rows: dict[str, ShardRow] = {row.slug: row for row in reader.rows()} if reader else {}
        rows.update(built.rows)
        return Publication(
            rows=tuple(rows[slug] for slug in sorted(rows)),
            objects=built.objects,
            sources=sources,
            rules_sha256=rulebook().sha256,
            run_id=job.run,
            run_report=body,
            copies=copies_for(tools.issuer),
            site=site,
        )

    return onto


def _source_file(lines: list[AdmittedLine]) -> SourceFile:
    body = pack(line.model_dump_json().encode() for line in lines)
    return SourceFile(body, len(lines), max(line.raw.observed_at for line in lines))


def _tell_step(step: Step, done: int, total: int) -> None:
    tell(f"publish: {step}", done, total)


def _report(
    job: Job,
    tools: Tools,
    crawls: tuple[CrawlReport, ...],
    *,
    breaches: tuple[Breach, ...] = (),
    batch: Batch | None = None,
    built: Built | None = None,
    rows: dict[str, ShardRow] | None = None,
) -> RunReport:
    made = built or Built()
    seen = {subject.slug for subject in batch.gathered.subjects} if batch else set()
    return RunReport(
        run=f"{job.run}-failed" if breaches else job.run,
        flow=job.flow,
        state="failed" if breaches else "done",
        started_at=min((crawl.started_at for crawl in crawls), default=timestamp(tools.clock())),
        finished_at=timestamp(tools.clock()),
        pipeline=PIPELINE,
        rules_sha256=rulebook().sha256,
        crawls=crawls,
        breaches=breaches,
        accounting=_accounting(batch, made) if batch else None,
        changes=tuple(made.changes),
        unchanged=made.unchanged,
        absent=len(set(rows or {}) - seen) if job.whole else 0,
        quarantined=(*(batch.quarantined if batch else ()), *made.quarantined),
    )


def _accounting(batch: Batch, built: Built) -> Accounting:
    """Count the listings of models that could not be made as quarantined."""
    counted, refused = batch.accounting, {refusal.id for refusal in built.quarantined}
    lost: list[Subject] = [subject for subject in batch.gathered.subjects if subject.primary.id in refused]
    offers = sum(len(subject.offers) for subject in lost)
    return counted.model_copy(
        update={
            "passports": counted.passports - len(lost),
            "offers_merged": counted.offers_merged - (offers - len(lost)),
            "quarantined": counted.quarantined + offers,
        }
    )
