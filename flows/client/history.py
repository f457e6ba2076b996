"""Lists what a registry changed since a generation or an instant, from its signed deltas."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from flows.client.answers import RegistryChange
from flows.registry.generation_changes import changes
from flows.registry.reader import Reader
from flows.registry.signed_files import NotInSnapshotError
from flows.store.base import MissingKeyError
from schemas.registry import DeltaLine, Snapshot
from schemas.times import instant


def changes_since(reader: Reader, since: int | datetime) -> Iterator[RegistryChange]:
    """Yield the changes of the generations after `since`, the oldest first; 0 is the beginning of what is retained.

    Raises NotInSnapshotError where changes after that generation are no longer retained, TamperedError and StoreError.
    """
    for snapshot in reversed(_snapshots(reader, since)):
        for line in _lines(reader, snapshot):
            yield RegistryChange(
                snapshot.generation,
                snapshot.created_at,
                line.change,
                line.slug,
                line.cause,
                line.status,
                line.object,
            )


def _snapshots(reader: Reader, since: int | datetime) -> list[Snapshot]:
    """Return the snapshots after `since`, the newest first."""
    found: list[Snapshot] = []
    for snapshot in reader.ancestry():
        if isinstance(since, datetime):
            if instant(snapshot.created_at) <= since:
                return found
        elif snapshot.generation <= since:
            if snapshot.generation < since:
                break
            return found
        found.append(snapshot)
    if isinstance(since, int) and since > 0:
        raise NotInSnapshotError(
            f"generation {since} is not an ancestor of {reader}, or is no longer retained: begin again with 0"
        )
    return found


def _lines(reader: Reader, snapshot: Snapshot) -> Iterable[DeltaLine]:
    """Return the lines of a generation's delta, compared from its shards where the delta is not written yet."""
    try:
        return list(reader.delta(snapshot))
    except MissingKeyError:
        return changes(reader, reader.parent(snapshot), snapshot)
