"""The immutable files that a registry keeps, each with the hash that what was signed gives it."""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from flows.reader import Reader
from flows.store import keys
from schemas.registry import Snapshot


class Item(NamedTuple):
    """An immutable file."""

    key: str
    sha256: str | None
    """Of its bytes, or of a delta's lines; None where no hash vouches for them."""


Look = Callable[[Item], bool]
"""Told of a file before it is read on the way to others: whether it can be read."""


def _trusting(item: Item) -> bool:
    """Let the reader raise what is wrong."""
    del item
    return True


def reachable(reader: Reader, kept_from: int, look: Look = _trusting) -> Iterator[Item]:
    """Name the files of the generations from `kept_from` on, and what the evidence of their passports points into.

    Those are the sources of the generation that issued each passport, and the snapshots on the way to it. Some files
    are named more than once; each snapshot comes after what it names. Raises TamperedError and MissingKeyError, unless
    `look` says of a file on the way that it cannot be read: what it names is then left out.
    """
    whole = list(ancestors(reader, kept_from, look))
    issued = {snapshot.generation for snapshot in whole}
    for ref in dict.fromkeys(ref for snapshot in whole for ref in snapshot.shards):
        shard = Item(keys.shard_key(ref.sha256), ref.sha256)
        yield shard
        for row in reader.shard(ref) if look(shard) else ():
            issued.add(row.generation)
            yield Item(keys.object_key(row.object), row.object)
            if row.previous:
                yield Item(keys.object_key(row.previous), row.previous)
    way = list(ancestors(reader, min(issued), look))
    for snapshot in way:
        if snapshot.generation in issued:
            yield from _sources(snapshot)
    yield from (Item(keys.delta_key(snapshot.generation), snapshot.delta_sha256) for snapshot in whole)
    yield from _snapshots(reader, way)


def ancestors(reader: Reader, oldest: int, look: Look = _trusting) -> Iterator[Snapshot]:
    """Give the snapshots from the reader's back to that of generation `oldest`, as far as they can be read."""
    snapshot: Snapshot | None = reader.snapshot
    while snapshot is not None:
        yield snapshot
        if snapshot.parent is None or snapshot.parent < oldest or not look(_parent(snapshot)):
            return
        snapshot = reader.parent(snapshot)


def _parent(snapshot: Snapshot) -> Item:
    return Item(keys.snapshot_key(snapshot.parent or 0), snapshot.parent_sha256)


def _sources(snapshot: Snapshot) -> Iterator[Item]:
    return (Item(keys.source_key(ref.source, ref.sha256), ref.sha256) for ref in snapshot.sources)


def _snapshots(reader: Reader, way: Iterable[Snapshot]) -> list[Item]:
    """Name the snapshots, the oldest first."""
    newer = list(way)
    found = [Item(keys.snapshot_key(reader.generation), reader.snapshot_sha256)]
    found += [_parent(child) for child, _ in pairwise(newer)]
    return found[::-1]
