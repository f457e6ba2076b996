"""Writes the immutable files of a publication, which no reader reaches until the pointer moves."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import NamedTuple

from flows.publish.copies import finish_log
from flows.publish.events import events_of
from flows.publish.index_writer import IndexWriter
from flows.publish.publication import Publication, PublicationError, Publisher, SourcePart, SourceParts, Step, reported
from flows.publish.shard_writer import ShardWriter
from flows.registry.reader import Reader
from flows.registry.signed_files import MAX_SNAPSHOT_BYTES, seal
from flows.store.base import Store, StoreUnavailableError, find
from flows.store.pool import each
from pipelines.registry.layout import object_key, revocations_key, rules_key, run_key, snapshot_key, source_key
from pipelines.registry.packing import ref_of
from pipelines.registry.slots import COUNTS
from schemas.events import Event
from schemas.registry import Commit, SearchRef, ShardRef, Snapshot, SourceRef
from schemas.revocations import RevocationsRef
from schemas.times import timestamp


def write_objects(store: Store, objects: Iterable[tuple[str, bytes]]) -> Iterator[bool]:
    """Write signed passports under their hashes, in parallel; yields for each whether it was new.

    They may be written ahead of a publication, as they are signed: no reader sees them until a snapshot names them.
    Raises PublicationError when bytes do not have the hash given with them.
    """
    return each(lambda item: _write_object(store, *item), objects, workers=store.workers)


def write_report(store: Store, run_id: str, report: bytes) -> bool:
    """Write the report of a run, which may have published nothing; returns False when the run has one already."""
    return store.create(run_key(run_id), report)


def _write_object(store: Store, sha256: str, body: bytes) -> bool:
    if _sha256(body) != sha256:
        raise PublicationError(f"object {sha256} does not hash to its name: this is a fault in the run")
    return store.create(object_key(sha256), body)


class WrittenSnapshot(NamedTuple):
    """A snapshot that was written, with all that it names."""

    generation: int
    sha256: str
    events: tuple[Event, ...]
    """What the generation does to keys and revocations."""


@dataclass(frozen=True)
class Immutables:
    """The immutable files of one attempt at a publication on top of the generation `base`."""

    publisher: Publisher
    publication: Publication
    base: Reader | None
    commit: Commit
    now: datetime
    written: Counter[Step]
    after: int = 0
    """A generation that readers may have seen: the new number is higher, even if the store has lost that generation."""

    def write(self) -> WrittenSnapshot | None:
        """Write all files; return what was written, None if another publisher was first.

        That is found here only where creating the snapshot commits; elsewhere the pointer's swap decides.
        """
        self._objects()
        sources = self._sources()
        rules_sha256 = self._rules()
        with reported(self.publisher.on_step, Step.REPORT):
            run_id, report = self.publication.run_id, self.publication.run_report
            self.written[Step.REPORT] += write_report(self.publisher.store, run_id, report)
        return self._snapshot(sources, rules_sha256, self._revocations())

    def _revocations(self) -> RevocationsRef | None:
        """Write a new list of revocations; returns a reference to it, or the base's where there is none."""
        sealed = self.publication.revocations
        with reported(self.publisher.on_step, Step.REVOCATIONS):
            if sealed is None:
                return self.base.snapshot.revocations if self.base else None
            key = revocations_key(sealed.ref.sha256)
            self.written[Step.REVOCATIONS] += self.publisher.store.create(key, sealed.body)
            return sealed.ref

    def _objects(self) -> None:
        objects = self.publication.objects
        self.publisher.on_step(Step.OBJECTS, 0, len(objects))
        for done, new in enumerate(write_objects(self.publisher.store, objects.items()), start=1):
            self.written[Step.OBJECTS] += new
            self.publisher.on_step(Step.OBJECTS, done, len(objects))

    def _sources(self) -> tuple[SourceRef, ...]:
        """Write the sources crawled anew; returns references to these, and the base's references to the others."""
        refs = {ref.source: ref for ref in self.base.snapshot.sources} if self.base else {}
        with reported(self.publisher.on_step, Step.SOURCES, len(self.publication.sources)):
            for name, source in self.publication.sources.items():
                refs[name] = self._source(name, source, refs[name].parts if name in refs else ())
        return tuple(refs[name] for name in sorted(refs))

    def _source(self, name: str, source: SourceParts, last: tuple[ShardRef, ...]) -> SourceRef:
        return SourceRef(
            source=name,
            count=_count_of(name, source.parts),
            parts=tuple(self._part(name, part, last) for part in source.parts if part.listings),
            listings=source.listings,
            last_scraped_at=source.last_scraped_at,
            list_crawls=source.list_crawls,
        )

    def _part(self, name: str, part: SourcePart, last: tuple[ShardRef, ...]) -> ShardRef:
        """Write a partition, unless the base refers to an identical one."""
        body = part.read()
        ref = ref_of(body, index=part.index, rows=part.listings)
        if ref not in last:
            self.written[Step.SOURCES] += self.publisher.store.create(source_key(name, ref.sha256), body)
        return ref

    def _rules(self) -> str:
        """Write the rules, unless the base has the same; returns their hash."""
        sha256 = _sha256(self.publication.rules)
        with reported(self.publisher.on_step, Step.RULES):
            if self.base is None or self.base.snapshot.rules_sha256 != sha256:
                self.written[Step.RULES] += self.publisher.store.create(rules_key(sha256), self.publication.rules)
        return sha256

    def _snapshot(
        self, sources: tuple[SourceRef, ...], rules_sha256: str, revocations: RevocationsRef | None
    ) -> WrittenSnapshot | None:
        """Write shards and snapshot under the next free number: publishers killed or overtaken may have used some."""
        on_step = self.publisher.on_step
        root = self.publisher.chain.ref if self.publisher.chain else None
        last = self.base.snapshot if self.base else None
        if self.base:
            finish_log(self.base)
        events = events_of(self.publisher.store, last, root, revocations)
        cutter = ShardWriter(self.publisher.store, self.publication, self.base, self.written, on_step, events)
        indexer = IndexWriter(self.publisher.store, self.publication, self.base, self.written, on_step)
        search: SearchRef | None = None
        for generation in count(max(self.base.generation if self.base else 0, self.after) + 1):
            made = cutter.cut(generation)
            search = search or indexer.write(made)
            snapshot = Snapshot(
                generation=generation,
                parent=self.base.generation if self.base else None,
                parent_sha256=self.base.snapshot_sha256 if self.base else None,
                delta_sha256=made.delta_sha256,
                delta_bytes=made.delta_bytes,
                created_at=timestamp(self.now),
                shards=made.shards,
                sources=sources,
                counts=made.counts,
                search=search,
                rules_sha256=rules_sha256,
                log=made.log,
                lifetimes=dict(self.publication.lifetimes),
                run=self.publication.run_id,
                root=root,
                root_logged=made.logged.get("root", last.root_logged if last else None),
                revocations=revocations,
                revocations_logged=made.logged.get("revocations", last.revocations_logged if last else None),
            )
            body = seal(snapshot, self.publisher.signer)
            if self._claimed(snapshot_key(generation), body):
                return WrittenSnapshot(generation, _sha256(body), events)
            if self.commit == "create" and self.base and self.base.followed_at(generation):
                return None
        raise PublicationError("there is always a next number")

    def _claimed(self, key: str, body: bytes) -> bool:
        """Create a snapshot; returns True too when the same bytes are there, from a killed run or a lost response."""
        store = self.publisher.store
        if self.commit == "create":
            store.barrier()  # the snapshot commits, so the files that it names must be durable first
        with reported(self.publisher.on_step, Step.SNAPSHOT):
            try:
                created = store.create(key, body)
            except StoreUnavailableError:
                if (there := find(store, key, max_bytes=MAX_SNAPSHOT_BYTES)) is None or there.body != body:
                    raise
                return True
            self.written[Step.SNAPSHOT] += created
            return created or store.get(key, max_bytes=MAX_SNAPSHOT_BYTES).body == body


def _count_of(name: str, parts: tuple[SourcePart, ...]) -> int:
    """Return how many partitions a source has; raise PublicationError unless these are in order, without repeats."""
    count = parts[0].count if parts else 1
    indices = [part.index for part in parts if part.count == count]
    if count not in COUNTS or len(indices) < len(parts) or indices != sorted({*indices} & {*range(count)}):
        raise PublicationError(
            f"source {name}: its parts are not those of one cut, in order: this is a fault in the run"
        )
    return count


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
