"""A batch: the listings of all sources, each assigned to the passport that it belongs to, cut into parts to build."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import NamedTuple

import orjson

from flows.ingest.crawl_partitions import IngestedCrawl
from flows.ingest.ingestion import Ingestion
from flows.ingest.listings import Listings, present
from flows.registry.published import PublishedState
from pipelines.extraction.record import refutation
from pipelines.formats.slugs import hub_slug
from pipelines.lifecycle.absence import is_gone
from pipelines.merge.joins import Joined, Joins
from pipelines.merge.slug_owners import SlugOwners
from pipelines.registry.slots import COUNTS, shard_index, slot, slots_of
from schemas.listing import Listing
from schemas.run import Accounting
from schemas.sources import CARDS, EXTRACTION, HUB, SELLER, SOURCES

MODELS_A_PART = 2_000
"""Most models of a part up to 512,000 models; all of a part are in memory at once, some 20 kB each."""


class DisplacedRecords:
    """Records that belong to the passport of another slug than their own, on disk: one file for each part.

    Each is in the file of its passport's part: the repository "Qwen/QwQ-32B" (slug qwen--qwq-32b), joined to the
    seller's qwen-qwq-32b, is in the part of qwen-qwq-32b. Memory holds one record at a time.
    """

    def __init__(self, folder: Path, parts: int) -> None:
        self.folder, self.parts = folder, parts

    def write(self, records: Iterable[Joined]) -> None:
        """Write all records, each part in the order of `records`."""
        self.folder.mkdir(parents=True)
        with ExitStack() as opened:
            files = [opened.enter_context(self._path(index).open("wb")) for index in range(self.parts)]
            for slug, listing, by in records:
                line = orjson.dumps([slug, by, listing.model_dump_json()])
                files[shard_index(slug, self.parts)].write(line + b"\n")

    def read(self, index: int) -> Iterator[Joined]:
        """Yield the records of one part, in the order in which they were written."""
        with self._path(index).open("rb") as file:
            for line in file:
                slug, by, listing = orjson.loads(line)
                yield Joined(slug, Listing.model_validate_json(listing), by)

    def _path(self, index: int) -> Path:
        return self.folder / f"{index}.jsonl"


class Batch(NamedTuple):
    """Everything that the passports of a run are made from."""

    listings: Listings
    joins: Joins
    displaced: DisplacedRecords
    affected: frozenset[str] | None
    """Slugs to build; None for all."""
    floor: int | None
    """Fewest downloads with which a repository gets its own passport; None where only those that have one keep it."""
    parts: int
    models: int
    """About how many models there are."""


def batch_of(ingestion: Ingestion, folder: Path, *, whole: bool, floor: int | None = None) -> Batch:
    """Assign every record to the passport that it belongs to; `folder` holds those displaced to another slug.

    Where the run did not crawl `whole` sources, only the passports that the records of its good crawls belong to are
    built.
    """
    listings, served = ingestion.listings, ingestion.served
    joins, models = Joins(_owners(listings, served)), 0
    for listing in present(listings.read(SELLER)):
        joins.add_seller_listing(listing)
        models += 1
    for line in listings.read(HUB):
        gone = is_gone(line)
        if line.moved_to is None:
            joins.add_repository(line.listing, there=not gone)
        else:
            joins.add_relocated(line.listing)
        models += not gone
    for listing in present(listings.read(CARDS)):
        joins.add_repository(listing)
    models = max(models, served.passports)
    displaced = DisplacedRecords(folder, part_count(models))
    displaced.write(_displaced(listings, joins, displaced.parts))
    affected = None if whole else frozenset(_affected(ingestion.crawls.good, joins))
    return Batch(listings, joins, displaced, affected, floor, displaced.parts, models)


def part_count(models: int) -> int:
    """Return into how many parts a batch of so many models is cut: 1, 16 or 256, so that parts are those of slots."""
    return next((count for count in COUNTS if models <= MODELS_A_PART * count), COUNTS[-1])


def _owners(listings: Listings, served: PublishedState) -> SlugOwners:
    """Return which id owns each slug, among all listings of the seller, present and gone."""

    def served_under(slug: str) -> str | None:
        row = served.rows(range(slot(slug), slot(slug) + 1)).get(slug)
        return row.listing_id if row else None

    owners = SlugOwners(cache(served_under))
    for line in listings.read(SELLER):
        owners.claim(line.listing)
    return owners


def summed(parts: Iterable[Accounting], quarantined: int) -> Accounting:
    """Add up the counts of a batch's parts; `quarantined` listings were refused before there were parts."""
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


def _displaced(listings: Listings, joins: Joins, parts: int) -> Iterator[Joined]:
    """Yield the records whose passport has another slug, or whose source makes no passport's slug from their id."""
    for row in SOURCES:
        if row.role not in ("seller", "endpoints", "roll", "facet", "proposals"):
            for listing in present(listings.read(row.name)):
                yield from (one for one in joins.passports_of(listing) if one.slug != listing.slug or row.slugs is None)
    for index in range(parts):
        for listing in _valid_extractions(listings, slots_of(index, parts)):
            yield from joins.passports_of(listing)


def _valid_extractions(listings: Listings, slots: range) -> Iterator[Listing]:
    """Yield proposals whose quotes still occur in the present text; both records have one slug, so one part."""
    found = {line.raw.id: line for line in listings.read(EXTRACTION, slots)}
    for source in sorted({listing_id.partition(":")[0] for listing_id in found}):
        for line in listings.read(source, slots):
            extraction = found.get(f"{source}:{line.raw.id}")
            if extraction and refutation(extraction.raw, line.raw, line.listing.kind) is None:
                yield extraction.listing


def _affected(crawls: Iterable[IngestedCrawl], joins: Joins) -> Iterator[str]:
    """Yield the slugs of all passports that the records of these crawls may change."""
    for one in crawls:
        for spool in one.spools.values():
            for line in spool.read():
                yield from (placed.slug for placed in joins.passports_of(line.listing))
                if line.raw.source == HUB:  # also the passports of its present and its former name
                    yield from (line.listing.slug, hub_slug(line.raw.asked_as or line.raw.id))
