"""A cache on disk of the files that a registry names by their hash, which never change."""

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from flows.store.base import MAX_BLOB_BYTES, Blob, Store

NAMED_BY_HASH = re.compile(r"registry/[a-z]+/(?:[^/]+/)?([0-9a-f]{64})\.[a-z.]+")
CHECK_EVERY = 64
"""Files written between two checks of the size of the folder."""
MOST_CACHED_BYTES = 2**30
"""Largest cache on disk, unless another bound is given."""


class CachedStore:
    """A store whose files with a hash in their name are read from a folder where they were read before.

    A file of the folder that does not have its hash is fetched again. The files read longest ago are removed where
    the folder has more than `most_bytes`.
    """

    def __init__(self, store: Store, folder: Path, *, most_bytes: int) -> None:
        self._store, self._folder, self._most_bytes = store, folder, most_bytes
        self._written = 0
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def name(self) -> str:
        """The address of the store itself."""
        return self._store.name

    @property
    def workers(self) -> int:
        """How many calls to the store itself to make in parallel."""
        return self._store.workers

    def get(self, key: str, *, max_bytes: int = MAX_BLOB_BYTES) -> Blob:
        """Return the content of a key, from the folder if it is there."""
        named = NAMED_BY_HASH.fullmatch(key)
        if named is None:
            return self._store.get(key, max_bytes=max_bytes)
        path = self._folder / named[1]
        with contextlib.suppress(OSError):
            if path.stat().st_size <= max_bytes and hashlib.sha256(body := path.read_bytes()).hexdigest() == named[1]:
                os.utime(path)
                return Blob(body, named[1])
        found = self._store.get(key, max_bytes=max_bytes)
        if hashlib.sha256(found.body).hexdigest() == named[1]:
            self._retain(path, found.body)
        return found

    def save(self, key: str, path: Path, *, max_bytes: int) -> None:
        """Write the content of a key to a new local file, from the folder if it is there."""
        named = NAMED_BY_HASH.fullmatch(key)
        held = self._folder / named[1] if named else None
        if held and held.is_file() and held.stat().st_size <= max_bytes and _sha256(held) == held.name:
            os.utime(held)
            shutil.copyfile(held, path)
            return
        self._store.save(key, path, max_bytes=max_bytes)
        if held:
            with contextlib.suppress(OSError), self._new(held) as name:
                shutil.copyfile(path, name)

    def exists(self, key: str) -> bool:
        """Whether the store itself has something at the key."""
        return self._store.exists(key)

    def create(self, key: str, body: bytes) -> bool:
        """Write a key that does not exist to the store itself, not to the folder; returns False where it exists."""
        return self._store.create(key, body)

    def create_from(self, key: str, path: Path) -> bool:
        """Write a file to a key of the store itself that does not exist; returns False where it exists."""
        return self._store.create_from(key, path)

    def swap(self, key: str, body: bytes, expected: str) -> None:
        """Replace the version in the store itself whose token is `expected`; raise ConflictError where another is."""
        self._store.swap(key, body, expected)

    def put(self, key: str, body: bytes) -> None:
        """Write a key of the store itself, and nothing to the folder."""
        self._store.put(key, body)

    def put_from(self, key: str, path: Path) -> None:
        """Write a file to a key of the store itself, and nothing to the folder."""
        self._store.put_from(key, path)

    def list(self, prefix: str = "") -> Iterator[str]:
        """Yield the keys of the store itself below a prefix."""
        return self._store.list(prefix)

    def delete(self, key: str) -> None:
        """Remove a key from the store itself; what the folder has of it stays."""
        self._store.delete(key)

    def barrier(self) -> None:
        """Return when everything written to the store itself would survive a loss of power."""
        self._store.barrier()

    def lock(self) -> AbstractContextManager[None]:
        """Lock out other publishers of the store itself, where it has locks."""
        return self._store.lock()

    def _retain(self, path: Path, body: bytes) -> None:
        """Write a file to the folder; a full disk only costs the cache."""
        with contextlib.suppress(OSError), self._new(path) as name:
            name.write_bytes(body)

    @contextlib.contextmanager
    def _new(self, path: Path) -> Iterator[Path]:
        descriptor, name = tempfile.mkstemp(dir=self._folder, prefix=".")
        os.close(descriptor)
        try:
            yield Path(name)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        if self._written % CHECK_EVERY == 0:
            self._shrink()
        self._written += 1

    def _shrink(self) -> None:
        found = sorted((stat.st_mtime, stat.st_size, path) for path in self._folder.iterdir() if (stat := path.stat()))
        excess = sum(size for _, size, _ in found) - self._most_bytes
        for _, size, path in found:
            if excess <= 0:
                return
            path.unlink(missing_ok=True)
            excess -= size


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
