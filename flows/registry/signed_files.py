"""Reads single registry files, accepting only those that a trusted key signed or whose hash a signed file states."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import orjson
from pydantic import ValidationError

from flows.errors import FlowError
from flows.store.base import MAX_BLOB_BYTES, MissingKeyError, Store, TooLargeError, find
from pipelines.errors import PipelineError
from pipelines.registry import layout
from pipelines.registry.deltas import decode_delta, delta_sha256
from pipelines.registry.layout import POINTER_KEY, delta_key, shard_key, snapshot_key, source_key
from pipelines.registry.packing import MAX_PART_BYTES, most_packed_bytes, unpack
from pipelines.registry.shards import MAX_DELTA_BYTES, MAX_SHARD_BYTES, decode_shard
from pipelines.signing.keys import KeyRing, Signer
from pipelines.signing.registry_files import open_file, sign_file
from pipelines.signing.signatures import PAGES_TYPE, SNAPSHOT_TYPE, TIMESTAMP_TYPE
from schemas.base import Frozen
from schemas.registry import DeltaLine, PageList, Pointer, SearchRef, ShardRef, ShardRow, Snapshot

REMEDY = "repair it from another store with `passports store scrub --copy URL`"
NEW_STORE = "another version of passports made it: use that one, or publish to an empty store"
MAX_POINTER_BYTES = 64 * 2**10
MOST_STRAY = 64  # each is of a publisher that was killed or overtaken
MAX_SNAPSHOT_BYTES = 2**20
"""Three times the size of a snapshot that names 256 shards, and 256 partitions of each of eight sources."""

Record = TypeVar("Record", bound=Frozen)
_TYPES: dict[type[Frozen], str] = {Pointer: TIMESTAMP_TYPE, Snapshot: SNAPSHOT_TYPE, PageList: PAGES_TYPE}
"""Record → the type that is signed with it."""


class RegistryError(FlowError):
    """The registry cannot be read as it should; the subclasses say why."""


class EmptyStoreError(RegistryError):
    """Nothing has been published to the store yet, or it has lost its pointer; the message says which."""

    def __init__(self, store: Store) -> None:
        lost = f"{POINTER_KEY} is missing, but generations are stored: restore it, or run `passports store repair`"
        empty = f"nothing published yet at {store.name}: run `passports refresh`"
        super().__init__(f"{store.name}: {lost}" if store.exists(layout.APPLIED_KEY) else empty)


class TamperedError(RegistryError):
    """A stored file is not what was signed: it was changed, cut off, or signed with another key."""


class NotInSnapshotError(RegistryError):
    """The generation that is read has no such passport, source or ancestor."""


def seal(record: Pointer | Snapshot | PageList, signer: Signer) -> bytes:
    """Sign a pointer, a snapshot or a list of pages; returns the bytes to store."""
    payload_type = _TYPES[type(record)]
    return orjson.dumps(sign_file(record.model_dump(mode="json"), payload_type=payload_type, signer=signer))


def read_pointer(store: Store, keys: KeyRing) -> tuple[Pointer, str]:
    """Return the pointer and its token for `Store.swap`.

    Raises EmptyStoreError where there is no pointer, and TamperedError where none of these keys signed it.
    """
    return read_signed_pointer(store, keys)[:2]


def read_signed_pointer(store: Store, keys: KeyRing) -> tuple[Pointer, str, str]:
    """Return the pointer, its token, and the id of the key that signed it; raise as `read_pointer` does."""
    blob = find(store, POINTER_KEY, max_bytes=MAX_POINTER_BYTES)
    if blob is None:
        raise EmptyStoreError(store)
    pointer = opened_record(Pointer, blob.body, TIMESTAMP_TYPE, keys, place=f"{store.name}: {POINTER_KEY}")
    return pointer, blob.token, orjson.loads(blob.body)["keyId"]


def read_snapshot(store: Store, generation: int, keys: KeyRing, *, sha256: str) -> Snapshot:
    """Return a generation's snapshot after checking hash and signature; raise MissingKeyError or TamperedError."""
    key = snapshot_key(generation)
    body = read_hashed(store, key, sha256, max_bytes=MAX_SNAPSHOT_BYTES)
    snapshot = opened_record(Snapshot, body, SNAPSHOT_TYPE, keys, place=f"{store.name}: {key}")
    if snapshot.generation != generation:
        raise tampered(store, key, f"is the snapshot of generation {snapshot.generation}")
    return snapshot


