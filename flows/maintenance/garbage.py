"""Collects garbage: removes files that no retained generation names, while no publisher can publish.

First the pointer is swapped for one with `collecting_until`. A publisher at work then loses its swap, reads the pointer
again and waits, so that nothing is built on files being removed. If the collector is killed, publishers wait until its
lease ends; it stops by itself a minute before that.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import takewhile
from typing import NamedTuple

from flows.publish.continuity import ensure_newest
from flows.publish.pointer import COLLECTION_LEASE, POINTER_LIFE
from flows.publish.publication import PublicationError, Publisher
from flows.registry.publish_time import time_to_publish
from flows.registry.reachable import ancestors, page_list_parts, reachable
from flows.registry.reader import Reader
from flows.registry.signed_files import seal
from flows.store.base import Store
from flows.store.keys import BRIEFS, PASSPORT_COPIES
from flows.store.pool import batches, each
from pipelines.log.tiles import file_names
from pipelines.registry import layout
from schemas.registry import Pointer
from schemas.times import instant, timestamp

FOLDERS = tuple(
    f"registry/{kind}"
    for kind in (
        "objects",
        "shards",
        "snapshots",
        "deltas",
        "sources",
        "search",
        "probe",
        "log/tile",
        "log/pending",
        "page-lists",
    )
)
"""Folders to collect from. Run reports, root and revocations always stay: they are few, and they are the history."""
COPIES = (PASSPORT_COPIES, BRIEFS)
"""Folders in which each served passport owns one file, and nobody any other."""
_MARGIN = timedelta(minutes=1)
_BATCH = 256


class Collection(NamedTuple):
    """The generations and files that a collection retains, and the keys of its garbage."""

    generations: list[int]
    """Generations retained whole, newest first."""
    kept: int
    """Number of files retained."""
    garbage: list[str]
    """Keys that no retained generation names."""
    removed: int
    """Number of files removed, 0 in a dry run."""


def plan(store: Store, reader: Reader, *, generations: int, days: int, at: datetime) -> Collection:
    """Return what a collection would retain and remove, without removing it.

    Retained are the newest `generations`, those not older than `days`; for each of their passports the sources of the
    generation that issued it, as its evidence points into them; and all snapshots between these generations. Of the
    copies, those of the passports that are served now are retained.
    """
    whole = _youngest(reader, generations, at - timedelta(days=days))
    wanted = {item.key for item in reachable(reader, whole[-1])} | page_list_parts(store, reader.keys)
    wanted |= {layout.log_key(name) for name in file_names(reader.snapshot.log.size if reader.snapshot.log else 0)}
    wanted |= set(store.list(layout.log_pending_folder(reader.snapshot.run)))
    wanted |= {key(row.slug) for row in reader.rows() for key in (layout.passport_copy_key, layout.brief_key)}
    garbage: list[str] = []
    kept = 0
    for key in (key for folder in (*FOLDERS, *COPIES) for key in store.list(folder)):
        if key in wanted:
            kept += 1
        else:
            garbage.append(key)
    return Collection(whole, kept, garbage, 0)


def collect(publisher: Publisher, *, generations: int, days: int) -> Collection:
    """Remove the garbage, and return what was retained and removed.

    Raise PublicationError where the pointer cannot be swapped, so that publishers cannot be kept waiting, or where the
    lease ends too early; HistoryError where a generation newer than the one served was published, as it would be
    removed as garbage; ClockBehindError.
    """
    store, clock = publisher.store, publisher.clock
    with store.lock():
        reader = Reader(store, publisher.keys, clock())
        ensure_newest(store, reader, publisher.keys, publisher.mark)
        time_to_publish(reader, clock())
        if reader.pointer.commit != "swap":
            raise PublicationError(f"{store.name}: garbage cannot be collected in a store without compare-and-swap")
        until = clock() + COLLECTION_LEASE
        kept_from = _youngest(reader, generations, clock() - timedelta(days=days))[-1]
        reader = _repointed(publisher, reader, kept_from, until)
        try:
            planned = plan(store, reader, generations=generations, days=days, at=clock())
            removed = sum(_remove(store, planned.garbage, clock, until - _MARGIN))
        finally:
            _repointed(publisher, reader, kept_from, None)
    return planned._replace(removed=removed)


def _youngest(reader: Reader, generations: int, since: datetime) -> list[int]:
    """Return the numbers of the generations to retain whole, newest first, without those collected before."""
    whole = enumerate(ancestors(reader, reader.pointer.kept_from))
    youngest = takewhile(lambda pair: pair[0] < generations or instant(pair[1].created_at) >= since, whole)
    return [snapshot.generation for _, snapshot in youngest]


def _repointed(publisher: Publisher, reader: Reader, kept_from: int, until: datetime | None) -> Reader:
    """Swap the pointer for one with `collecting_until`; raise ConflictError when somebody has published meanwhile."""
    at = publisher.clock()
    pointer = Pointer(
        generation=reader.generation,
        snapshot_sha256=reader.snapshot_sha256,
        commit=reader.pointer.commit,
        nonce=f"{publisher.nonce}-{'begin' if until else 'end'}",
        issued_at=timestamp(at),
        expires_at=max(reader.pointer.expires_at, timestamp(at + POINTER_LIFE)),
        kept_from=kept_from,
        collecting_until=timestamp(until) if until else None,
    )
    publisher.store.swap(layout.POINTER_KEY, seal(pointer, publisher.signer), reader.token)
    return Reader(publisher.store, publisher.keys, at)


def _remove(store: Store, garbage: list[str], clock: Callable[[], datetime], ends: datetime) -> Iterator[int]:
    for batch in batches(garbage, _BATCH):
        if clock() >= ends:
            raise PublicationError(
                f"{store.name}: the time ended before all garbage was removed: run again for the rest"
            )
        yield len([*each(store.delete, batch, workers=store.workers)])
