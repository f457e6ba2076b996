"""Lists the immutable files that a registry refers to, each with the hash that signed files state for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from flows.config.scratch import ScratchFolder
from flows.registry.reader import Reader
from flows.registry.signed_files import TamperedError, checked_delta, read_hashed, read_page_list, save_hashed, tampered
from flows.store.base import MAX_BLOB_BYTES, Store
from pipelines.registry import layout
from pipelines.registry.layout import DELTAS, SEARCH_INDEXES
from pipelines.signing.keys import KeyRing
from pipelines.signing.verification import verify_passport
from schemas.registry import ShardRef, Snapshot
from schemas.verdict import Verdict


class FileRef(NamedTuple):
    """Key of an immutable file, with what signed files state about it."""

    key: str
    sha256: str | None
    """Hash of its bytes, or of a delta's unpacked lines; None where no signed file states one."""
    packed_bytes: int | None = None
    """Its size in bytes, where a signed file states it."""
    unpacked_bytes: int | None = None
    """Its size in bytes once unpacked, where a signed file states it."""


def item_of(key: str, ref: ShardRef) -> FileRef:
    """Return the `FileRef` of a packed file from a snapshot's reference to it."""
    return FileRef(key, ref.sha256, ref.packed_bytes, ref.unpacked_bytes)


ReadCheck = Callable[[FileRef], bool]
"""Called with a file that has to be read to find others: whether it can be read."""


def _trusting(item: FileRef) -> bool:
    """Say of every file that it can be read, so that the reader raises the error of one that cannot."""
    del item
    return True


def reachable(reader: Reader, kept_from: int, check: ReadCheck = _trusting) -> Iterator[FileRef]:
    """Yield the files of the generations from `kept_from` on, and those that their passports' evidence points into.

    The latter are the sources and rules of the generation that issued each passport, and the snapshots down to it: a
    passport issued by generation 3 and served by 9 needs snapshots 3 to 9. A file may be named more than once; a
    snapshot comes after all that it names. What a file refers to is left out when `check` says that the file cannot be
    read. Raises TamperedError and MissingKeyError on reading the others.
    """
    issued: set[int] = set()
    shards: set[ShardRef] = set()
    for snapshot in ancestors(reader, kept_from, check):
        issued.add(snapshot.generation)
        for ref in snapshot.shards:
            if ref not in shards:
                shards.add(ref)
                yield from _of_shard(reader, ref, check, issued)
    snapshots = [FileRef(layout.snapshot_key(reader.generation), reader.snapshot_sha256)]
    for snapshot in ancestors(reader, min(issued), check):
        if snapshot.generation in issued:
            yield from _sources(snapshot)
        if snapshot.generation in issued or snapshot.generation >= kept_from:
            yield FileRef(layout.rules_key(snapshot.rules_sha256), snapshot.rules_sha256)
        if snapshot.search and snapshot.generation >= kept_from:
            search = snapshot.search
            yield FileRef(layout.search_key(search.sha256), search.sha256, packed_bytes=search.size_bytes)
        if snapshot.generation >= kept_from:
            if snapshot.revocations:
                listed = snapshot.revocations.sha256
                yield FileRef(layout.revocations_key(listed), listed)
            delta = layout.delta_key(snapshot.generation)
            yield FileRef(delta, snapshot.delta_sha256, unpacked_bytes=snapshot.delta_bytes)
        snapshots.append(_parent(snapshot))
    yield from reversed(snapshots[:-1])  # nothing needs the parent of the oldest


def _of_shard(reader: Reader, ref: ShardRef, check: ReadCheck, issued: set[int]) -> Iterator[FileRef]:
    """Yield a shard and its passports; add the generations that issued them to `issued`."""
    shard = item_of(layout.shard_key(ref.sha256), ref)
    yield shard
    for row in reader.shard(ref) if check(shard) else ():
        issued.add(row.generation)
        yield FileRef(layout.object_key(row.object), row.object)
        if row.previous:
            yield FileRef(layout.object_key(row.previous), row.previous)


