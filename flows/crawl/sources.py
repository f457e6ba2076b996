"""Runs the crawls of a job. A source is crawled after those whose records name what to ask it for."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from itertools import chain
from pathlib import Path

from flows.crawl.endpoint import endpoint_of
from flows.crawl.extraction import extract
from flows.crawl.known_records import RememberedRecords, Wanted, write_known
from flows.crawl.process import ROOT, CrawlOrder, Progress, crawl
from flows.crawl.readers import reader_digest
from flows.ingest.crawl_file import CrawlFailedError, CrawlOutcome, read_crawl
from flows.ingest.ingestion import Ingestion
from flows.job.job import Job, Tools, open_tools
from flows.job.workspace import crawl_folder, readings_file
from flows.progress import LOG, tell
from flows.registry.published import PublishedState
from pipelines.lifecycle.crawl_checks import FEWEST_TO_RATE
from pipelines.lifecycle.list_crawls import latest_covering
from schemas.crawl import AdmittedLine, ListQuery
from schemas.run import Breach
from schemas.sources import CRAWLS, ENDPOINTS, EXTRACTION, HOSTED, SOURCES, brought_by
from schemas.times import timestamp

EXTRACTING = "read texts"

CRAWL_FILE = "crawl.jsonl"

READ = tuple(row.name for row in SOURCES if row.text)
"""Sources whose texts a language model reads, if the settings name one."""


def crawl_waves(sources: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the waves in which to crawl sources: those of one wave at the same time, after the waves before it."""
    left, found = list(sources), []
    while left:
        wave = tuple(source for source in left if not set(CRAWLS[source].named_by) & (set(left) - {source}))
        found.append(wave)
        left = [source for source in left if source not in wave]
    return found


async def crawl_source(job: Job, source: str, so_far: Ingestion) -> CrawlOutcome:
    """Crawl one source, or the job's single records of it, in a separate process.

    `so_far` is what the job has ingested before, whose listings name the ids to ask for.
    """
    tools, stage = open_tools(job), f"crawl {source}"
    tell(stage, 0, None)

    def watch(progress: Progress) -> None:
        tell(stage, progress.listings, progress.announced)

    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=f"crawl-{source}-", dir=job.work))
    resumable = CRAWLS[source].resumable and job.whole and job.flow == "refresh"
    with crawl_folder(job, source) if resumable else nullcontext() as lasting:
        order = CrawlOrder(
            source,
            url=job.source_urls[source],
            out=(lasting or folder) / CRAWL_FILE,
            contact=tools.settings.contact,
            arguments=_arguments(job, tools, source, folder, so_far),
            settings={
                **_bounds(job, tools, source, so_far),
                **await asyncio.to_thread(_readings, job, source),
                **({"RESUME": "1"} if lasting else {}),
            },
            clock_epoch=job.epoch,
            time_limit_s=tools.settings.crawl_time_limit_s,
        )
        outcome = await crawl(order, watch)
        if lasting:
            outcome = outcome._replace(path=Path(shutil.move(outcome.path, folder / CRAWL_FILE)))
    tell(stage, outcome.report.listings, outcome.report.listings)
    return outcome


def _bounds(job: Job, tools: Tools, source: str, so_far: Ingestion) -> Mapping[str, str]:
    """Return the bounds at which a crawl stops itself, from its gate and the last good crawl.

    A crawl of single records may refuse all of them.
    """
    gate = tools.gates[source]
    bounds = {
        "MOST_LISTINGS": gate.bounds.listings(so_far.served.last_good(source)),
        "MOST_UNREAD_BYTES": gate.bounds.most_unread_bytes,
        "DOWNLOAD_MAXSIZE": gate.bounds.most_answer_bytes,
        "LARGEST_REJECT_RATE": gate.largest_reject_rate if job.whole else 1.0,
        "RATED_FROM": FEWEST_TO_RATE,
    }
    return {name: str(bound) for name, bound in bounds.items()}


