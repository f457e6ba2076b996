"""What a publication writes before its pointer moves: files that never change and that nobody sees until then."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from flows.publication import Progress, Publication, PublicationError, SourceFile, Step, reported
from flows.reader import Reader
from flows.sealed import MAX_SNAPSHOT_BYTES, seal
from flows.store.base import Store, StoreUnavailableError, find
from flows.store.keys import object_key, run_key, shard_key, snapshot_key, source_key
from flows.store.pool import each
from pipelines.deltas import delta, delta_sha256
from pipelines.keys import Signer
from pipelines.shards import encode_shard, split
from schemas.registry import Commit, ShardRef, ShardRow, Snapshot, SourceRef
from schemas.times import timestamp


def write_objects(store: Store, objects: Iterable[tuple[str, bytes]]) -> Iterator[bool]:
    """Write signed passports by their hash, many at once; tells of each whether it was new.

    Nobody sees them until a snapshot names them, so a large run can write its passports ahead as it signs them. Raises
    PublicationError when bytes do not hash to their name.
    """
    return each(lambda item: _write_object(store, *item), objects, workers=store.workers)


def write_report(store: Store, run_id: str, report: bytes) -> bool:
    """Write a run's report, also of a run that publishes nothing else; False when that run has one already."""
    return store.create(run_key(run_id), report)


def _write_object(store: Store, sha256: str, body: bytes) -> bool:
    if _sha256(body) != sha256:
        raise PublicationError(f"object {sha256} does not hash to its name: this is a fault in the run")
    return store.create(object_key(sha256), body)


@dataclass(frozen=True)
class Immutables:
    """The immutable files of one publication, made against the generation that it follows."""

    store: Store
    signer: Signer
    publication: Publication
    base: Reader | None
    commit: Commit
    now: datetime
    written: Counter[Step]
    on_step: Progress

    def write(self) -> tuple[int, str] | None:
        """Write all of them; returns the generation and the hash of its snapshot.

        None where the creation of the snapshot commits and another publisher's was created first.
        """
        before = {row.slug: row for row in self.base.rows()} if self.base else {}
        self._objects(before)
        sources = self._sources()
        with reported(self.on_step, Step.REPORT):
            self.written[Step.REPORT] += write_report(self.store, self.publication.run_id, self.publication.run_report)
        return self._snapshot(before, sources)

    def _objects(self, before: dict[str, ShardRow]) -> None:
        objects = self.publication.objects
        self.on_step(Step.OBJECTS, 0, len(objects))
        for done, new in enumerate(write_objects(self.store, objects.items()), start=1):
            self.written[Step.OBJECTS] += new
            self.on_step(Step.OBJECTS, done, len(objects))
        changed = (row for row in self.publication.rows if not _kept(row, before))
        self._demand([row.object for row in changed if row.object not in objects])

    def _demand(self, written_ahead: list[str]) -> None:
        """See that what rows name is there: once the pointer has moved it is too late."""
        there = each(self.store.exists, map(object_key, written_ahead), workers=self.store.workers)
        for sha256, exists in zip(written_ahead, there, strict=True):
            if not exists:
                raise PublicationError(f"{self.store.name}: a row names object {sha256}, which the run did not write")

    def _sources(self) -> tuple[SourceRef, ...]:
        """Refer to the sources crawled anew, and to the others as the parent does."""
        refs = {ref.source: ref for ref in self.base.snapshot.sources} if self.base else {}
        with reported(self.on_step, Step.SOURCES, len(self.publication.sources)):
            for name, file in self.publication.sources.items():
                refs[name] = self._source(name, file)
        return tuple(refs[name] for name in sorted(refs))

    def _source(self, name: str, file: SourceFile) -> SourceRef:
        sha256 = _sha256(file.body)
        self.written[Step.SOURCES] += self.store.create(source_key(name, sha256), file.body)
        return SourceRef(source=name, sha256=sha256, listings=file.listings, last_scraped_at=file.last_scraped_at)

    def _snapshot(self, before: dict[str, ShardRow], sources: tuple[SourceRef, ...]) -> tuple[int, str] | None:
        """Take the next number that is free: a killed or a slower publisher may have left its snapshot at one."""
        changes = delta_sha256(delta(before.values(), self.publication.rows))
        for generation in count((self.base.generation if self.base else 0) + 1):
            rows = [_stamped(row, before, generation) for row in self.publication.rows]
            snapshot = Snapshot(
                generation=generation,
                parent=self.base.generation if self.base else None,
                parent_sha256=self.base.snapshot_sha256 if self.base else None,
                delta_sha256=changes,
                created_at=timestamp(self.now),
                shards=self._shards(rows),
                sources=sources,
                counts=dict(sorted(Counter(row.status for row in rows).items())),
                rules_sha256=self.publication.rules_sha256,
                run=self.publication.run_id,
            )
            body = seal(snapshot, self.signer)
            if self._claimed(snapshot_key(generation), body):
                return generation, _sha256(body)
            if self.commit == "create" and self.base and self.base.followed_at(generation):
                return None
        raise PublicationError("there is always a next number")

    def _claimed(self, key: str, body: bytes) -> bool:
        """Create a snapshot; the very same one, left by a killed run or an answer that got lost, is as good."""
        if self.commit == "create":
            self.store.barrier()  # what it names must be there before it is
        with reported(self.on_step, Step.SNAPSHOT):
            try:
                created = self.store.create(key, body)
            except StoreUnavailableError:
                if (there := find(self.store, key, max_bytes=MAX_SNAPSHOT_BYTES)) is None or there.body != body:
                    raise
                return True
            self.written[Step.SNAPSHOT] += created
            return created or self.store.get(key, max_bytes=MAX_SNAPSHOT_BYTES).body == body

    def _shards(self, rows: list[ShardRow]) -> tuple[ShardRef, ...]:
        shards = split(rows)
        with reported(self.on_step, Step.SHARDS, len(shards)):
            made = list(each(lambda item: self._shard(*item), shards.items(), workers=self.store.workers))
        self.written[Step.SHARDS] += sum(new for _, new in made)
        return tuple(ref for ref, _ in made)

    def _shard(self, index: int, rows: tuple[ShardRow, ...]) -> tuple[ShardRef, bool]:
        body = encode_shard(rows)
        sha256 = _sha256(body)
        return ShardRef(index=index, sha256=sha256, rows=len(rows)), self.store.create(shard_key(sha256), body)


def _kept(row: ShardRow, before: dict[str, ShardRow]) -> bool:
    return row.slug in before and before[row.slug].object == row.object


def _stamped(row: ShardRow, before: dict[str, ShardRow], generation: int) -> ShardRow:
    issued_in = before[row.slug].generation if _kept(row, before) else generation
    return row if row.generation == issued_in else row.model_copy(update={"generation": issued_in})


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
