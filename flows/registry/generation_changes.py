"""Compares generations shard by shard: shards of equal hash are not read, and memory holds one pair at a time."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from flows.registry.reader import Reader
from flows.registry.signed_files import RegistryError
from flows.store.base import MissingKeyError
from pipelines.registry.deltas import delta
from pipelines.registry.slots import shards_over, slot, slots_by_shard
from schemas.registry import DeltaLine, Snapshot

Due = dict[str, str | None]
"""Slug whose copies may be outdated → the object that they should show, None where it is no longer served."""


def changes(reader: Reader, parent: Snapshot | None, snapshot: Snapshot) -> Iterator[DeltaLine]:
    """Yield the delta between a generation and its parent (None: it is the first), one line per changed passport."""
    for slots in slots_by_shard(snapshot.passports):
        if parent is None or not _alike(parent, snapshot, slots):
            before = reader.rows(parent, slots) if parent else ()
            yield from delta(before, reader.rows(snapshot, slots))


def due(reader: Reader, applied: int | None) -> Iterator[tuple[range, Due]]:
    """Yield, for each shard of the served generation, its slots and the passports whose copies may be outdated.

    Those are the passports that changed in any generation since `applied`, as each of these may have written copies.
    All passports are named when `applied` is None or cannot be reached from parent to parent.
    """
    way = _way_back(reader, applied)
    for slots in slots_by_shard(reader.snapshot.passports):
        yield slots, _due_in(reader, way, slots)


def served_in(reader: Reader, slots: range) -> Due:
    """Return the passports that are served in these slots: slug → object."""
    return {**_objects(reader, reader.snapshot, slots)}


def _due_in(reader: Reader, way: Sequence[Snapshot], slots: range) -> Due:
    """Return what changed in these slots along `way`; all that is served if it is empty or cannot be read."""
    touched: set[str] = set()
    try:
        for later, earlier in pairwise(way):
            if not _alike(later, earlier, slots):
                pair = _objects(reader, later, slots).items() ^ _objects(reader, earlier, slots).items()
                touched.update(slug for slug, _ in pair)
    except (RegistryError, MissingKeyError):
        return served_in(reader, slots)
    since = way[-1].revocations.number if way and way[-1].revocations else 0
    touched.update(slug for slug, one in reader.revoked.items() if one.number > since and slot(slug) in slots)
    if way and not touched:
        return {}
    served = served_in(reader, slots)
    return {slug: served.get(slug) for slug in sorted(touched)} if way else served


def _way_back(reader: Reader, applied: int | None) -> list[Snapshot]:
    """Return the snapshots from the newest back to the applied one; none where it cannot be reached."""
    if applied is None:
        return []
    way: list[Snapshot] = []
    for snapshot in reader.ancestry():
        way.append(snapshot)
        if snapshot.generation <= applied:
            break
    return way if way[-1].generation == applied else []


def _alike(one: Snapshot, other: Snapshot, slots: range) -> bool:
    """Whether two generations have the same rows in these slots, judged by the hashes of their shards."""
    first, second = ([ref.sha256 for ref, _ in shards_over(snapshot, slots)] for snapshot in (one, other))
    return first == second


def _objects(reader: Reader, snapshot: Snapshot, slots: range) -> dict[str, str]:
    return {row.slug: row.object for row in reader.rows(snapshot, slots)}
