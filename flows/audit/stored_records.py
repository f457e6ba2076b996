"""Finds the stored records of a generation that a passport was, or could have been, made from."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import orjson

from flows.registry.reader import Reader
from pipelines.formats.slugs import hub_slug
from pipelines.merge.joins import key_of
from pipelines.normalise.admit import admit
from pipelines.registry.slots import EVERY_SLOT, shard_index, slots_of
from schemas.listing import Listing, RawListing
from schemas.registry import SourceRef
from schemas.sources import BY_NAME, FACETS, HOSTED, SELLER, SOURCES, brought_by

_PARTS_CACHED, _INDEXES_CACHED = 12, 4
"""How many partitions and indexes of sources are in memory at once."""


class StoredRecord(NamedTuple):
    """A record as a generation stores it."""

    raw: RawListing
    there: bool
    """Whether the last observation found it."""


Part = dict[str, list[StoredRecord]]
"""Id in lower case → records of one partition: the record itself, the answer that it does not exist, or both."""

Index = dict[str, list[RawListing]]
"""Name of a record, name that it states, its author or slug → the records that are present."""

_Value = TypeVar("_Value")


class StoredRecords:
    """Reads the records of generations, partition by partition, and caches the last used."""

    def __init__(self) -> None:
        self._parts: OrderedDict[str, Part] = OrderedDict()
        self._indexes: OrderedDict[str, Index] = OrderedDict()

    def named(self, then: Reader, slug: str, records: Iterable[Mapping[str, Any]]) -> list[RawListing]:
        """Return the records that a passport names, as stored in the generation `then` that issued it."""
        ids = dict.fromkeys((record["source"], record["id"]) for record in records)
        found = (stored.raw for source, one in ids for stored in self._look_up(then, source, one, slug))
        return [raw for raw in found if (raw.source, raw.id) in ids]

    def beside(self, then: Reader, slug: str, named: Iterable[RawListing]) -> list[RawListing]:
        """Return further records that are present and could be of the same model, by the names that they share.

        These are the seller's with that slug or author, entries of catalogues and code under any of the names, the
        repositories with their texts that any of the records states, and the seller's answers about all its models.
        """
        found = {(raw.source, raw.id): raw for raw in named}
        own, waiting = set(found), [raw for raw in found.values() if raw.source not in FACETS]
        found |= {(raw.source, raw.id): raw for raw in self._facets(then) if (raw.source, raw.id) not in found}
        while waiting:
            listing = admit(waiting.pop())
            for raw in self._near(then, listing, slug) if isinstance(listing, Listing) else ():
                if (raw.source, raw.id) not in found:
                    found[raw.source, raw.id] = raw
                    waiting += [raw] if raw.source in HOSTED else []
        return [raw for key, raw in found.items() if key not in own]

    def _facets(self, then: Reader) -> Iterator[RawListing]:
        for source in FACETS:
            ref = _ref(then, source)
            if ref is not None:
                parts = (self._part(then, ref, part.index) for part in ref.parts)
                yield from (stored.raw for part in parts for records in part.values() for stored in records)

    def _near(self, then: Reader, listing: Listing, slug: str) -> Iterator[RawListing]:
        for name in (*_keys(listing), f"slug {slug}"):
            for row in SOURCES:
                yield from self._index(then, row.name).get(name, ()) if row.indexed else ()
            source, _, one = name.partition(":")
            for row in brought_by(source):
                if row.slugs and not row.indexed:
                    yield from (stored.raw for stored in self._look_up(then, row.name, one, slug) if stored.there)

    def _look_up(self, then: Reader, source: str, record_id: str, slug: str) -> Iterator[StoredRecord]:
        ref = _ref(then, source)
        for index in _places(source, record_id, slug, ref) if ref else ():
            if ref and any(part.index == index for part in ref.parts):
                yield from self._part(then, ref, index).get(record_id.lower(), ())

    def _part(self, then: Reader, ref: SourceRef, index: int) -> Part:
        stored = next(part.sha256 for part in ref.parts if part.index == index)
        return _cached(self._parts, _PARTS_CACHED, f"{ref.source} {stored}", lambda: _part(then, ref, index))

    def _index(self, then: Reader, source: str) -> Index:
        ref = _ref(then, source)
        stored = " ".join(part.sha256 for part in ref.parts) if ref else ""
        return _cached(self._indexes, _INDEXES_CACHED, f"{source} {stored}", lambda: _index(then, ref))


def _keys(listing: Listing) -> list[str]:
    """Return the names of a record and those that it states, in lower case, and of a seller's listing its author."""
    whose = [f"by {listing.author.lower()}"] if listing.source == SELLER else []
    names = [key_of(listing.source, listing.id), key_of(listing.source, listing.base_id)]
    return [*whose, *names, *map(str.lower, listing.same_as)]


def _ref(then: Reader, source: str) -> SourceRef | None:
    return next((ref for ref in then.snapshot.sources if ref.source == source), None)


def _places(source: str, record_id: str, slug: str, ref: SourceRef) -> Iterator[int]:
    """Yield the partitions of a source that may hold a record: that of its slug where a rule makes it, else all."""
    rule = BY_NAME[source].slugs if source in BY_NAME else None  # a store may hold a source that was taken out since
    if rule is None:
        yield from range(ref.count)
    else:
        yield shard_index(hub_slug(record_id) if rule == "repository" else slug, ref.count)


def _part(then: Reader, ref: SourceRef, index: int) -> Part:
    slots = slots_of(index, ref.count) if ref.count > 1 else EVERY_SLOT
    part: Part = defaultdict(list)
    for stored in _read(then, ref.source, slots):
        part[stored.raw.id.lower()].append(stored)
    return part


def _index(then: Reader, ref: SourceRef | None) -> Index:
    index: Index = defaultdict(list)
    for stored in _read(then, ref.source, EVERY_SLOT) if ref else ():
        listing = admit(stored.raw) if stored.there else None
        if isinstance(listing, Listing):
            for key in (*_keys(listing), f"slug {listing.slug}"):
                index[key].append(stored.raw)
    return index


def _read(then: Reader, source: str, slots: range) -> Iterator[StoredRecord]:
    for line in map(orjson.loads, then.source_listings(source, slots)):
        yield StoredRecord(RawListing.model_validate(line["raw"], strict=False), line["missing_since"] is None)


def _cached(cache: OrderedDict[str, _Value], most: int, key: str, make: Callable[[], _Value]) -> _Value:
    """Return the cached value, or make and cache it; the least recently used one is dropped."""
    if key not in cache:
        cache[key] = make()
    cache.move_to_end(key)
    while len(cache) > most:
        cache.popitem(last=False)
    return cache[key]
