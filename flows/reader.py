"""Reading the registry: from the pointer down, believing only what is signed and hashes to what was signed."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

import orjson
from pydantic import ValidationError

from flows.errors import FlowError
from flows.store.base import MissingKeyError, Store, find
from flows.store.keys import POINTER_KEY, object_key, passport_copy_key, shard_key, snapshot_key, source_key
from pipelines.errors import PipelineError
from pipelines.shards import decode_shard, shard_count, shard_index, unpack
from pipelines.signing import SNAPSHOT_PAYLOAD_TYPE, TIMESTAMP_PAYLOAD_TYPE, KeyRing, open_record
from pipelines.verify import verify_passport
from schemas.base import Frozen
from schemas.registry import Pointer, ShardRef, ShardRow, Snapshot, SourceRef
from schemas.times import instant
from schemas.verdict import Finding, Verdict

MAX_POINTER_BYTES = 64 * 2**10
MAX_SNAPSHOT_BYTES = 2**20
MAX_OBJECT_BYTES = 4 * 2**20
"""Sixty times the largest passport seen."""
_OBJECTS_KEPT = 256
_SHARDS_KEPT = 16
_OFFERED_ANEW = "restore the store from a copy, or publish again"

Record = TypeVar("Record", bound=Frozen)


class RegistryError(FlowError):
    """The registry does not hold what it should."""


class EmptyStoreError(RegistryError):
    """Nothing has been published to the store yet."""


class TamperedError(RegistryError):
    """Something in the store is not what was signed: it was changed, cut off, or signed with another key."""


class NotInSnapshotError(RegistryError):
    """The generation that is served has no such passport, source or ancestor."""


class Reader:
    """One generation of a registry: whatever is published meanwhile, all answers are about the one it began with.

    An expired pointer is read all the same (`frozen` tells, `check` says so): a publisher has to build on it.
    Raises EmptyStoreError and TamperedError from the start, TamperedError from every reading method.
    """

    def __init__(self, store: Store, keys: KeyRing, at: datetime) -> None:
        self._store, self._keys, self._at = store, keys, at
        pointer = find(store, POINTER_KEY, max_bytes=MAX_POINTER_BYTES)
        if pointer is None:
            raise EmptyStoreError(f"nothing published yet at {store.name}: run `passports refresh`")
        self.token = pointer.token
        """Names the pointer that was read, to `Store.swap`."""
        self.pointer = self._signed(Pointer, POINTER_KEY, pointer.body, TIMESTAMP_PAYLOAD_TYPE)
        body = self._hashed(snapshot_key(self.generation), self.pointer.snapshot_sha256, MAX_SNAPSHOT_BYTES)
        self.snapshot = self._snapshot(self.generation, body)
        self._object = lru_cache(_OBJECTS_KEPT)(self._read_object)
        self._shard = lru_cache(_SHARDS_KEPT)(self._read_shard)

    @property
    def generation(self) -> int:
        """The generation that is served."""
        return self.pointer.generation

    @property
    def frozen(self) -> bool:
        """Whether the pointer has expired, so that there may be newer generations that are kept from us."""
        return instant(self.pointer.expires_at) <= self._at

    def row(self, slug: str) -> ShardRow | None:
        """Look up one passport; None when this generation has none of that name."""
        count = shard_count(sum(ref.rows for ref in self.snapshot.shards))
        for ref in self.snapshot.shards:
            if ref.index == shard_index(slug, count):
                return self._shard(ref).get(slug)
        return None

    def rows(self, snapshot: Snapshot | None = None) -> Iterator[ShardRow]:
        """Give every row, shard by shard, of this generation or of an earlier one's snapshot."""
        for ref in (snapshot or self.snapshot).shards:
            yield from self._shard(ref).values()

    def passport(self, slug: str) -> bytes:
        """Give the signed passport as published, without `_links`; raise NotInSnapshotError."""
        row = self.row(slug)
        if row is None:
            raise NotInSnapshotError(f"{slug}: no such passport in generation {self.generation} of {self._store.name}")
        return self._object(row.object)

    def object(self, sha256: str) -> bytes:
        """Give a signed passport by its hash: `ShardRow.object`, or `ShardRow.previous` for what was served before."""
        return self._object(sha256)

    def source_listings(self, source: str) -> Iterator[bytes]:
        """Give the last good listings of a source, a JSON line each; raise NotInSnapshotError when it has none."""
        ref = self._source(source)
        key = source_key(source, ref.sha256)
        try:
            yield from unpack(self._hashed(key, ref.sha256, None))
        except PipelineError as error:
            raise self._tampered(key, str(error)) from error

    def snapshot_at(self, generation: int) -> Snapshot:
        """Give the snapshot of an ancestor, reached parent by parent, so that none is believed that was never served."""
        snapshot = self.snapshot
        while snapshot.generation > generation and snapshot.parent is not None:
            key = snapshot_key(snapshot.parent)
            snapshot = self._snapshot(snapshot.parent, self._store.get(key, max_bytes=MAX_SNAPSHOT_BYTES).body)
        if snapshot.generation != generation:
            raise NotInSnapshotError(f"generation {generation} was never served at {self._store.name}")
        return snapshot

    def check(self, target: str | bytes, *, seen_generation: int | None = None) -> Finding:
        """Judge a passport, given as its slug or its bytes, by its signature and by what the registry says of it.

        `seen_generation` is the newest that the asker has seen before: an older one now is a rollback.
        """
        finding = self._check_served(target) if isinstance(target, str) else self._check_presented(target)
        return self._standing(seen_generation) or finding if finding.verdict.good else finding

    def check_copy(self, slug: str, *, seen_generation: int | None = None) -> Finding:
        """Judge the copy that `_links.self` names: it must be this slug's passport, and the one served."""
        copy = find(self._store, passport_copy_key(slug), max_bytes=MAX_OBJECT_BYTES)
        if copy is None:
            return Finding(Verdict.NOT_IN_SNAPSHOT, f"nothing lies at {passport_copy_key(slug)}")
        finding = self.check(copy.body, seen_generation=seen_generation)
        if finding.verdict.good and _slug_of(orjson.loads(copy.body)) != slug:
            return Finding(Verdict.NOT_IN_SNAPSHOT, f"{passport_copy_key(slug)} holds another model's passport")
        return finding

    def _check_served(self, slug: str) -> Finding:
        row = self.row(slug)
        blob = row and find(self._store, object_key(row.object), max_bytes=MAX_OBJECT_BYTES)
        if row is None or blob is None:
            return self._not_served(f"{slug}: no such passport")
        finding, document = verify_passport(blob.body, keys=self._keys, at=self._at)
        if document is None or not finding.verdict.good:
            return finding
        if _sha256(blob.body) != row.object or _slug_of(document) != slug:
            return self._not_served(f"{slug}: what lies at {object_key(row.object)} is not the passport")
        return Finding(Verdict.OK, f"signed by a trusted key, in date, and served by generation {self.generation}")

    def _check_presented(self, raw: bytes) -> Finding:
        finding, document = verify_passport(raw, keys=self._keys, at=self._at)
        if document is None or not finding.verdict.good:
            return finding
        slug = _slug_of(document)
        served = self._check_served(slug)
        if not served.verdict.good:
            return served
        theirs, ours = document["passport"], orjson.loads(self.passport(slug))["passport"]
        if theirs["signature"] == ours["signature"]:
            return served
        if theirs["signedAt"] > ours["signedAt"]:
            return self._not_served(f"{slug}: this passport, signed at {theirs['signedAt']}, is not")
        return Finding(Verdict.SUPERSEDED, f"{slug}: genuine, but the registry serves one signed at {ours['signedAt']}")

    def _not_served(self, what: str) -> Finding:
        return Finding(Verdict.NOT_IN_SNAPSHOT, f"{what} in generation {self.generation} of {self._store.name}")

    def _standing(self, seen_generation: int | None) -> Finding | None:
        if seen_generation is not None and seen_generation > self.generation:
            return Finding(
                Verdict.ROLLBACK,
                f"the registry serves generation {self.generation}, and generation {seen_generation} was seen before",
            )
        if self.frozen:
            reason = f"the registry's pointer expired at {self.pointer.expires_at}: what it serves may be outdated"
            return Finding(Verdict.FREEZE, reason)
        return None
