"""Finds what is still to be written after the pointer moved: deltas, copies and site files, with the stored versions.

The snapshots since `registry/applied.json` show which copies may be outdated; without that file all may be. Copies that
are right already are not written. Memory holds one shard, and a delta only compressed, as a store takes whole files.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import NamedTuple

import orjson

from flows.publish.publication import Body, Copies, Pages, Progress, RenderCopies, Step, reported, silent
from flows.registry.generation_changes import Due, changes, due, served_in
from flows.registry.log import RegistryLog
from flows.registry.published import applied_generation
from flows.registry.reader import Reader
from flows.store.base import Blob, Store, find
from flows.store.pool import batches, each
from pipelines.registry.deltas import encode_delta
from pipelines.registry.export_keys import PASSPORT_FILES
from pipelines.registry.layout import brief_key, delta_key, page_key, passport_copy_key
from pipelines.registry.revoked import revocation_of, tombstone, tombstone_page
from pipelines.registry.slots import shards_over
from schemas.base import Sha256
from schemas.registry import ShardRow
from schemas.revocations import Revocation

_COPIES_A_BATCH = 512
"""Passports whose copies are in memory at once, and are written after one check of the pointer.

The next batch begins when the last write has ended: of 256 an S3 server waits a tenth of the time for its writer.
"""
_PAGES_A_BATCH = 256


class PendingWrite(NamedTuple):
    """What a key should hold (None: nothing), and what it held before (None: nothing, or it was not read)."""

    key: str
    body: Body | None
    before: Blob | None


def changed(store: Store, wanted: Iterable[tuple[str, Body | None]]) -> list[PendingWrite]:
    """Read the stored version of each key; return the writes for those that differ from what they should hold.

    What is written from a file is not read: it is written in any case.
    """
    found = each(partial(_compared, store), wanted, workers=store.workers)
    return [draft for draft in found if draft.body != (draft.before and draft.before.body)]


def _compared(store: Store, item: tuple[str, Body | None]) -> PendingWrite:
    key, body = item
    return PendingWrite(key, body, None if isinstance(body, Path) else find(store, key))


@dataclass(frozen=True)
class PendingWrites:
    """Finds the writes that a served generation still lacks."""

    reader: Reader
    """Reads the served generation."""
    render: RenderCopies
    objects: Mapping[Sha256, bytes] = field(default_factory=dict)
    """Passports that need not be read from the store."""
    on_step: Progress = silent

    @property
    def store(self) -> Store:
        """The store that lacks them."""
        return self.reader.store

    @cached_property
    def _log(self) -> RegistryLog:
        return RegistryLog(self.reader)

    def deltas(self) -> Iterator[list[PendingWrite]]:
        """Yield the write of each missing delta, from the newest generation back to the first that has one."""
        with reported(self.on_step, Step.DELTA):
            for snapshot in self.reader.ancestry():
                key = delta_key(snapshot.generation)
                if self.store.exists(key):
                    return
                parent = self.reader.parent(snapshot)
                if parent is None and snapshot.parent is not None:
                    return  # the parent is no longer retained
                yield [PendingWrite(key, encode_delta(changes(self.reader, parent, snapshot)), None)]

    def copies(self) -> Iterator[list[PendingWrite]]:
        """Yield writes of the outdated copies, in batches; of all copies where their rendering has changed."""
        applied = applied_generation(self.store)
        first = self.reader.snapshot.parent is None and applied is None  # no copies yet: reading would double the time
        done, total = 0, self.reader.snapshot.passports
        self.on_step(Step.COPIES, 0, total)
        for outdated, in_order in self._outdated(applied):
            for batch in batches(outdated.items(), _COPIES_A_BATCH):
                wanted = self._wanted(batch)
                yield [PendingWrite(key, body, None) for key, body in wanted] if first else self._changed(wanted)
                done += sum(sha256 is not None for _, sha256 in batch)
                self.on_step(Step.COPIES, done, total)
            done += in_order
        self.on_step(Step.COPIES, total, total)

    def passports(self, rows: Iterable[ShardRow]) -> list[PendingWrite]:
        """Return writes of those copies of some passports that differ from the stored ones."""
        return self._changed(self._wanted([(row.slug, row.object) for row in rows]))

    def files(self, files: Mapping[str, Body], step: Step) -> Iterator[list[PendingWrite]]:
        """Yield writes of files that do not depend on the generation, where they differ from the stored ones."""
        with reported(self.on_step, step, len(files)):
            yield self._changed(files.items())

    def pages(self, pages: Pages) -> Iterator[list[PendingWrite]]:
        """Yield writes of the pages that differ from the stored ones, in batches."""
        done = 0
        self.on_step(Step.PAGES, 0, 1)
        for batch in batches(pages.changed(), _PAGES_A_BATCH):
            yield self._changed(batch)
            done += len(batch)
            self.on_step(Step.PAGES, done, done + 1)
        self.on_step(Step.PAGES, done or 1, done or 1)

    def page_list(self, pages: Pages) -> Iterator[list[PendingWrite]]:
        """Yield the write of the signed list of pages."""
        with reported(self.on_step, Step.PAGE_LIST):
            yield self._changed(pages.listed().items())

    def object(self, sha256: str) -> bytes:
        """Return a signed passport by its hash."""
        return self.objects.get(sha256) or self.reader.object(sha256)

    def _outdated(self, applied: int | None) -> Iterator[tuple[Due, int]]:
        """Yield, for each shard, the passports with outdated copies, and how many others there are.

        All copies are outdated when their rendering has changed, for example after a change of PASSPORTS_BASE_URL. That
        is found by comparing the copies of the first unchanged passport; all passports before it are outdated anyway.
        """
        otherwise: bool | None = None
        for slots, named in due(self.reader, applied):
            rows = sum(ref.rows for ref, _ in shards_over(self.reader.snapshot, slots))
            if otherwise is None and (right := self._specimen(slots, named)):
                otherwise = bool(self.passports([right]))
            outdated = {**served_in(self.reader, slots), **named} if otherwise else named
            yield outdated, rows - sum(sha256 is not None for sha256 in outdated.values())

    def _specimen(self, slots: range, outdated: Due) -> ShardRow | None:
        return next((row for row in self.reader.rows(slots=slots) if row.slug not in outdated), None)

    def _wanted(self, passports: Iterable[tuple[str, str | None]]) -> Iterator[tuple[str, bytes | None]]:
        for pair in each(self._copies_of, passports, workers=self.store.workers):
            yield from pair

    def _copies_of(self, passport: tuple[str, str | None]) -> tuple[tuple[str, bytes | None], ...]:
        slug, sha256 = passport
        if sha256 is None:
            kinds = (passport_copy_key, page_key, brief_key, *PASSPORT_FILES.values())
            return tuple((key(slug), None) for key in kinds)
        document, row = self.object(sha256), self.reader.row(slug)
        rendered = self.render(slug, document, self._log.place(row) if row else None)
        if slug in self.reader.revoked:
            rendered = _unless_revoked(rendered, document, self.reader.revoked)
        others = ((page_key(slug), rendered.page), (brief_key(slug), rendered.brief))
        return (
            (passport_copy_key(slug), rendered.passport),
            *((key, body) for key, body in others if body is not None),
        )

    def _changed(self, wanted: Iterable[tuple[str, Body | None]]) -> list[PendingWrite]:
        return changed(self.store, wanted)


def _unless_revoked(rendered: Copies, document: bytes, revoked: Mapping[str, Revocation]) -> Copies:
    found = revocation_of(orjson.loads(document)["passport"], revoked)
    if found is None:
        return rendered
    page = tombstone_page(found) if rendered.page is not None else None
    return Copies(tombstone(found), page, brief=tombstone(found))
