"""Reads one generation of a registry, from the pointer down, and judges passports by it."""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from datetime import datetime
from functools import cached_property, lru_cache, partial

from flows.registry.checks import ServedPassport, check_given, standing, verified
from flows.registry.revocations import read_revocations
from flows.registry.signed_files import (
    MAX_SNAPSHOT_BYTES,
    EmptyStoreError,
    NotInSnapshotError,
    RegistryError,
    TamperedError,
    follower,
    read_delta,
    read_hashed,
    read_head,
    read_listings,
    read_shard,
    read_signed_pointer,
    read_snapshot,
)
from flows.store.base import MissingKeyError, Store, find
from pipelines.registry.layout import object_key, rules_key, snapshot_key
from pipelines.registry.slots import EVERY_SLOT, overlapping, shard_by_slot, shards_over, slot
from pipelines.signing.keys import KeyRing
from pipelines.signing.verification import MAX_PASSPORT_BYTES
from schemas.registry import DeltaLine, ShardRef, ShardRow, Snapshot, SourceRef
from schemas.revocations import Revocation, RevocationList
from schemas.times import instant
from schemas.verdict import Finding

__all__ = ["EmptyStoreError", "NotInSnapshotError", "Reader", "RegistryError", "TamperedError", "read_served"]

_OBJECTS_KEPT = 256
_SHARDS_KEPT = 2
"""Shards cached at once; one of 8,000 rows takes some 25 MB. Two suffice for comparing two generations shard by shard,
in the order of `rows`."""


def read_served(store: Store, keys: KeyRing, at: datetime) -> "Reader | None":
    """Return a reader of the served generation, for a publisher to build on; None when nothing was published yet."""
    try:
        return Reader(store, keys, at)
    except EmptyStoreError:
        return None


