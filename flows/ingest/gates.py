"""Judges a crawl by its gate, before any of its records reach the listings."""

from collections import Counter
from collections.abc import Iterator

from flows.ingest.crawl_partitions import IngestedCrawl
from flows.registry.published import PublishedState
from pipelines.lifecycle.crawl_checks import DROP, RefusalCounts, check, check_one, check_refusals
from pipelines.lifecycle.list_crawls import same_query
from pipelines.rules.gates import Gates
from schemas.crawl import CrawlReport
from schemas.run import Breach

MOST_TOLD = 3
"""How many refused records a breach names in its reason."""

MANY = 20
"""A crawl that asked for this many records and found none of them points to a broken source."""

OF_THE_WHOLE = ("minimum_listings", DROP)
"""Gates that apply to crawls of the whole list only, not to those of a part of it or of changes alone."""


def breaches_of(taken: IngestedCrawl, served: PublishedState, gates: Gates, *, whole: bool) -> list[Breach]:
    """Return the breaches of a crawl; none when its records may be used.

    `whole` crawls are judged by all bounds of their gate, crawls of single listings only by whether they were complete.
    Either is a breach, too, when no record could be read, or when the source answered `MANY` times that there is none.
    """
    report = taken.outcome.report
    judged = (
        check(report, taken.filled, gates[report.source], last_good=_last_good(report, served))
        + check_refusals(report, _came(taken), gates)
        if whole
        else check_one(report)
    )
    found = [breach for breach in judged if report.scope == "whole" or breach.gate not in OF_THE_WHOLE]
    if report.listings and not (taken.counts[report.source] or found):
        reason = f"no listing could be read: {'; '.join(_told(taken)) or 'see the quarantine'}"
        found.append(Breach(source=report.source, gate="admitted", reason=reason))
    elif whole and taken.counts[report.source] >= MANY and not (taken.filled.listings or found):
        reason = "it says of everything that was asked for that there is none: check its URL and its token"
        found.append(Breach(source=report.source, gate="admitted", reason=reason))
    return found


def _came(taken: IngestedCrawl) -> dict[str, RefusalCounts]:
    """Count admitted and refused records by source, the crawl's main source first."""
    refused = Counter(one.source for one in taken.refused)
    sources = dict.fromkeys([taken.outcome.report.source, *sorted(taken.counts | refused)])
    return {source: RefusalCounts(taken.counts[source], refused[source]) for source in sources}


def _last_good(report: CrawlReport, served: PublishedState) -> int | None:
    """Return how many listings the last good crawl of the same query had, None where there was none."""
    if report.query is None:
        return served.last_good(report.source)
    twin = same_query(report.query, served.walks(report.source))
    return twin.listings if twin else None


def _told(taken: IngestedCrawl) -> Iterator[str]:
    """Describe the first refused records of the main source: id, field and reason."""
    refused = [one for one in taken.refused if one.source == taken.outcome.report.source]
    yield from (" ".join(filter(None, (one.id[:80], one.field, one.reason))) for one in refused[:MOST_TOLD])
    if len(refused) > MOST_TOLD:
        yield f"and {len(refused) - MOST_TOLD:,} more, see the quarantine"
