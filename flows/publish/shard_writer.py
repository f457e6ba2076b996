"""Writes the shards of a generation, holding one of them in memory at a time."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from flows.publish.copies import write_ahead
from flows.publish.log_files import LogWriter
from flows.publish.pending_writes import PendingWrite
from flows.publish.publication import Progress, Publication, PublicationError, Step
from flows.registry.reader import Reader
from flows.search.build import ContentDigest
from flows.store.base import Store
from flows.store.pool import each
from pipelines.registry.deltas import delta, print_delta
from pipelines.registry.layout import object_key, shard_key
from pipelines.registry.packing import ref_of
from pipelines.registry.shards import checked_rows, encode_shard
from pipelines.registry.slots import slots_by_shard
from schemas.base import Sha256
from schemas.events import Event, LoggedAt
from schemas.registry import LogHead, ShardRef, ShardRow


class WrittenShards(NamedTuple):
    """What a snapshot states about its shards and their delta."""

    shards: tuple[ShardRef, ...]
    counts: dict[str, int]
    """Status → number of passports."""
    delta_sha256: Sha256
    """Digest of the unpacked lines of the delta from the base."""
    delta_bytes: int
    """Size of these lines in bytes."""
    log: LogHead
    """The public log with what the generation does."""
    logged: Mapping[str, LoggedAt]
    """Kind of event → place of the last one that the generation states; those of its parent are not among them."""
    content_sha256: Sha256
    """Digest of what a search index of the passports is made from."""


@dataclass(frozen=True)
class ShardWriter:
    """Writes the shards of one publication on top of the generation `base`."""

    store: Store
    publication: Publication
    base: Reader | None
    written: Counter[Step]
    on_step: Progress
    events: Sequence[Event] = ()
    """What the generation does to keys and revocations."""

    def cut(self, generation: int) -> WrittenShards:
        """Write shards and the log's tiles; rows whose object is new get this `generation` as the one that issued it.

        Raises PublicationError when a row names a passport that is not stored, or when the number of rows is not the
        announced one, and ShardError when rows have other slots than those asked for, or are not sorted by slug.
        """
        shards, counts, lines, delta_bytes, content = [], Counter[str](), hashlib.sha256(), 0, ContentDigest()
        log = LogWriter(self.store, self.base, self.publication.run_id)
        places, drafts = log.append_events(self.events, generation)
        self._write_log(drafts)
        cuts = slots_by_shard(self.publication.passports)
        self.on_step(Step.SHARDS, 0, len(cuts))
        for index, slots in enumerate(cuts):
            before = {row.slug: row for row in self.base.rows(slots=slots)} if self.base else {}
            came = checked_rows(self.publication.rows(slots), slots)
            self._demand(row.object for row in came if not _is_unchanged(row, before))
            for line in print_delta(delta(before.values(), came)):
                lines.update(line)
                delta_bytes += len(line)
            for row in came:
                counts[row.status] += 1
                content.add(row)
            stamped = [_stamped(row, before, generation) for row in came]
            stamped = self._logged(log, before, stamped, generation)
            shards += [self._shard(index, stamped)] if stamped else []
            self.on_step(Step.SHARDS, index + 1, len(cuts))
        if counts.total() != self.publication.passports:
            announced = f"rows written: {counts.total()}, passports announced: {self.publication.passports}"
            raise PublicationError(f"{announced}: this is a fault in the run")
        self._write_log(log.last())
        return WrittenShards(
            tuple(shards),
            dict(sorted(counts.items())),
            lines.hexdigest(),
            delta_bytes,
            log.head,
            places,
            content.hexdigest(),
        )

    def _demand(self, objects: Iterable[Sha256]) -> None:
        """Raise PublicationError unless all objects exist: after the pointer has moved, readers would miss them."""
        written_ahead = [sha256 for sha256 in objects if sha256 not in self.publication.objects]
        there = each(self.store.exists, map(object_key, written_ahead), workers=self.store.workers)
        for sha256, exists in zip(written_ahead, there, strict=True):
            if not exists:
                raise PublicationError(f"{self.store.name}: a row names object {sha256}, which the run did not write")

    def _logged(
        self, log: LogWriter, before: dict[str, ShardRow], rows: list[ShardRow], generation: int
    ) -> list[ShardRow]:
        """Append what changed to the log; return the rows with the places of their entries."""
        places: dict[str, int] = {}
        for portion, drafts in log.append(before, rows, generation):
            places |= portion
            self._write_log(drafts)
        return [row.model_copy(update={"log_index": places[row.slug]}) if row.slug in places else row for row in rows]

    def _write_log(self, drafts: list[PendingWrite]) -> None:
        write_ahead(self.store, drafts)

    def _shard(self, index: int, rows: list[ShardRow]) -> ShardRef:
        """Write a shard, unless the base refers to an identical one."""
        body = encode_shard(rows)
        ref = ref_of(body, index=index, rows=len(rows))
        if self.base is None or ref not in self.base.snapshot.shards:
            self.written[Step.SHARDS] += self.store.create(shard_key(ref.sha256), body)
        return ref


def _is_unchanged(row: ShardRow, before: Mapping[str, ShardRow]) -> bool:
    return row.slug in before and before[row.slug].object == row.object


def _stamped(row: ShardRow, before: Mapping[str, ShardRow], generation: int) -> ShardRow:
    unchanged = before[row.slug] if _is_unchanged(row, before) else None
    issued_in, place = (unchanged.generation, unchanged.log_index) if unchanged else (generation, None)
    if (row.generation, row.log_index) == (issued_in, place):
        return row
    return row.model_copy(update={"generation": issued_in, "log_index": place})
