"""Brings together the records of each model in one part of the catalogue."""

from collections.abc import Iterator
from typing import NamedTuple

from flows.build.batch import Batch
from flows.ingest.listings import Listings
from flows.registry.published import PublishedState
from pipelines.lifecycle.absence import Absence, is_gone, proving_observations
from pipelines.merge.gather import Gathered, account, collision, gather
from pipelines.merge.joins import Joined
from pipelines.registry.slots import slots_of
from schemas.crawl import AdmittedLine
from schemas.listing import NAMING, Listing, Quarantined
from schemas.run import Accounting
from schemas.sources import HUB, SOURCES


class Part(NamedTuple):
    """The models of one part, ready to become passports."""

    gathered: Gathered
    quarantined: tuple[Quarantined, ...]
    accounting: Accounting


def part_of(batch: Batch, served: PublishedState, index: int) -> Part:
    """Return the models of part `index` with their records joined, what was refused, and the counts."""
    slots = slots_of(index, batch.parts)
    owners = {slug: row.listing_id for slug, row in served.rows(slots).items()}
    builder = PartBuilder(batch.floor, owners)
    for line in _at_home(batch.listings, slots):
        placed = [one for one in batch.joins.passports_of(line.listing) if _is_affected(batch, one.slug)]
        builder.add(line, placed, had_passport_before=batch.joins.is_heir(line.listing))
    builder.joined += [one for one in batch.displaced.read(index) if _is_affected(batch, one.slug)]
    return builder.gathered(batch.listings)


class PartBuilder:
    """Collects the records of one part, then groups them by model (`gathered`)."""

    def __init__(self, floor: int | None, owners: dict[str, str]) -> None:
        self.floor, self.owners = floor, owners
        self.own: dict[tuple[str, str], AdmittedLine] = {}
        self.joined: list[Joined] = []
        self.answers: dict[str, Listing] = {}
        """Repository id in lower case → the answer that it does not exist, a record with the id as it was asked for."""
        self.elsewhere = 0

    def add(self, line: AdmittedLine, placed: list[Joined], *, had_passport_before: bool) -> None:
        """Add a record to the passport of its own slug, if it belongs there; one displaced to another is only counted.

        `placed` are all passports that it belongs to. It names its own passport if the slug has one already, or else
        if it is present and not too small. `had_passport_before`: its repository, renamed from a/x to b/x, had one as
        a/x, so that its size does not matter.
        """
        listing = line.listing
        if listing.kind == "absence":
            self.answers[listing.id.lower()] = listing
            return
        here = [one for one in placed if one.slug == listing.slug]
        if any(one.by == "own" for one in here):
            too_small = self._is_small(listing) and not had_passport_before
            if listing.slug in self.owners or not (is_gone(line) or too_small):
                self.own[listing.source, listing.id] = line
        elif not is_gone(line):
            self.joined += here
            self.elsewhere += bool(placed) and listing.kind in NAMING

    def gathered(self, all_listings: Listings) -> Part:
        """Return the models of the records added, with collisions of slugs refused and absences shown."""
        missing = {key: self._absence(all_listings, line) for key, line in self.own.items() if line.missing_since}
        absences = {key: absence for key, absence in missing.items() if absence.observations}
        listings = [line.listing for line in self.own.values()]
        found = gather(listings, self.owners, joined=self.joined, absences=absences, facets=all_listings.facets())
        there = [
            line.listing
            for key, line in self.own.items()
            if line.missing_since is None and key not in all_listings.unread
        ]
        counted = account(found, listings=there, joined=self.elsewhere)
        owners = self.owners | {subject.slug: subject.primary.base_id for subject in found.subjects}
        refused = tuple(collision(one, owners[one.slug], self.own[one.source, one.id].raw) for one in found.collisions)
        return Part(found, refused, counted)

    def _is_small(self, listing: Listing) -> bool:
        """Whether a repository has too few downloads for its own passport; a seller's listing never has."""
        if listing.source != HUB:
            return False
        downloads = next((fact.value for fact in listing.facts if fact.name == "downloads"), 0)
        return self.floor is None or not isinstance(downloads, int) or downloads < self.floor

    def _absence(self, all_listings: Listings, line: AdmittedLine) -> Absence:
        listing = line.listing
        rolls = [all_listings.roll(listing.source, at) for at in proving_observations(line)]
        observations = [observation for observation in (*rolls, self.answers.get(listing.id.lower())) if observation]
        return Absence(tuple(observations), is_gone(line))


def _at_home(all_listings: Listings, slots: range) -> Iterator[AdmittedLine]:
    for row in SOURCES:
        if row.slugs is not None:
            yield from all_listings.read(row.name, slots)


def _is_affected(batch: Batch, slug: str) -> bool:
    return batch.affected is None or slug in batch.affected