def _readings(job: Job, source: str) -> Mapping[str, str]:
    """Return the settings by which a crawl does not read again what it read before.

    There are none for sources of few records, and none while it cannot be said by which code records are read.
    """
    if not any(row.name in HOSTED for row in brought_by(source)) or (reader := reader_digest(ROOT)) is None:
        return {}
    return {"READINGS": str(readings_file(job, source)), "READER": reader}


def _arguments(job: Job, tools: Tools, source: str, folder: Path, so_far: Ingestion) -> Mapping[str, str]:
    """Return the arguments of a source's spider, and write the file of known records that they name."""
    row, only = CRAWLS[source], job.only.get(source, ())
    if row.asks_endpoints:
        spider_arguments = {"endpoints": str(int(job.endpoints)), **({"only": ",".join(only)} if only else {})}
        if facets := job.facets.get(source):
            spider_arguments["facets"] = ",".join(facets)
        if job.endpoints and source in job.budgets:
            known = write_known(folder / "known.sqlite", source, so_far.listings.lines)
            due = timestamp(tools.clock() - tools.gates[ENDPOINTS].refresh_after)
            spider_arguments |= {"known": str(known), "budget": str(job.budgets[source]), "due": due}
        return spider_arguments
    if not row.named_by:
        return {}
    seen_before = timestamp(tools.clock() - tools.gates[source].refresh_after)
    wanted = Wanted(only, seen_before, job.budgets.get(source))
    known = write_known(folder / "known.sqlite", source, so_far.listings.lines, wanted)
    if row.has_list_query and job.whole and job.hub_list is not None:
        since = _since(source, job.hub_list, so_far.served) if job.changes else None
        asked = {**job.hub_list.model_dump(), "since": since}
        return {"known": str(known), **{name: str(value) for name, value in asked.items() if value is not None}}
    return {"known": str(known)}


def _since(source: str, query: ListQuery, state: PublishedState) -> str | None:
    """Return when the last crawl that covers a query began: an incremental crawl asks for what changed since then.

    None, with the reason in the log, where there is none, so that the whole list must be crawled.
    """
    list_crawls = state.list_crawls(source)
    if base := latest_covering(query, list_crawls):
        return base.began_at
    reason = "no earlier crawl covers what is asked for now" if list_crawls else "there is no earlier complete crawl"
    LOG.warning("%s: crawling the whole list, not only its changes: %s", source, reason)
    return None


async def extract_limits(job: Job, so_far: Ingestion) -> CrawlOutcome | None:
    """Ask a language model for the limits that texts state, and return the outcome; None where no model is set."""
    tools = open_tools(job)
    endpoint = endpoint_of(tools.settings)
    if endpoint is None:
        return None
    tell(EXTRACTING, 0, None)
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="extraction-", dir=job.work))
    listings = so_far.listings
    known = write_known(folder / "known.sqlite", EXTRACTION, listings.lines)
    texts = chain.from_iterable(listings.read(source) for source in READ) if job.whole else _admitted(so_far)
    with RememberedRecords(known) as remembered, (folder / CRAWL_FILE).open("wb") as file:
        async for line in extract(texts, last=remembered.extraction, endpoint=endpoint, clock=tools.clock):
            file.write(line.model_dump_json().encode() + b"\n")
    outcome = read_crawl(folder / CRAWL_FILE)
    tell(EXTRACTING, outcome.report.listings, outcome.report.listings)
    return outcome


def _admitted(so_far: Ingestion) -> Iterator[AdmittedLine]:
    lines = chain.from_iterable(crawl.outcome.lines() for crawl in so_far.crawls.good)
    return (line for line in lines if isinstance(line, AdmittedLine) and line.raw.source in READ)


def breach_of(source: str, error: CrawlFailedError) -> Breach:
    """Return the breach of a crawl that left no report, as it was stopped or died."""
    return Breach(source=source, gate="complete", reason=str(error))
