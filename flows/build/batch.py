"""A batch: the stock of all sources, every record at the passport that it belongs to, cut into parts to be built."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import NamedTuple

import orjson

from flows.ingest.crawl_partitions import IngestedCrawl
from flows.ingest.listings import Listings, present
from flows.registry.published import PublishedState
from pipelines.extraction.record import refutation
from pipelines.formats.slugs import hub_slug
from pipelines.lifecycle.absence import is_gone
from pipelines.merge.joins import Joined, Joins
from pipelines.merge.slug_owners import SlugOwners
from pipelines.registry.slots import shard_count, shard_index, slot, slots_of
from schemas.listing import Listing
from schemas.run import Accounting
from schemas.sources import CARDS, EXTRACTION, HUB, SELLER, SOURCES


class DisplacedRecords:
    """Such records of a batch, one file a part: as many as there are, while memory holds one."""

    def __init__(self, folder: Path, parts: int) -> None:
        self.folder, self.parts = folder, parts

    def write(self, records: Iterable[Joined]) -> None:
        """Write all of them, in their order."""
        self.folder.mkdir(parents=True)
        with ExitStack() as opened:
            files = [opened.enter_context(self._path(index).open("wb")) for index in range(self.parts)]
            for slug, listing, by in records:
                line = orjson.dumps([slug, by, listing.model_dump_json()])
                files[shard_index(slug, self.parts)].write(line + b"\n")

    def read(self, index: int) -> Iterator[Joined]:
        """Give those of a part, as they were written."""
        with self._path(index).open("rb") as file:
            for line in file:
                slug, by, listing = orjson.loads(line)
                yield Joined(slug, Listing.model_validate_json(listing), by)

    def _path(self, index: int) -> Path:
        return self.folder / f"{index}.jsonl"


class Batch(NamedTuple):
    """Everything that passports are made from."""

    stock: Listings
    joins: Joins
    away: DisplacedRecords
    concerned: frozenset[str] | None
    """Slugs to be built; None for all."""
    floor: int | None
    """Downloads from which a repository gets a passport of its own; None where none does that has none yet."""
    parts: int
    models: int
    """About how many there are."""


def batch_of(
    stock: Listings,
    served: PublishedState,
    taken: Iterable[IngestedCrawl],
    folder: Path,
    *,
    whole: bool,
    floor: int | None = None,
) -> Batch:
    """Find for every record the passport that it belongs to; `folder` keeps those that lie elsewhere."""
    joins, models = Joins(_owners(stock, served)), 0
    for listing in present(stock.read(SELLER)):
        joins.sold(listing)
        models += 1
    for line in stock.read(HUB):
        gone = is_gone(line)
        if line.moved_to is None:
            joins.hosted(line.listing, there=not gone)
        else:
            joins.left(line.listing)
        models += not gone
    for listing in present(stock.read(CARDS)):
        joins.hosted(listing)
    models = max(models, served.passports)
    away = DisplacedRecords(folder, shard_count(models))
    away.write(_away(stock, joins, away.parts))
    concerned = None if whole else frozenset(_concerned(taken, joins))
    return Batch(stock, joins, away, concerned, floor, away.parts, models)


def _owners(stock: Listings, served: PublishedState) -> SlugOwners:
    """Who has which slug, among all that is sold or was."""

    def served_under(slug: str) -> str | None:
        row = served.rows(range(slot(slug), slot(slug) + 1)).get(slug)
        return row.listing_id if row else None

    owners = SlugOwners(cache(served_under))
    for line in stock.read(SELLER):
        owners.claim(line.listing)
    return owners


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


def _away(stock: Listings, joins: Joins, parts: int) -> Iterator[Joined]:
    """Collect the records that lie elsewhere than the passports they belong to."""
    for row in SOURCES:
        if row.role not in ("seller", "endpoints", "roll", "proposals"):
            for listing in present(stock.read(row.name)):
                yield from (one for one in joins.place(listing) if one.slug != listing.slug or row.slugs is None)
    for index in range(parts):
        for listing in _valid_extractions(stock, slots_of(index, parts)):
            yield from joins.place(listing)


def _valid_extractions(stock: Listings, slots: range) -> Iterator[Listing]:
    """What was found in texts, where it stands in the text as it is now: both lie in the same part."""
    found = {line.raw.id: line for line in stock.read(EXTRACTION, slots)}
    for source in sorted({listing_id.partition(":")[0] for listing_id in found}):
        for line in stock.read(source, slots):
            extraction = found.get(f"{source}:{line.raw.id}")
            if extraction and refutation(extraction.raw, line.raw, line.listing.kind) is None:
                yield extraction.listing


def _concerned(taken: Iterable[IngestedCrawl], joins: Joins) -> Iterator[str]:
    for one in taken:
        for spool in one.spools.values():
            for line in spool.read():
                yield from (placed.slug for placed in joins.place(line.listing))
                if line.raw.source == HUB:  # what it is not any more, or not under this name, has a passport too
                    yield from (line.listing.slug, hub_slug(line.raw.asked_as or line.raw.id))
