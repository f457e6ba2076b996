"""Finds what is still to be written after the pointer moved: deltas, copies and site files, with the stored versions.

The snapshots since `registry/applied.json` show which copies may be outdated; without that file all may be. Copies that
are right already are not written. Memory holds one shard, and a delta only compressed, as a store takes whole files.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from pydantic import ValidationError

from flows.publish.publication import Progress, RenderCopies, Step, reported
from flows.registry.generation_changes import Due, changes, due, served_in
from flows.registry.reader import Reader
from flows.registry.signed_files import MAX_POINTER_BYTES
from flows.store.base import Blob, Store, find
from flows.store.pool import batches, each
from pipelines.registry.deltas import encode_delta
from pipelines.registry.layout import APPLIED_KEY, delta_key, page_key, passport_copy_key
from pipelines.registry.slots import shards_over
from schemas.base import Sha256
from schemas.registry import Applied, ShardRow

_BATCH_SLUGS = 256
"""Passports whose copies are in memory at once, and are written after one check of the pointer."""


class PendingWrite(NamedTuple):
    """What a key should hold (None: nothing), and what it held before (None: nothing, or it was not read)."""

    key: str
    body: bytes | None
    before: Blob | None


def applied_generation(store: Store) -> int | None:
    """Return the generation up to which the copies are rolled forward; None where it is unknown."""
    blob = find(store, APPLIED_KEY, max_bytes=MAX_POINTER_BYTES)
    try:
        return Applied.model_validate_json(blob.body).generation if blob else None
    except ValidationError:
        return None


def pending_deltas(store: Store, reader: Reader, on_step: Progress) -> Iterator[list[PendingWrite]]:
    """Yield writes of missing deltas: the newest generation's, and earlier ones that killed publishers left out."""
    with reported(on_step, Step.DELTA):
        for snapshot in reader.ancestry():
            key = delta_key(snapshot.generation)
            if store.exists(key):
                return
            parent = reader.parent(snapshot)
            if parent is None and snapshot.parent is not None:
                return  # the parent is no longer retained
            yield [PendingWrite(key, encode_delta(changes(reader, parent, snapshot)), None)]


def pending_copies(
    store: Store, reader: Reader, copies: RenderCopies, objects: Mapping[Sha256, bytes], on_step: Progress
) -> Iterator[list[PendingWrite]]:
    """Yield writes of the outdated copies, in batches; of all copies where their rendering has changed.

    `objects` are passports that need not be read from the store.
    """
    applied = applied_generation(store)
    first = reader.snapshot.parent is None and applied is None  # no copies yet: reading would double the time
    done, total = 0, reader.snapshot.passports
    on_step(Step.COPIES, 0, total)
    for outdated, in_order in _outdated(store, reader, copies, applied):
        for batch in batches(outdated.items(), _BATCH_SLUGS):
            wanted = _wanted(store, reader, copies, batch, objects)
            yield [PendingWrite(key, body, None) for key, body in wanted] if first else _changed(store, wanted)
            done += sum(sha256 is not None for _, sha256 in batch)
            on_step(Step.COPIES, done, total)
        done += in_order
    on_step(Step.COPIES, total, total)


def pending_passports(
    store: Store, reader: Reader, copies: RenderCopies, rows: Iterable[ShardRow]
) -> list[PendingWrite]:
    """Return writes of those copies of some passports that differ from the stored ones."""
    return _changed(store, _wanted(store, reader, copies, [(row.slug, row.object) for row in rows], {}))


def _outdated(store: Store, reader: Reader, copies: RenderCopies, applied: int | None) -> Iterator[tuple[Due, int]]:
    """Yield, for each shard, the passports with outdated copies, and how many others there are.

    All copies are outdated when their rendering has changed, for example after a change of PASSPORTS_BASE_URL. That is
    found by comparing the copies of the first unchanged passport; all passports before it are outdated anyway.
    """
    otherwise: bool | None = None
    for slots, named in due(reader, applied):
        rows = sum(ref.rows for ref, _ in shards_over(reader.snapshot, slots))
        if otherwise is None and (right := _specimen(reader, slots, named)):
            otherwise = bool(pending_passports(store, reader, copies, [right]))
        outdated = {**served_in(reader, slots), **named} if otherwise else named
        yield outdated, rows - sum(sha256 is not None for sha256 in outdated.values())


def _specimen(reader: Reader, slots: range, outdated: Due) -> ShardRow | None:
    return next((row for row in reader.rows(slots=slots) if row.slug not in outdated), None)


def _wanted(
    store: Store,
    reader: Reader,
    copies: RenderCopies,
    passports: Iterable[tuple[str, str | None]],
    objects: Mapping[Sha256, bytes],
) -> Iterator[tuple[str, bytes | None]]:
    for pair in each(partial(_copies_of, reader, copies, objects), passports, workers=store.workers):
        yield from pair


def _copies_of(
    reader: Reader, copies: RenderCopies, objects: Mapping[Sha256, bytes], passport: tuple[str, str | None]
) -> tuple[tuple[str, bytes | None], ...]:
    slug, sha256 = passport
    if sha256 is None:
        return ((passport_copy_key(slug), None), (page_key(slug), None))
    rendered = copies(slug, objects.get(sha256) or reader.object(sha256))
    page = ((page_key(slug), rendered.page),) if rendered.page is not None else ()
    return ((passport_copy_key(slug), rendered.passport), *page)


def pending_files(
    store: Store, files: Mapping[str, bytes], on_step: Progress, step: Step
) -> Iterator[list[PendingWrite]]:
    """Yield writes of files that do not depend on the generation, where they differ from the stored ones."""
    with reported(on_step, step, len(files)):
        yield _changed(store, files.items())


def _changed(store: Store, wanted: Iterable[tuple[str, bytes | None]]) -> list[PendingWrite]:
    """Read the stored version of each key; returns the writes for those that differ."""
    looked = each(lambda item: PendingWrite(*item, find(store, item[0])), wanted, workers=store.workers)
    return [draft for draft in looked if draft.body != (draft.before and draft.before.body)]
