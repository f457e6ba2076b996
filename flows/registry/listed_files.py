"""Reads the files of the site again and finds those that are not what the signed list names."""

import hashlib
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.config.scratch import ScratchFolder
from flows.registry.page_list import FileEntry
from flows.registry.signed_files import REMEDY
from flows.store.base import MissingKeyError, Store, find
from flows.store.pool import each
from pipelines.registry.export_keys import BULK_KEYS
from pipelines.registry.layout import SEARCH_INDEXES

REWRITE = f"publish again, or {REMEDY}"
"""What to do about a file that differs and that a publication writes anew."""


def differing(store: Store, files: Iterable[FileEntry]) -> Iterator[FileEntry]:
    """Yield those files that are missing or do not have the listed hash, in their order."""
    found = each(lambda file: (file, _has(store, file)), files, workers=store.workers)
    yield from (file for file, right in found if not right)


@contextmanager
def opened(store: Store, key: str) -> Iterator[bytes | Path | None]:
    """Give the content of a key, of a large one a local copy; None where there is none."""
    if key not in BULK_KEYS and not key.startswith(f"{SEARCH_INDEXES}/"):
        blob = find(store, key)
        yield blob.body if blob else None
        return
    with ScratchFolder() as folder:
        path = folder.path / "file"
        try:
            store.save(key, path, max_bytes=sys.maxsize)
        except MissingKeyError:
            yield None
        else:
            yield path


def sha256_of(body: bytes | Path) -> str:
    """Return the SHA-256 of bytes, or of a file."""
    if isinstance(body, bytes):
        return hashlib.sha256(body).hexdigest()
    with body.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _has(store: Store, file: FileEntry) -> bool:
    with opened(store, file.key) as body:
        return body is not None and sha256_of(body) == file.sha256
