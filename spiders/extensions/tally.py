"""Counts what a crawl brings, and builds its report."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from scrapy.statscollectors import StatsCollector

from schemas.crawl import AdmittedLine, CrawlReport, FetchFailure, QuarantinedLine

STATUS_STAT = "downloader/response_status_count/"
REQUESTS_STAT = "downloader/request_count"
RETRIES_STAT = "retry/count"
SCOPE_STAT = "listing/scope"
"""Set by a spider that asks only for a part, or for changes."""
QUERY_STAT = "listing/query"
"""Set by a spider whose list is asked for by a query."""

MOST_NAMES = 1_000
"""Most names of each kind that a report counts one by one: one record can make up a hundred thousand."""
OTHERS = "(others)"


def restore_stats(stats: StatsCollector, report: CrawlReport) -> None:
    """Set Scrapy's counts to those of an earlier process of the same crawl, as far as the report uses them."""
    stats.set_value(REQUESTS_STAT, report.requests)
    stats.set_value(RETRIES_STAT, report.retries)
    for status, count in report.responses_by_status.items():
        stats.set_value(STATUS_STAT + status, count)


class Tally:
    """Counts of a crawl so far. A line is counted before it is written, so that a lost one shows in the report."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.listings = 0
        self.admitted = 0
        self.quarantined = 0
        self.failures: list[FetchFailure] = []
        self.leftovers: Counter[str] = Counter()
        self.unknown_values: Counter[str] = Counter()

    def count(self, line: AdmittedLine | QuarantinedLine) -> None:
        """Count one line; a line of the spider's own source, and not of its endpoints, is a listing."""
        if isinstance(line, AdmittedLine):
            self.admitted += 1
            self.listings += line.raw.source == self.source
            _note(self.leftovers, line.listing.leftovers)
            _note(self.unknown_values, line.listing.unfamiliar)
        else:
            self.quarantined += 1
            self.listings += line.quarantined.source == self.source

    def restore(self, report: CrawlReport) -> None:
        """Continue the counts of an earlier process of the same crawl."""
        self.listings, self.admitted, self.quarantined = report.listings, report.admitted, report.quarantined
        self.failures = list(report.failures)
        self.leftovers = Counter(report.leftovers)
        self.unknown_values = Counter(report.unknown_values)

    def report(self, stats: Mapping[str, Any], *, finish_reason: str, started_at: str, finished_at: str) -> CrawlReport:
        """Build the report from these counts and Scrapy's."""
        announced = stats.get("listing/announced")
        whole = announced in (None, self.listings) and not self.failures
        statuses = {k.removeprefix(STATUS_STAT): v for k, v in sorted(stats.items()) if k.startswith(STATUS_STAT)}
        return CrawlReport(
            source=self.source,
            complete=finish_reason == "finished" and whole,
            finish_reason=finish_reason,
            started_at=started_at,
            finished_at=finished_at,
            requests=stats.get(REQUESTS_STAT, 0),
            responses_by_status=statuses,
            retries=stats.get(RETRIES_STAT, 0),
            listings=self.listings,
            announced=announced,
            admitted=self.admitted,
            quarantined=self.quarantined,
            failures=tuple(self.failures),
            leftovers=dict(sorted(self.leftovers.items())),
            unknown_values=dict(sorted(self.unknown_values.items())),
            scope=stats.get(SCOPE_STAT, "whole"),
            query=stats.get(QUERY_STAT),
        )


def _note(counted: Counter[str], names: Iterable[str]) -> None:
    for name in names:
        counted[name if name in counted or len(counted) < MOST_NAMES else OTHERS] += 1
