"""Judges a crawl by its gate, before anything of it is taken in."""

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
"""Refused records that a breach names."""

MANY = 20
"""Records of which a source that works shows at least one."""

OF_THE_WHOLE = ("minimum_listings", DROP)
"""Gates that a crawl of a part, or of changes alone, says nothing about."""


def breaches_of(taken: IngestedCrawl, served: PublishedState, gates: Gates, *, whole: bool) -> list[Breach]:
    """Judge the crawl of a whole source by its gate, or that of single listings by whether they came."""
    report = taken.outcome.report
    judged = (
        check(report, taken.filled, gates[report.source], last_good=_last_good(report, served))
        + check_refusals(report, _came(taken), gates)
        if whole
        else check_one(report)
    )
    judged = [breach for breach in judged if report.scope == "whole" or breach.gate not in OF_THE_WHOLE]
    found = [Breach(source=breach.source, gate=breach.gate, reason=breach.reason) for breach in judged]
    if report.listings and not (taken.counts[report.source] or judged):
        reason = f"no listing could be read: {'; '.join(_told(taken)) or 'see the quarantine'}"
        found.append(Breach(source=report.source, gate="admitted", reason=reason))
    elif whole and taken.counts[report.source] >= MANY and not (taken.filled.listings or judged):
        reason = "it says of everything that was asked for that there is none: check its URL and its token"
        found.append(Breach(source=report.source, gate="admitted", reason=reason))
    return found


def _came(taken: IngestedCrawl) -> dict[str, RefusalCounts]:
    """Count the records of each kind, those of the source itself first."""
    refused = Counter(one.source for one in taken.refused)
    sources = dict.fromkeys([taken.outcome.report.source, *sorted(taken.counts | refused)])
    return {source: RefusalCounts(taken.counts[source], refused[source]) for source in sources}


def _last_good(report: CrawlReport, served: PublishedState) -> int | None:
    """How many listings a crawl that asked for the same brought last, None where none did."""
    if report.query is None:
        return served.last_good(report.source)
    twin = same_query(report.query, served.walks(report.source))
    return twin.listings if twin else None


def _told(taken: IngestedCrawl) -> Iterator[str]:
    """Name the first records of the source that were refused, with what is wrong with them."""
    refused = [one for one in taken.refused if one.source == taken.outcome.report.source]
    yield from (" ".join(filter(None, (one.id[:80], one.field, one.reason))) for one in refused[:MOST_TOLD])
    if len(refused) > MOST_TOLD:
        yield f"and {len(refused) - MOST_TOLD:,} more, see the quarantine"
