"""Gates: the bounds that a crawl of a source must keep before anything is published from it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pipelines.rules.gates import Gate, Gates
from schemas.crawl import CrawlReport
from schemas.listing import FactValue, Listing
from schemas.run import Breach

DROP = "largest_drop"
"""The one gate that a person may waive: a source can really have shrunk, and only people can find out why."""

BLANK = ("", ())
"""Values that are present and state nothing."""

FEWEST_TO_RATE = 20
"""Fewest records of which a share is rated: among fewer, a single bad record would already exceed the bound."""

RATED_TOGETHER = 10_000
"""Statements of one name that make up a window. Windows of fixed size rate a source of thousands like one of millions,
in the same memory, and a source that breaks halfway is not excused by its good first half."""


@dataclass(slots=True)
class Variety:
    """Counts how many different values are stated under one name, window by window."""

    stated: int = 0
    different: set[int] = field(default_factory=set)
    """Hashes of the values stated since the last full window."""
    least: float = 1.0
    """The smallest share of different values in any full window."""

    def note(self, value: FactValue) -> None:
        """Count the value that one listing states."""
        self.stated += 1
        self.different.add(hash(value))
        if self.stated == RATED_TOGETHER:
            self.least, self.stated, self.different = self.share, 0, set()

    @property
    def share(self) -> float:
        """The smallest share of different values in any window; a last one too small to be rated does not count."""
        rated = self.stated >= FEWEST_TO_RATE
        return min(self.least, len(self.different) / self.stated) if rated else self.least


@dataclass(slots=True)
class FillCounts:
    """Counts, listing by listing, how many state each fact that a gate rates, and in how many different values."""

    rated: frozenset[str] = frozenset()
    """Names of the facts that are counted."""
    listings: int = 0
    stated: Counter[str] = field(default_factory=Counter)
    varieties: defaultdict[str, Variety] = field(default_factory=lambda: defaultdict(Variety))

    def note(self, listing: Listing) -> None:
        """Count a listing. An answer that there is none is no listing and does not count."""
        if listing.kind == "absence":
            return
        self.listings += 1
        values = {"name": listing.name, "author": listing.author, **{fact.name: fact.value for fact in listing.facts}}
        for name in self.rated & values.keys():
            self.stated[name] += values[name] not in BLANK
            if values[name] is not True:  # a mark is true or absent: its values cannot differ
                self.varieties[name].note(values[name])


class RefusalCounts(NamedTuple):
    """How many records of one kind a crawl had admitted and refused."""

    admitted: int
    refused: int


def check(report: CrawlReport, fill_counts: FillCounts, gate: Gate, *, last_good: int | None) -> list[Breach]:
    """List the bounds that a crawl does not keep: only that it is incomplete, or else every other one.

    `last_good` is the number of listings of the last good crawl, None where there was none.
    """
    return _incomplete(report) or [
        *_size(report, gate, last_good),
        *_fill(report, fill_counts, gate),
        *_differ(report, fill_counts, gate),
    ]


def check_refusals(report: CrawlReport, came: Mapping[str, RefusalCounts], gates: Gates) -> list[Breach]:
    """List the kinds of records, by source, of which a complete crawl refused more than their own gates allow.

    Each kind is rated by itself: a crawl of the Hub brings repositories, cards and licences, and refused cards do not
    make its repositories doubtful.
    """
    return [] if _incomplete(report) else [*_refused(report, came, gates)]


def check_one(report: CrawlReport) -> list[Breach]:
    """List why a crawl of a single listing is incomplete; no other bound applies to it."""
    return _incomplete(report)


def _incomplete(report: CrawlReport) -> list[Breach]:
    breaches = [Breach(source=report.source, gate="complete", reason=failure.reason) for failure in report.failures]
    if not report.complete and not breaches:
        reason = f"the crawl ended early ({report.finish_reason}): run it again"
        breaches.append(Breach(source=report.source, gate="complete", reason=reason))
    return breaches


def _size(report: CrawlReport, gate: Gate, last_good: int | None) -> Iterable[Breach]:
    came = report.listings
    if came < gate.minimum_listings:
        reason = (
            f"listings in the crawl: {came}, required: {gate.minimum_listings}; check whether the source is complete"
        )
        yield Breach(source=report.source, gate="minimum_listings", reason=reason)
    if last_good and came < last_good * (1 - gate.largest_drop):
        dropped = (
            f"listings in the crawl: {came}, after {last_good} last time, a drop of more than {gate.largest_drop:.0%}"
        )
        reason = f"{dropped}: check the source, and if it is right, publish with --accept-drop"
        yield Breach(source=report.source, gate=DROP, reason=reason)


def _refused(report: CrawlReport, came: Mapping[str, RefusalCounts], gates: Gates) -> Iterable[Breach]:
    for source, (admitted, refused) in came.items():
        total, largest = admitted + refused, gates[source].largest_reject_rate
        if total >= FEWEST_TO_RATE and refused / total > largest:
            share = f"{refused:,} of {total:,} records of {source} were refused, more than {largest:.0%}"
            yield Breach(source=report.source, gate="largest_reject_rate", reason=f"{share}: see the quarantine")


def _fill(report: CrawlReport, fill_counts: FillCounts, gate: Gate) -> Iterable[Breach]:
    for name, smallest in gate.fill_rates.items():
        share = fill_counts.stated[name] / fill_counts.listings if fill_counts.listings else 1.0
        if share < smallest:
            stated = f"only {share:.0%} of the listings state {name}, at least {smallest:.0%} must"
            reason = f"{stated}: check whether the source changed a field"
            yield Breach(source=report.source, gate=f"fill_rates.{name}", reason=reason)


def _differ(report: CrawlReport, fill_counts: FillCounts, gate: Gate) -> Iterable[Breach]:
    for name, smallest in gate.distinct_rates.items():
        share = fill_counts.varieties[name].share if name in fill_counts.varieties else 1.0
        if share < smallest:
            problem = f"only {share:.1%} of what is stated as {name} differs, at least {smallest:.0%} must"
            yield Breach(
                source=report.source,
                gate=f"distinct_rates.{name}",
                reason=f"{problem}: check whether one value replaced all others",
            )
