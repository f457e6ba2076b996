"""A batch: the stock of all sources, every record at the passport that it belongs to, cut into parts to be built."""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from flows.away import Away
from flows.intake import Stock, Taken, there
from flows.state import Served
from pipelines.absence import ROLLS, Absence, is_gone, looks_that_show
from pipelines.extraction_record import disproof
from pipelines.join import CARDS, HUB, NAMING, SELLER, TEXTS, Joined, Joins
from pipelines.merge import SOURCES, Gathered, account, collision, gather
from pipelines.normalise_extraction import SOURCE as EXTRACTION
from pipelines.owners import Owners
from pipelines.shards import shard_count, slot, slots_of
from pipelines.slugs import hub_slug
from schemas.crawl import AdmittedLine
from schemas.listing import Listing, Quarantined
from schemas.run import Accounting

AT_HOME = (SELLER, f"{SELLER}-endpoints", HUB, *TEXTS)
"""Sources whose records may lie in the part of the passport that they belong to."""


class Batch(NamedTuple):
    """Everything that passports are made from."""

    stock: Stock
    joins: Joins
    away: Away
    concerned: frozenset[str] | None
    """Slugs to be built; None for all."""
    floor: int | None
    """Downloads from which a repository gets a passport of its own; None where none does that has none yet."""
    parts: int
    models: int
    """About how many there are."""


class Part(NamedTuple):
    """The models of one part, ready to become passports."""

    gathered: Gathered
    quarantined: tuple[Quarantined, ...]
    accounting: Accounting


def batch_of(
    stock: Stock, served: Served, taken: Iterable[Taken], folder: Path, *, whole: bool, floor: int | None = None
) -> Batch:
    """Find for every record the passport that it belongs to; `folder` keeps those that lie elsewhere."""
    joins, models = Joins(_owners(stock, served)), 0
    for listing in there(stock.read(SELLER)):
        joins.sold(listing)
        models += 1
    for line in stock.read(HUB):
        gone = is_gone(line)
        if line.moved_to is None:
            joins.hosted(line.listing, there=not gone)
        else:
            joins.left(line.listing)
        models += not gone
    for listing in there(stock.read(CARDS)):
        joins.hosted(listing)
    models = max(models, served.passports)
    away = Away(folder, shard_count(models))
    away.write(_away(stock, joins, away.parts))
    concerned = None if whole else frozenset(_concerned(taken, joins))
    return Batch(stock, joins, away, concerned, floor, away.parts, models)


def _owners(stock: Stock, served: Served) -> Owners:
    """Who has which slug, among all that is sold or was."""

    def served_under(slug: str) -> str | None:
        row = served.rows(range(slot(slug), slot(slug) + 1)).get(slug)
        return row.listing_id if row else None

    owners = Owners(cache(served_under))
    for line in stock.read(SELLER):
        owners.claim(line.listing)
    return owners


def part_of(batch: Batch, served: Served, index: int) -> Part:
    """Gather the models of one part."""
    slots = slots_of(index, batch.parts)
    owners = {slug: row.listing_id for slug, row in served.rows(slots).items()}
    bench = _Bench(batch.floor, owners)
    for line in _at_home(batch.stock, slots):
        placed = [one for one in batch.joins.place(line.listing) if _is_concerned(batch, one.slug)]
        bench.lay(line, placed, had_one=batch.joins.is_heir(line.listing))
    bench.joined += [one for one in batch.away.read(index) if _is_concerned(batch, one.slug)]
    return bench.gathered(batch.stock)


