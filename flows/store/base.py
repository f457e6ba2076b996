"""The operations that every store offers, and the errors that they raise."""

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol

from flows.errors import FlowError

MAX_BLOB_BYTES = 2**30
"""Largest file in bytes: a larger one is not ours, and is not read into memory."""


class StoreError(FlowError):
    """An operation of a store failed; the message names the store, the key and the remedy."""


class KeyRefusedError(StoreError):
    """The key could lead outside the store's root, or is not valid in every kind of store."""


class MissingKeyError(StoreError):
    """Nothing is stored at the key."""


class StoreAddressError(StoreError):
    """The address names no store that there can be: wrong usage, whatever the store does."""


class ConflictError(StoreError):
    """The version stored at the key is not the expected one."""


class TooLargeError(StoreError):
    """The file at the key is larger than any that belongs there."""


class StoreUnavailableError(StoreError):
    """The store did not answer or refused: unreachable, full, no permission. Whether a write took effect is unclear."""


class ObstructedError(StoreUnavailableError):
    """Something other than a regular file is at the key, or other than a folder on the path to it."""


class StoreUnfitError(StoreError):
    """The store answers but lacks a guarantee that publishing needs, such as conditional writes."""


class Blob(NamedTuple):
    """The content of a key."""

    body: bytes
    version: str | None = None
    """What the store calls this version; None where the hash of its bytes names it."""

    @property
    def token(self) -> str:
        """Identifies this version to `Store.swap`; has no other meaning."""
        return hashlib.sha256(self.body).hexdigest() if self.version is None else self.version


class Store(Protocol):
    """Bytes under keys. Every write is atomic; every method may raise StoreUnavailableError."""

    @property
    def name(self) -> str:
        """The directory or address, without secrets, for messages."""

    @property
    def workers(self) -> int:
        """How many calls to make in parallel: 1 where they do not wait for a network."""

    def get(self, key: str, *, max_bytes: int = MAX_BLOB_BYTES) -> Blob:
        """Return the content of a key; raise MissingKeyError or TooLargeError."""

    def save(self, key: str, path: Path, *, max_bytes: int) -> None:
        """Write the content of a key to a new local file, in pieces; raise MissingKeyError or TooLargeError."""

    def exists(self, key: str) -> bool:
        """Whether something is stored at the key."""

    def create(self, key: str, body: bytes) -> bool:
        """Write a key that does not exist; returns False, and writes nothing, where it does."""

    def create_from(self, key: str, path: Path) -> bool:
        """Write a local file to a key that does not exist, in pieces; returns False, and writes nothing, where it does.

        The key must name the file by its hash: a store may write it again where another writer was as fast.
        """

    def swap(self, key: str, body: bytes, expected: str) -> None:
        """Replace the version whose token is `expected`; raise ConflictError when another one or none is stored."""

    def put(self, key: str, body: bytes) -> None:
        """Write a key, replacing what is stored there."""

    def put_from(self, key: str, path: Path) -> None:
        """Write a local file to a key in pieces, replacing what is stored there."""

    def list(self, prefix: str = "") -> Iterator[str]:
        """Yield the keys below a folder ("registry/snapshots"), sorted; "" yields all."""

    def delete(self, key: str) -> None:
        """Remove a key; does nothing where it does not exist."""

    def barrier(self) -> None:
        """Return when everything written so far would survive a loss of power."""

    def lock(self) -> AbstractContextManager[None]:
        """Lock out other publishers, where the store has locks; otherwise do nothing: `swap` decides between them."""


def find(store: Store, key: str, *, max_bytes: int = MAX_BLOB_BYTES) -> Blob | None:
    """Return the content of a key; None when nothing is stored there."""
    try:
        return store.get(key, max_bytes=max_bytes)
    except MissingKeyError:
        return None
