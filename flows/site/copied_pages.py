"""Copies the pages of another store, each checked against its signed list: a mirror needs no key to have them."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from flows.config.scratch import ScratchFolder
from flows.publish.publication import Body, Load, Pages, RenderPages
from flows.registry.page_list import EarlierPages
from flows.registry.reader import Reader
from flows.registry.signed_files import read_page_list, save_hashed, tampered
from flows.store.base import Store, find
from pipelines.registry.export_keys import BULK_KEYS, MOST_EXPORT_BYTES
from pipelines.registry.layout import PAGES_KEY, page_list_key


class CopiedPages:
    """The pages that another store has, where they are of the generation that is served here."""

    def __init__(self, origin: Store, reader: Reader, *, afresh: bool) -> None:
        self._origin, self._reader, self._afresh = origin, reader, afresh
        found = read_page_list(origin, reader.keys)
        fits = found is not None and found[0].snapshot_sha256 == reader.snapshot_sha256
        self._found = found if fits else None
        self._folder = ScratchFolder()

    def changed(self) -> Iterator[tuple[str, Body | None]]:
        """Yield the pages that this store has not, by its own list, and those to remove; then the parts of the list."""
        if self._found is None:
            return
        theirs, ours = (
            EarlierPages(self._origin, self._found[0]),
            EarlierPages.of(self._reader.store, self._reader.keys),
        )
        before = {} if self._afresh else {entry.key: entry.sha256 for entry in ours.files()}
        gone = {entry.key for entry in ours.files()}
        for key, sha256 in theirs.files():
            gone.discard(key)
            if before.get(key) != sha256:
                yield key, self._saved(key, sha256) if key in BULK_KEYS else self._genuine(key, sha256)
        yield from ((key, None) for key in sorted(gone))
        for part in (*self._found[0].passports, self._found[0].others):
            key = page_list_key(part.sha256)
            yield key, self._genuine(key, part.sha256)

    def listed(self) -> Mapping[str, bytes]:
        """Return the list as the other store's publisher signed it."""
        return {PAGES_KEY: self._found[1]} if self._found else {}

    def _saved(self, key: str, sha256: str) -> Path:
        """Return a local copy of a large file."""
        path = self._folder.path / sha256
        save_hashed(self._origin, key, sha256, path, max_bytes=MOST_EXPORT_BYTES)
        return path

    def _genuine(self, key: str, sha256: str) -> bytes:
        blob = find(self._origin, key)
        if blob is None or hashlib.sha256(blob.body).hexdigest() != sha256:
            raise tampered(self._origin, key, "is not the page that the signed list names")
        return blob.body


def copied_from(origin: Store) -> RenderPages:
    """Return a function that gives the pages of another store."""

    def copy(reader: Reader, load: Load, afresh: bool) -> Pages:
        del load
        return CopiedPages(origin, reader, afresh=afresh)

    return copy