def ancestors(reader: Reader, oldest: int, check: ReadCheck = _trusting) -> Iterator[Snapshot]:
    """Yield the snapshots from the reader's back to generation `oldest`, or to the last before an unreadable one."""
    snapshot: Snapshot | None = reader.snapshot
    while snapshot is not None:
        yield snapshot
        if snapshot.parent is None or snapshot.parent < oldest or not check(_parent(snapshot)):
            return
        snapshot = reader.parent(snapshot)


def _parent(snapshot: Snapshot) -> FileRef:
    return FileRef(layout.snapshot_key(snapshot.parent or 0), snapshot.parent_sha256)


def _sources(snapshot: Snapshot) -> Iterator[FileRef]:
    return (item_of(layout.source_key(ref.source, part.sha256), part) for ref in snapshot.sources for part in ref.parts)


def page_list_parts(store: Store, keys: KeyRing) -> set[str]:
    """Return the keys of the parts of the signed list of pages; none where there is no list, or a damaged one.

    Without its parts a list is not built on, and the next publication renders every page again.
    """
    try:
        found = read_page_list(store, keys)
    except TamperedError:
        found = None
    return {layout.page_list_key(part.sha256) for part in (*found[0].passports, found[0].others)} if found else set()


GENUINE = frozenset({Verdict.OK_OFFLINE, Verdict.EXPIRED, Verdict.ENDED, Verdict.NOT_YET_VALID})
"""Verdicts on a passport with a valid signature, whatever its age."""


def ensure_genuine(store: Store, item: FileRef, trusted: KeyRing, at: datetime) -> None:
    """Raise as `read_genuine` does where a file is not what was signed; a search index is read in pieces."""
    if not _is_search(item):
        read_genuine(store, item, trusted, at)
        return
    with _saved(store, item):
        pass


def copy_genuine(origin: Store, target: Store, item: FileRef, trusted: KeyRing, at: datetime) -> bool:
    """Create a file of the origin in the target, once checked as by `read_genuine`; returns whether it was new."""
    if not _is_search(item):
        return target.create(item.key, read_genuine(origin, item, trusted, at))
    with _saved(origin, item) as path:
        return target.create_from(item.key, path)


def replace_genuine(origin: Store, target: Store, item: FileRef, trusted: KeyRing, at: datetime) -> None:
    """Replace a damaged file of the target by the origin's, once checked as by `read_genuine`."""
    if not _is_search(item):
        target.put(item.key, read_genuine(origin, item, trusted, at))
        return
    with _saved(origin, item) as path:
        target.delete(item.key)
        target.create_from(item.key, path)


def _is_search(item: FileRef) -> bool:
    return item.key.startswith(f"{SEARCH_INDEXES}/")


@contextmanager
def _saved(store: Store, item: FileRef) -> Iterator[Path]:
    """Give a local copy of a search index that has its signed hash."""
    with ScratchFolder() as folder:
        path = folder.path / "index.sqlite"
        save_hashed(store, item.key, item.sha256 or "", path, max_bytes=item.packed_bytes or 0)
        yield path


def read_genuine(store: Store, item: FileRef, trusted: KeyRing, at: datetime) -> bytes:
    """Return the bytes of a file after checking its signed hash, and of a passport the signature as well.

    Raises MissingKeyError, and TamperedError when a check fails.
    """
    if item.sha256 is None:
        return store.get(item.key).body
    if item.key.startswith(DELTAS):
        return checked_delta(store, item.key, item.sha256, item.unpacked_bytes)
    largest = MAX_BLOB_BYTES if item.packed_bytes is None else item.packed_bytes
    body = read_hashed(store, item.key, item.sha256, max_bytes=largest)
    if item.key.startswith("registry/objects/"):
        finding, _ = verify_passport(body, keys=trusted, at=at, generation=0)
        if finding.verdict not in GENUINE:
            raise tampered(store, item.key, f"cannot be trusted: {finding.reason}")
    return body
