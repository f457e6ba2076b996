"""Judges a crawl by its gate, before any of its records reach the listings."""

from collections import Counter
from collections.abc import Iterator

from flows.ingest.crawl_partitions import FaultOf, IngestedCrawl
from flows.registry.published import PublishedState
from pipelines.lifecycle.crawl_checks import DROP, RefusalCounts, check, check_one, check_refusals
from pipelines.lifecycle.facet_checks import implausible
from pipelines.lifecycle.list_crawls import same_query
from pipelines.rules.gates import Gates
from schemas.crawl import AdmittedLine, CrawlReport
from schemas.listing import Listing
from schemas.run import Breach
from schemas.sources import FACETS

MOST_REASONS = 3
"""How many refused records a breach names in its reason."""

MANY = 20
"""A crawl that asked for this many records and found none of them points to a broken source."""

OF_THE_WHOLE = ("minimum_listings", DROP)
"""Gates that apply to crawls of the whole list only, not to those of a part of it or of changes alone."""


def breaches_of(ingested: IngestedCrawl, served: PublishedState, gates: Gates, *, whole: bool) -> list[Breach]:
    """Return the breaches of a crawl; none when its records may be used.

    `whole` crawls are judged by all bounds of their gate, crawls of single listings only by whether they were complete.
    Either is a breach, too, when no record could be read, or when the source answered `MANY` times that there is none.
    """
    report = ingested.outcome.report
    judged = (
        check(report, ingested.fill_counts, gates[report.source], last_good=_last_good(report, served))
        + check_refusals(report, _came(ingested), gates)
        if whole
        else check_one(report)
    )
    found = [breach for breach in judged if report.scope == "whole" or breach.gate not in OF_THE_WHOLE]
    if report.listings and not (ingested.counts[report.source] or found):
        reason = f"no listing could be read: {'; '.join(_reasons(ingested)) or 'see the quarantine'}"
        found.append(Breach(source=report.source, gate="admitted", reason=reason))
    elif whole and ingested.counts[report.source] >= MANY and not (ingested.fill_counts.listings or found):
        reason = "the source answered for every requested record that there is none: check its URL and token"
        found.append(Breach(source=report.source, gate="admitted", reason=reason))
    return found


def facet_fault(served: PublishedState, gates: Gates) -> FaultOf:
    """Return a function that says why an answer about all models is implausible beside the last good one, or None.

    Answers are compared with the last good one of the same query. Of other records it returns None.
    """
    last: dict[str, dict[str, Listing]] = {}

    def fault_of(line: AdmittedLine) -> str | None:
        source = line.raw.source
        if source not in FACETS:
            return None
        if source not in last:
            last[source] = {one.raw.id: one.listing for one in served.lines(source)}
        return implausible(line.listing, last[source].get(line.raw.id), gates[source])

    return fault_of


def _came(ingested: IngestedCrawl) -> dict[str, RefusalCounts]:
    """Count admitted and refused records by source, the crawl's main source first."""
    refused = Counter(one.source for one in ingested.refused)
    sources = dict.fromkeys([ingested.outcome.report.source, *sorted(ingested.counts | refused)])
    return {source: RefusalCounts(ingested.counts[source], refused[source]) for source in sources}


def _last_good(report: CrawlReport, served: PublishedState) -> int | None:
    """Return how many listings the last good crawl of the same query had, None where there was none."""
    if report.query is None:
        return served.last_good(report.source)
    twin = same_query(report.query, served.list_crawls(report.source))
    return twin.listings if twin else None


def _reasons(ingested: IngestedCrawl) -> Iterator[str]:
    """Describe the first refused records of the main source: id, field and reason."""
    refused = [one for one in ingested.refused if one.source == ingested.outcome.report.source]
    yield from (" ".join(filter(None, (one.id[:80], one.field, one.reason))) for one in refused[:MOST_REASONS])
    if len(refused) > MOST_REASONS:
        yield f"and {len(refused) - MOST_REASONS:,} more, see the quarantine"