def read_head(store: Store, pointer: Pointer, keys: KeyRing) -> tuple[Snapshot, str]:
    """Return the snapshot that is served, and its hash; raise TamperedError.

    It is the one that the pointer names; where creating a snapshot commits, the last of those that follow it, each
    naming the one before as its parent. `MOST_STRAY` others in a row are read: a mirror can make up files without end.
    """
    snapshot = read_snapshot(store, pointer.generation, keys, sha256=pointer.snapshot_sha256)
    sha256, number = pointer.snapshot_sha256, pointer.generation
    strays = 0
    while pointer.commit == "create" and strays < MOST_STRAY:
        number, strays = number + 1, strays + 1
        blob = find(store, snapshot_key(number), max_bytes=MAX_SNAPSHOT_BYTES)
        if blob is None:
            break
        if (later := follower(store, number, blob.body, keys, sha256)) is not None:
            snapshot, sha256, strays = later, hashlib.sha256(blob.body).hexdigest(), 0
    return snapshot, sha256


def follower(store: Store, generation: int, body: bytes, keys: KeyRing, parent_sha256: str) -> Snapshot | None:
    """Return a snapshot if its parent has this hash; None when it has another parent or no trusted signature."""
    snapshot = _signed_snapshot(store, generation, body, keys)
    return snapshot if snapshot and snapshot.parent_sha256 == parent_sha256 else None


def find_snapshot(store: Store, generation: int, keys: KeyRing) -> tuple[Snapshot, str] | None:
    """Return the stored snapshot of a number and its hash, served or not; None unless these keys signed it.

    Raises StoreUnavailableError.
    """
    try:
        body = store.get(snapshot_key(generation), max_bytes=MAX_SNAPSHOT_BYTES).body
    except (MissingKeyError, TooLargeError):
        return None
    snapshot = _signed_snapshot(store, generation, body, keys)
    return (snapshot, hashlib.sha256(body).hexdigest()) if snapshot else None


def _signed_snapshot(store: Store, generation: int, body: bytes, keys: KeyRing) -> Snapshot | None:
    try:
        snapshot = opened_record(Snapshot, body, SNAPSHOT_TYPE, keys, place=f"{store.name}: {snapshot_key(generation)}")
    except TamperedError:
        return None
    return snapshot if snapshot.generation == generation else None


def read_delta(store: Store, snapshot: Snapshot) -> Iterator[DeltaLine]:
    """Yield what a generation changed; raise MissingKeyError, or TamperedError when the file is not what was signed."""
    body = checked_delta(store, delta_key(snapshot.generation), snapshot.delta_sha256, snapshot.delta_bytes)
    return decode_delta(body)


def checked_delta(store: Store, key: str, sha256: str, unpacked_bytes: int | None) -> bytes:
    """Return a packed delta whose unpacked lines have this hash; raise MissingKeyError or TamperedError.

    Reads and unpacks no more than `unpacked_bytes` allow, or a fixed bound for old generations, which do not state it.
    """
    largest = MAX_DELTA_BYTES if unpacked_bytes is None else unpacked_bytes
    body = _bounded(store, key, min(most_packed_bytes(largest), MAX_BLOB_BYTES))
    try:
        found = delta_sha256(body, max_bytes=largest)
    except PipelineError as error:
        raise tampered(store, key, str(error)) from error
    if found != sha256:
        raise tampered(store, key, "is not the delta that its snapshot names")
    return body


def read_hashed(store: Store, key: str, sha256: str, *, max_bytes: int = MAX_BLOB_BYTES) -> bytes:
    """Return the bytes at a key; raise MissingKeyError, or TamperedError when their hash is not `sha256`."""
    body = _bounded(store, key, max_bytes)
    if hashlib.sha256(body).hexdigest() != sha256:
        raise tampered(store, key, f"does not hash to {sha256}, which a signed file states")
    return body


