"""Checks that a store still has the snapshots of all generations that it states to retain."""

from flows.registry.reachable import ancestors
from flows.registry.reader import Reader
from pipelines.registry.layout import SNAPSHOTS, snapshot_key


def missing_snapshot(reader: Reader) -> int | None:
    """Return the newest retained generation whose snapshot the store has not; None where it has them all.

    Which ones are retained is signed in the pointer. Numbers may be left out between generations: only where one is not
    stored, the snapshots are read to see whether a generation had it.
    """
    stored, retained = set(reader.store.list(SNAPSHOTS)), range(reader.pointer.kept_from, reader.generation)
    if all(snapshot_key(generation) in stored for generation in reversed(retained)):
        return None
    *_, oldest = ancestors(reader, retained.start, lambda item: item.key in stored)
    return oldest.parent if oldest.parent in retained else None
