"""Reads the files of the site again and finds those that are not what the signed list names."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from flows.config.scratch import ScratchFolder
from flows.registry.page_list import FileEntry
from flows.registry.signed_files import REMEDY
from flows.store.base import MissingKeyError, Store, TooLargeError, find
from flows.store.pool import each
from pipelines.registry.export_keys import BULK_KEYS, MOST_EXPORT_BYTES
from pipelines.registry.layout import SEARCH_INDEXES

REWRITE = f"publish again, or {REMEDY}"
"""What to do about a file that differs and that a publication writes anew."""


def differing(store: Store, files: Iterable[FileEntry], sizes: Mapping[str, int] | None = None) -> Iterator[FileEntry]:
    """Yield those files that are missing or do not have the listed hash, in their order.

    `sizes` has the sizes that are signed, by key: no more is read of those files.
    """
    sizes = sizes or {}

    def compared(file: FileEntry) -> tuple[FileEntry, bool]:
        with opened(store, file.key, min(sizes.get(file.key, MOST_EXPORT_BYTES), MOST_EXPORT_BYTES)) as body:
            return file, body is not None and sha256_of(body) == file.sha256

    yield from (file for file, right in each(compared, files, workers=store.workers) if not right)


@contextmanager
def opened(store: Store, key: str, max_bytes: int = MOST_EXPORT_BYTES) -> Iterator[bytes | Path | None]:
    """Give the content of a key, of a large one a local copy; None where there is none, or one that is too large."""
    if key not in BULK_KEYS and not key.startswith(f"{SEARCH_INDEXES}/"):
        yield _small(store, key)
        return
    with ScratchFolder() as folder:
        path = folder.path / "file"
        try:
            store.save(key, path, max_bytes=max_bytes)
        except (MissingKeyError, TooLargeError):
            yield None
        else:
            yield path


def sha256_of(body: bytes | Path) -> str:
    """Return the SHA-256 of bytes, or of a file."""
    if isinstance(body, bytes):
        return hashlib.sha256(body).hexdigest()
    with body.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _small(store: Store, key: str) -> bytes | None:
    try:
        blob = find(store, key)
    except TooLargeError:
        return None
    return blob.body if blob else None