class _Bench:
    """Where the records of one part are laid out before they are gathered."""

    def __init__(self, floor: int | None, owners: dict[str, str]) -> None:
        self.floor, self.owners = floor, owners
        self.own: dict[tuple[str, str], AdmittedLine] = {}
        self.joined: list[Joined] = []
        self.answers: dict[str, Listing] = {}
        """Id of a repository in lower case → the answer that there is none, which keeps the spelling that was asked."""
        self.elsewhere = 0

    def lay(self, line: AdmittedLine, placed: list[Joined], *, had_one: bool) -> None:
        """Lay a record where it belongs, if that is in this part; `had_one` is of a passport under a former name."""
        listing = line.listing
        if listing.kind == "absence":
            self.answers[listing.id.lower()] = listing
            return
        here = [one for one in placed if one.slug == listing.slug]
        if any(one.by == "own" for one in here):
            if listing.slug in self.owners or not (is_gone(line) or (self._is_small(listing) and not had_one)):
                self.own[listing.source, listing.id] = line
        elif not is_gone(line):
            self.joined += here
            self.elsewhere += bool(placed) and listing.kind in NAMING

    def gathered(self, stock: Stock) -> Part:
        """Gather what was laid out."""
        missing = {key: self._absence(stock, line) for key, line in self.own.items() if line.missing_since}
        absences = {key: absence for key, absence in missing.items() if absence.looks}
        listings = [line.listing for line in self.own.values()]
        found = gather(listings, self.owners, joined=self.joined, absences=absences)
        there = [
            line.listing for key, line in self.own.items() if line.missing_since is None and key not in stock.unread
        ]
        counted = account(found, listings=there, joined=self.elsewhere)
        owners = self.owners | {subject.slug: subject.primary.base_id for subject in found.subjects}
        refused = tuple(collision(one, owners[one.slug], self.own[one.source, one.id].raw) for one in found.collisions)
        return Part(found, refused, counted)

    def _is_small(self, listing: Listing) -> bool:
        """Whether a repository is not known well enough for a passport of its own."""
        if listing.source != HUB:
            return False
        downloads = next((fact.value for fact in listing.facts if fact.name == "downloads"), 0)
        return self.floor is None or not isinstance(downloads, int) or downloads < self.floor

    def _absence(self, stock: Stock, line: AdmittedLine) -> Absence:
        listing = line.listing
        rolls = [stock.roll(listing.source, at) for at in looks_that_show(line)]
        looks = [look for look in (*rolls, self.answers.get(listing.id.lower())) if look]
        return Absence(tuple(looks), is_gone(line))


def summed(parts: Iterable[Accounting], quarantined: int) -> Accounting:
    """Add up the parts of a batch; `quarantined` listings were refused before there were parts."""
    total = Accounting(
        listings=quarantined,
        passports=0,
        offers_merged=0,
        aliases=0,
        joined=0,
        quarantined=quarantined,
        aliases_without_target=(),
    )
    for part in parts:
        counts = total.model_dump()
        total = Accounting(**{name: counts[name] + value for name, value in part.model_dump().items()})
    return total


def _at_home(stock: Stock, slots: range) -> Iterator[AdmittedLine]:
    for source in AT_HOME:
        yield from stock.read(source, slots)


def _away(stock: Stock, joins: Joins, parts: int) -> Iterator[Joined]:
    """Collect the records that lie elsewhere than the passports they belong to."""
    for source in SOURCES:
        if source not in (SELLER, f"{SELLER}-endpoints", EXTRACTION, *ROLLS.values()):
            for listing in there(stock.read(source)):
                yield from (one for one in joins.place(listing) if one.slug != listing.slug or source not in AT_HOME)
    for index in range(parts):
        for listing in _borne_out(stock, slots_of(index, parts)):
            yield from joins.place(listing)


def _borne_out(stock: Stock, slots: range) -> Iterator[Listing]:
    """What was found in texts, where it stands in the text as it is now: both lie in the same part."""
    found = {line.raw.id: line for line in stock.read(EXTRACTION, slots)}
    for source in sorted({listing_id.partition(":")[0] for listing_id in found}):
        for line in stock.read(source, slots):
            extraction = found.get(f"{source}:{line.raw.id}")
            if extraction and disproof(extraction.raw, line.raw, line.listing.kind) is None:
                yield extraction.listing


def _concerned(taken: Iterable[Taken], joins: Joins) -> Iterator[str]:
    for one in taken:
        for spool in one.spools.values():
            for line in spool.read():
                yield from (placed.slug for placed in joins.place(line.listing))
                if line.raw.source == HUB:  # what it is not any more, or not under this name, has a passport too
                    yield from (line.listing.slug, hub_slug(line.raw.asked_as or line.raw.id))


def _is_concerned(batch: Batch, slug: str) -> bool:
    return batch.concerned is None or slug in batch.concerned
