"""The immutable files that snapshots name, each with the hash that what was signed gives it."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from flows.reader import Reader
from flows.store import keys
from flows.store.base import MissingKeyError
from schemas.registry import Snapshot


class Item(NamedTuple):
    """An immutable file."""

    key: str
    sha256: str | None
    """None where no hash vouches for its bytes."""


def reachable(reader: Reader, snapshots: Iterable[Snapshot]) -> Iterator[Item]:
    """Name the files of these snapshots, one of the reader's and ancestors of it; some more than once.

    What a passport replaced belongs to it, as far as it is still there; and each snapshot comes after what it names.
    """
    kept = list(snapshots)
    for ref in dict.fromkeys(ref for snapshot in kept for ref in snapshot.shards):
        yield Item(keys.shard_key(ref.sha256), ref.sha256)
        yield from (Item(keys.object_key(row.object), row.object) for row in reader.shard(ref))
    for snapshot in kept:
        yield from sources(snapshot)
        yield Item(keys.run_key(snapshot.run), None)
        if _has_delta(reader, snapshot):
            yield Item(keys.delta_key(snapshot.generation), None)
    yield from snapshot_items(reader, kept)


def sources(snapshot: Snapshot) -> Iterator[Item]:
    """Name the files that evidence issued in this generation points into."""
    return (Item(keys.source_key(ref.source, ref.sha256), ref.sha256) for ref in snapshot.sources)


def snapshot_items(reader: Reader, snapshots: Iterable[Snapshot]) -> Iterator[Item]:
    """Name the snapshots themselves, the oldest first."""
    hashes = {reader.generation: reader.snapshot_sha256}
    hashes |= {s.parent: s.parent_sha256 for s in reader.ancestry() if s.parent is not None and s.parent_sha256}
    for snapshot in sorted(snapshots, key=lambda snapshot: snapshot.generation):
        yield Item(keys.snapshot_key(snapshot.generation), hashes[snapshot.generation])


def _has_delta(reader: Reader, snapshot: Snapshot) -> bool:
    try:
        reader.delta(snapshot)
    except MissingKeyError:
        return False
    return True
