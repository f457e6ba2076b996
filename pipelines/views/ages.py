"""How old everything is that a store serves, each by the gate of its source: what `status` and the watch report."""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from pipelines.ahead import is_ahead, latest_date, row_is_ahead
from pipelines.formats.slugs import hub_slug
from pipelines.formats.text import amount
from pipelines.freshness import AGES, age_of
from pipelines.rules.gates import Gates
from schemas.registry import Pointer, ShardRow, Snapshot, SourceRef
from schemas.sources import HUB, ROLLS, SELLER
from schemas.times import instant
from schemas.verdict import Age

BAD_AGES: tuple[Age, ...] = ("not_yet_valid", "expired", "stale")
"""Ages of what must not be relied on any more."""
SECONDS_PER_HOUR = 3600


class SourceAge(NamedTuple):
    """How old the last good crawl of a source is."""

    source: str
    age: Age
    last_scraped_at: str
    hours_ago: float
    refresh_after_h: int
    stale_after_h: int
    listings: int
    watched: bool
    """Whether this installation crawls it, so that its age is reported as a fault; other sources are only shown."""


class PassportAge(NamedTuple):
    """How old the scrape is that a passport rests on."""

    slug: str
    source: str
    """The source that names the passport; its gate judges the age."""
    age: Age
    status: str
    last_scraped_at: str
    hours_ago: float


class Ages(NamedTuple):
    """The ages of one generation at one instant."""

    generation: int
    at: datetime
    sources: tuple[SourceAge, ...]
    passports: tuple[PassportAge, ...]
    """The worst and oldest first."""
    pointer_expires_at: str
    dated: str
    """The later one of the dates at which the pointer and its snapshot were signed."""

    @property
    def counts(self) -> dict[Age, int]:
        """Age → number of passports, the worst first; ages that no passport has are left out."""
        found = Counter(passport.age for passport in self.passports)
        return {age: found[age] for age in AGES if found[age]}

    @property
    def stale(self) -> list[str]:
        """Sentences about what must not be relied on any more."""
        late = [source for source in self.sources if source.watched and source.age in BAD_AGES]
        complaints = [self._complaint(source) for source in late]
        if is_ahead(self.dated, self.at):
            hours = -hours_between(self.dated, self.at)
            clock = "correct this clock, or publish again from a machine whose clock is right"
            complaints.append(f"generation {self.generation} was published {hours:,.1f} h ahead of this clock: {clock}")
        return complaints + [
            f"{amount(count, 'passport is', 'passports are')} {age}"
            for age, count in self.counts.items()
            if age in BAD_AGES
        ]

    def _complaint(self, source: SourceAge) -> str:
        if source.age == "not_yet_valid":
            return f"{source.source} was last crawled {-source.hours_ago:,.1f} h ahead of this clock: {source.age}"
        return f"{source.source} was last crawled {source.hours_ago:,.1f} h ago: {source.age}"

    @property
    def frozen(self) -> list[str]:
        """A sentence where readers refuse the pointer because it expired; none while it is in date."""
        if instant(self.pointer_expires_at) > self.at:
            return []
        return [f"the pointer expired at {self.pointer_expires_at}: readers refuse it: run `passports refresh`"]


class Generation(NamedTuple):
    """What a store serves: its pointer, the snapshot that it names, and the rows of that snapshot."""

    pointer: Pointer
    snapshot: Snapshot
    rows: Iterable[ShardRow]


def ages_of(served: Generation, gates: Gates, at: datetime, *, watched: Collection[str]) -> Ages:
    """Judge every source and passport of a generation; `watched` names the sources that should be crawled again."""
    pointer, snapshot, rows = served
    passports = sorted((_passport(row, gates, at) for row in rows), key=_worst_first)
    refs = (ref for ref in snapshot.sources if ref.source not in ROLLS.values())
    sources = tuple(_source(ref, gates, at, watched) for ref in refs)
    dated = latest_date(pointer, snapshot)
    return Ages(snapshot.generation, at, sources, tuple(passports), pointer.expires_at, dated)


def source_of(row: ShardRow) -> str:
    """The source that names a passport: a repository of the Hub has its slug by another rule than all others."""
    return HUB if row.slug == hub_slug(row.listing_id) else SELLER


def age_of_row(row: ShardRow, gates: Gates, at: datetime) -> Age:
    """The age of a passport, by the gate of the source that names it."""
    return (
        "not_yet_valid" if row_is_ahead(row, at) else age_of(row.status, row.last_scraped_at, gates[source_of(row)], at)
    )


def hours_between(earlier: str, at: datetime) -> float:
    """Hours from the time `earlier`, as text, to `at`, rounded to a tenth."""
    return round((at - instant(earlier)).total_seconds() / SECONDS_PER_HOUR, 1)


def shown(passports: Iterable[PassportAge]) -> list[PassportAge]:
    """The passports to show a person: those that are not both fresh and active."""
    return [passport for passport in passports if (passport.age, passport.status) != ("fresh", "active")]


def _source(ref: SourceRef, gates: Gates, at: datetime, watched: Collection[str]) -> SourceAge:
    gate, scraped = gates[ref.source], ref.last_scraped_at
    return SourceAge(
        source=ref.source,
        age=age_of("active", scraped, gate, at),
        last_scraped_at=scraped,
        hours_ago=hours_between(scraped, at),
        refresh_after_h=gate.refresh_after_h,
        stale_after_h=gate.stale_after_h,
        listings=ref.listings,
        watched=ref.source in watched,
    )


def _passport(row: ShardRow, gates: Gates, at: datetime) -> PassportAge:
    scraped = row.last_scraped_at
    return PassportAge(
        row.slug, source_of(row), age_of_row(row, gates, at), row.status, scraped, hours_between(scraped, at)
    )


def _worst_first(passport: PassportAge) -> tuple[int, str, str]:
    return AGES.index(passport.age), passport.last_scraped_at, passport.slug
