"""The stages of a run, as plain functions: crawl → assemble → build → publish. Each opens its own tools."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from flows.basis import Basis
from flows.batch import batch_of, summed
from flows.build import Built, Rows, breaches_of_build
from flows.copies import repair
from flows.crawl import CrawlOutcome
from flows.errors import FlowError
from flows.immutables import write_report
from flows.intake import Taken, stock_of, take
from flows.job import Job, Tools, nonce, open_tools
from flows.judging import breaches_of
from flows.parts import Builder, build_here
from flows.preflight import start_over, starting_point_of
from flows.progress import tell
from flows.publication import Publication, Published, SourceParts, Step
from flows.publish import publish
from flows.reader import Reader
from flows.report import failed_report, report_of, under_a_free_id
from flows.site import copies_for, site_files
from flows.spool import parts_over
from flows.state import Served
from pipelines.gates import DROP, Gates
from pipelines.join import HUB, SELLER
from pipelines.rule_tables import rules_document
from pipelines.walks import walks_after
from schemas.registry import ShardRow
from schemas.run import Breach, RunReport


class GateClosedError(FlowError):
    """A crawl did not pass its gates: nothing was published but the report."""

    def __init__(self, report: RunReport) -> None:
        super().__init__("; ".join(f"{breach.source}: {breach.reason}" for breach in report.breaches))
        self.report = report


class Judged(NamedTuple):
    """The crawls of a run, once the gates have seen them."""

    good: list[Taken]
    outcomes: list[CrawlOutcome]
    """All that left a report."""
    breaches: list[Breach]
    """Of the others, whose sources stay as they were."""
    accepted: list[Breach]
    """What the good ones were let pass with."""


class Assembled(NamedTuple):
    """A batch that passed its gates, and what it is built on."""

    crawls: Judged
    basis: Basis


class Done(NamedTuple):
    """What a run came to."""

    report: RunReport
    published: Published


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
        taken.append(take(outcome, folder / "taken" / source, whole=job.whole, gate=tools.gates[source]))
    crawls = _judged(job, taken, state, tools.gates, failures)
    if not crawls.good:
        raise _closed(tools, failed_report(job, tools, taken, crawls.breaches))
    return _assembled(job, state, crawls, folder)


def _judged(job: Job, taken: Sequence[Taken], state: Served, gates: Gates, failures: Sequence[Breach]) -> Judged:
    judged = Judged([], [one.outcome for one in taken], list(failures), [])
    for one in taken:
        found = breaches_of(one, state, gates, whole=job.whole)
        stopping = [breach for breach in found if not (job.accept_drop and breach.gate == DROP)]
        judged.breaches.extend(stopping)
        if not stopping:
            judged.good.append(one)
            judged.accepted.extend(found)
    return judged


def _assembled(job: Job, state: Served, crawls: Judged, where: Path) -> Assembled:
    folder = Path(tempfile.mkdtemp(prefix="batch-", dir=where))  # a publication that is tried again makes others
    stock = stock_of(crawls.good, state, folder / "stock", whole=job.whole)
    away, floor = folder / "away", job.minimum_downloads
    batch = batch_of(stock, state, crawls.good, away, whole=job.whole, floor=floor)
    tell("merge", batch.parts, batch.parts)
    return Assembled(crawls, Basis(batch, state, folder))


def _finish_what_was_left(tools: Tools) -> None:
    """Roll forward what a killed run left behind, also when this run publishes nothing."""
    copies, site = copies_for(tools.issuer), site_files(tools.signer)
    repair(tools.store, keys=tools.trusted, at=tools.clock(), copies=copies, site=site, on_step=_tell_step)


def build_passports(job: Job, assembled: Assembled, builder: Builder = build_here) -> Built:
    """Make the passports of every model that the batch concerns; raise GateClosedError when too many cannot be."""
    tools, built = open_tools(job), Built()
    for part in builder(job, assembled.basis):
        built.add(part, tools.store)
    if breaches := breaches_of_build(built, tools.gates):
        raise _closed(tools, failed_report(job, tools, assembled.crawls.good, breaches, built))
    return built


def publish_generation(job: Job, assembled: Assembled, built: Built, builder: Builder = build_here) -> Done:
    """Publish what was built, on what was served; where another run was faster, build anew on what it published."""
    tools, base = open_tools(job), assembled.basis.served.reader
    if base is None:
        start_over(tools.store)
    reports, ahead = [_report_of(job, tools, assembled, built)], [built.ahead]

    def rebase(reader: Reader | None) -> Publication:
        again = _assembled(job, Served(reader), assembled.crawls, assembled.basis.folder.parent)
        built_again = build_passports(job, again, builder)
        reports.append(_report_of(job, tools, again, built_again))
        ahead.append(built_again.ahead)
        return _publication(tools, again, built_again, reports[-1])

    published = publish(
        tools.store,
        _publication(tools, assembled, built, reports[-1]),
        base=base,
        rebase=rebase,
        signer=tools.signer,
        keys=tools.trusted,
        clock=tools.clock,
        nonce=nonce(job, tools.clock),
        mark=tools.mark,
        new_store=job.new_store,
        confirm=tools.confirm,
        on_step=_tell_step,
    )
    return Done(reports[-1], _counting(published, sum(ahead)))


def _counting(published: Published, ahead: int) -> Published:
    """Count the passports that were written ahead among those that the publication wrote."""
    objects = published.written.get(Step.OBJECTS, 0) + ahead
    if not ahead:
        return published
    others = {step: count for step, count in published.written.items() if step != Step.OBJECTS}
    return published._replace(written={str(Step.OBJECTS): objects, **others})


def _report_of(job: Job, tools: Tools, assembled: Assembled, built: Built) -> RunReport:
    crawls, basis = assembled.crawls, assembled.basis
    refused = [*chain.from_iterable(one.refused for one in crawls.good), *basis.batch.stock.refused]
    listed = sum(1 for refusal in refused if refusal.source in (SELLER, HUB))
    report = report_of(
        job,
        tools,
        crawls.outcomes,
        breaches=crawls.breaches,
        accepted=crawls.accepted,
        sources=basis.served.sources,
        refused=refused,
        accounting=summed(built.accounting, listed),
        built=built,
    )
    return under_a_free_id(tools.store, report)


def _closed(tools: Tools, report: RunReport) -> GateClosedError:
    report = under_a_free_id(tools.store, report)
    write_report(tools.store, report.run, report.model_dump_json().encode())
    return GateClosedError(report)


def _publication(tools: Tools, assembled: Assembled, built: Built, report: RunReport) -> Publication:
    """Put what was built in the place of what was served; all else stays."""
    batch, state, folder = assembled.basis
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
        sources=_with_walks(batch.stock.changed, assembled.crawls.good, state),
        rules=rules_document(),
        lifetimes=tools.gates,
        run_id=report.run,
        run_report=report.model_dump_json().encode(),
        copies=copies_for(tools.issuer),
        site=site_files(tools.signer),
    )


def _with_walks(changed: Mapping[str, SourceParts], good: Iterable[Taken], state: Served) -> Mapping[str, SourceParts]:
    """Note beside each source the walks through its list, this run's among them."""
    reports = {one.outcome.report.source: one.outcome.report for one in good}
    noted = {}
    for source, parts in changed.items():
        walks, report = state.walks(source), reports.get(source)
        noted[source] = parts._replace(walks=walks_after(walks, report) if report else walks)
    return noted


def _tell_step(step: Step, done: int, total: int) -> None:
    tell(f"publish: {step}", done, total)