class Reader:
    """One generation of a registry: the one served at the start, whatever is published later.

    An expired pointer is accepted, as a publisher has to build on it; `frozen` and `check` report it.
    The constructor raises EmptyStoreError and TamperedError, every method that reads raises TamperedError.
    """

    def __init__(self, store: Store, keys: KeyRing, at: datetime) -> None:
        self.store, self.keys, self.at = store, keys, at
        self.pointer, self.token, self.key_id = read_signed_pointer(store, keys)
        self.snapshot, self.snapshot_sha256 = read_head(store, self.pointer, keys)
        self.served, self.by_slot = self.snapshot, shard_by_slot(self.snapshot)
        self._object = lru_cache(_OBJECTS_KEPT)(self._read_object)
        self._shard = lru_cache(_SHARDS_KEPT)(partial(read_shard, store))

    @property
    def generation(self) -> int:
        """The number of this generation."""
        return self.snapshot.generation

    @property
    def is_served(self) -> bool:
        """Whether this is the generation that the pointer led to, which copies belong to, and not an ancestor of it."""
        return self.generation == self.served.generation

    @property
    def frozen(self) -> bool:
        """Whether the pointer has expired: somebody may be withholding newer generations."""
        return instant(self.pointer.expires_at) <= self.at

    @cached_property
    def revocations(self) -> RevocationList | None:
        """The list of revocations of the generation that is served; raise MissingKeyError or TamperedError."""
        ref = self.served.revocations
        return read_revocations(self.store, ref, self.keys) if ref else None

    @cached_property
    def revoked(self) -> Mapping[str, Revocation]:
        """Slug → its last revocation, by the generation that is served; raise MissingKeyError or TamperedError."""
        return self.revocations.latest() if self.revocations else {}

    @property
    def revocations_number(self) -> int:
        """The number of the list of revocations that is in force; 0 where there is none."""
        return self.served.revocations.number if self.served.revocations else 0

    def row(self, slug: str) -> ShardRow | None:
        """Return the row of one passport; None when this generation has no such slug."""
        ref = self.by_slot[slot(slug)]
        return self._shard(ref).get(slug) if ref else None

    def rows(self, snapshot: Snapshot | None = None, slots: range = EVERY_SLOT) -> Iterator[ShardRow]:
        """Yield the rows of some slots, of this generation or of an ancestor's snapshot.

        Only the shards that overlap the slots are read, one at a time; within a shard the rows are sorted by slug.
        """
        for ref, has_others in shards_over(snapshot or self.snapshot, slots):
            rows = self._shard(ref).values()
            yield from (row for row in rows if slot(row.slug) in slots) if has_others else rows

    def shard(self, ref: ShardRef) -> Iterable[ShardRow]:
        """Return the rows of one shard of this generation or of an ancestor."""
        return self._shard(ref).values()

    def passport(self, slug: str) -> bytes:
        """Return the signed passport of a slug, without `_links`; raise NotInSnapshotError when there is none."""
        row = self.row(slug)
        if row is None:
            raise NotInSnapshotError(f"{slug}: no such passport in {self}")
        return self._object(row.object)

    def object(self, sha256: str) -> bytes:
        """Return a signed passport by its hash: `ShardRow.object`, or `ShardRow.previous` for the version before."""
        return self._object(sha256)

    def rules(self) -> bytes:
        """Return the tables of rules that this snapshot names; raise TamperedError or MissingKeyError."""
        sha256 = self.snapshot.rules_sha256
        return read_hashed(self.store, rules_key(sha256), sha256)

    def source_listings(self, source: str, slots: range = EVERY_SLOT) -> Iterator[bytes]:
        """Yield the last good listings of a source, a JSON line each; raise NotInSnapshotError when it has none.

        Only the partitions that overlap the slots are read, one at a time. Each is given whole, with its lines of other
        slots: the caller filters by slug (`pipelines.registry.slots.slot`).
        """
        ref = self._source(source)
        for part, _ in overlapping(ref.parts, ref.count, slots):
            yield from read_listings(self.store, source, part)

    def at_generation(self, generation: int) -> "Reader":
        """Return a reader of the ancestor with this number; raise NotInSnapshotError when there is none."""
        return self.at_snapshot(self.snapshot_at(generation))

    def at_snapshot(self, snapshot: Snapshot) -> "Reader":
        """Return a reader of an ancestor, given a snapshot out of `ancestry`."""
        older = copy(self)
        older.snapshot, older.by_slot = snapshot, shard_by_slot(snapshot)
        return older

    def snapshot_at(self, generation: int) -> Snapshot:
        """Return the snapshot of an ancestor, found parent by parent: so it was served. Raises NotInSnapshotError."""
        for snapshot in self.ancestry():
            if snapshot.generation == generation:
                return snapshot
        raise NotInSnapshotError(f"generation {generation} is not an ancestor of {self}, or is no longer stored")

    def ancestry(self) -> Iterator[Snapshot]:
        """Yield the snapshots from this one back to the oldest retained, each checked by the hash in its child."""
        snapshot: Snapshot | None = self.snapshot
        while snapshot is not None:
            yield snapshot
            snapshot = self.parent(snapshot)

    def parent(self, snapshot: Snapshot) -> Snapshot | None:
        """Return the parent of a snapshot; None where it is the first, or where the parent is no longer retained."""
        if snapshot.parent is None or snapshot.parent_sha256 is None:
            return None
        try:
            return read_snapshot(self.store, snapshot.parent, self.keys, sha256=snapshot.parent_sha256)
        except MissingKeyError:
            return None

    def parent_reader(self) -> "Reader | None":
        """Return a reader of the parent; None where this generation is the first, or its parent is not retained."""
        parent = self.parent(self.snapshot)
        return self.at_snapshot(parent) if parent else None

    def delta(self, snapshot: Snapshot | None = None) -> Iterator[DeltaLine]:
        """Yield what this generation or an ancestor changed, a line per passport; raise MissingKeyError."""
        return read_delta(self.store, snapshot or self.snapshot)

    def overtaken(self) -> bool:
        """Whether another generation is served by now; raises EmptyStoreError when the pointer is gone."""
        pointer, token, _ = read_signed_pointer(self.store, self.keys)
        if token == self.token and pointer.commit == "swap":
            return False
        return read_head(self.store, pointer, self.keys)[0].generation != self.generation

    def followed_at(self, generation: int) -> bool:
        """Whether the stored snapshot of that number names this generation as its parent."""
        blob = find(self.store, snapshot_key(generation), max_bytes=MAX_SNAPSHOT_BYTES)
        follows = blob and follower(self.store, generation, blob.body, self.keys, self.snapshot_sha256)
        return follows is not None

    def check(self, target: str | bytes, *, seen_generation: int | None = None) -> Finding:
        """Return the verdict on a passport, given as slug or as bytes, by its signature and by this generation.

        `seen_generation` is the highest generation that the caller saw before: serving an older one is a rollback.
        """
        finding = verified(self, target).finding if isinstance(target, str) else check_given(self, target)
        return (self.standing(seen_generation) or finding) if finding.verdict.good else finding

    def verified(self, slug: str, *, seen_generation: int | None = None) -> ServedPassport:
        """Return the passport of a slug with the verdict on it; its content is None unless trusted keys signed it."""
        served = verified(self, slug)
        why_not = self.standing(seen_generation) if served.finding.verdict.good else None
        return served._replace(finding=why_not) if why_not else served

    def standing(self, seen_generation: int | None = None) -> Finding | None:
        """Return why nothing of this generation is to be relied on, such as an expired pointer; None where it is."""
        return standing(self, seen_generation)

    def as_of(self, at: datetime) -> "Reader":
        """Return a reader of the same generation that judges at another instant."""
        later = copy(self)
        later.at = at
        return later

    def __str__(self) -> str:
        return f"generation {self.generation} of {self.store.name}"

    def _source(self, source: str) -> SourceRef:
        for ref in self.snapshot.sources:
            if ref.source == source:
                return ref
        raise NotInSnapshotError(f"no listings of source {source!r} in {self}: crawl it first")

    def _read_object(self, sha256: str) -> bytes:
        return read_hashed(self.store, object_key(sha256), sha256, max_bytes=MAX_PASSPORT_BYTES)