def save_search(store: Store, ref: SearchRef, path: Path) -> None:
    """Write the search index that a snapshot names to a new file; raise MissingKeyError or TamperedError."""
    save_hashed(store, layout.search_key(ref.sha256), ref.sha256, path, max_bytes=ref.size_bytes)


def save_hashed(store: Store, key: str, sha256: str, path: Path, *, max_bytes: int) -> None:
    """Write the bytes at a key to a new file, in pieces; raise as `read_hashed` does."""
    try:
        store.save(key, path, max_bytes=max_bytes)
    except TooLargeError as error:
        raise tampered(store, key, f"is larger than the {max_bytes} bytes that its snapshot states") from error
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise tampered(store, key, "is not the file that its snapshot names")


def read_shard(store: Store, ref: ShardRef) -> dict[str, ShardRow]:
    """Return the rows of a shard: slug → row; raise TamperedError when they are not what was signed."""
    key = shard_key(ref.sha256)
    try:
        largest = MAX_SHARD_BYTES if ref.unpacked_bytes is None else ref.unpacked_bytes
        rows = {row.slug: row for row in decode_shard(_packed(store, key, ref), max_bytes=largest)}
    except PipelineError as error:
        raise tampered(store, key, str(error)) from error
    if len(rows) != ref.rows:
        raise tampered(store, key, f"has {len(rows)} rows, not {ref.rows} as a signed file states")
    return rows


def read_listings(store: Store, source: str, part: ShardRef) -> Iterator[bytes]:
    """Yield the lines of one partition of a source; raise TamperedError when they are not what was signed."""
    key = source_key(source, part.sha256)
    try:
        largest = MAX_PART_BYTES if part.unpacked_bytes is None else part.unpacked_bytes
        yield from unpack(_packed(store, key, part), max_bytes=largest)
    except PipelineError as error:
        raise tampered(store, key, str(error)) from error


def read_page_list(store: Store, keys: KeyRing) -> tuple[PageList, bytes] | None:
    """Return the signed list of the pages, and its bytes; None where there is none; raise TamperedError."""
    blob = find(store, layout.PAGES_KEY, max_bytes=MAX_SNAPSHOT_BYTES)
    return blob and (
        opened_record(PageList, blob.body, PAGES_TYPE, keys, place=f"{store.name}: {layout.PAGES_KEY}"),
        blob.body,
    )


def read_page_lines(store: Store, part: ShardRef) -> Iterator[bytes]:
    """Yield the lines of one part of the list of pages; raise TamperedError, MissingKeyError."""
    key = layout.page_list_key(part.sha256)
    try:
        largest = MAX_SHARD_BYTES if part.unpacked_bytes is None else part.unpacked_bytes
        yield from unpack(_packed(store, key, part), max_bytes=largest)
    except PipelineError as error:
        raise tampered(store, key, str(error)) from error


def tampered(store: Store, key: str, reason: str) -> TamperedError:
    """Return the error that names store, key, reason and remedy."""
    return TamperedError(f"{store.name}: {key} {reason}: {REMEDY}")


def _packed(store: Store, key: str, ref: ShardRef) -> bytes:
    largest = MAX_BLOB_BYTES if ref.packed_bytes is None else ref.packed_bytes
    return read_hashed(store, key, ref.sha256, max_bytes=largest)


def _bounded(store: Store, key: str, max_bytes: int) -> bytes:
    try:
        return store.get(key, max_bytes=max_bytes).body
    except TooLargeError as error:
        raise tampered(store, key, f"is larger than the {max_bytes} bytes that such a file may have") from error


def opened_record(kind: type[Record], body: bytes, payload_type: str, keys: KeyRing, *, place: str) -> Record:
    """Return the content of a signed file; raise TamperedError, which names `place`, unless a trusted key signed it."""
    try:
        return kind.model_validate_json(orjson.dumps(open_file(body, payload_type=payload_type, keys=keys)))
    except PipelineError as error:
        raise TamperedError(f"{place} cannot be trusted: {error}") from error
    except ValidationError as error:
        first = f"{'.'.join(map(str, error.errors()[0]['loc']))}: {error.errors()[0]['msg']}"
        raise TamperedError(f"{place} is signed but has another layout ({first}): {NEW_STORE}") from error
