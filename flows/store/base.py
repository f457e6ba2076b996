"""What a store must be able to do, and the errors it raises."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from flows.errors import FlowError

MAX_BLOB_BYTES = 2**30
"""No key holds more: what is larger is not one of ours and is not read into memory."""


class StoreError(FlowError):
    """A store could not do what it was asked; the message names the store, the key and the remedy."""


class KeyRefusedError(StoreError):
    """The key could leave the store's root or cannot be kept in every kind of store."""


class MissingKeyError(StoreError):
    """Nothing lies at the key."""


class ConflictError(StoreError):
    """What lies at the key is no longer the version that was expected."""


class TooLargeError(StoreError):
    """What lies at the key is larger than anything that belongs there."""


class StoreUnavailableError(StoreError):
    """The store did not answer or refused: out of reach, out of space, no permission. The outcome may be unclear."""


class ObstructedError(StoreUnavailableError):
    """What is at the key, or at a folder on the way to it, is no file or folder of ours."""


class StoreUnfitError(StoreError):
    """The store answers but does not keep its promises, so nothing is published to it."""


class Blob(NamedTuple):
    """What lies at a key."""

    body: bytes
    token: str
    """Names this version to `Store.swap`; means nothing elsewhere."""


class Store(Protocol):
    """Bytes under keys. Every write is whole or not there; every method may raise StoreUnavailableError."""

    @property
    def name(self) -> str:
        """The directory or address, fit to be shown: it holds no secret."""

    @property
    def workers(self) -> int:
        """How many calls are worth making at once: 1 where waiting is not what takes the time."""

    def get(self, key: str, *, max_bytes: int = MAX_BLOB_BYTES) -> Blob:
        """Read a key; raise MissingKeyError or TooLargeError."""

    def exists(self, key: str) -> bool:
        """Tell whether something lies at the key."""

    def create(self, key: str, body: bytes) -> bool:
        """Write a key where nothing lies; False, and nothing done, where something does."""

    def swap(self, key: str, body: bytes, expected: str) -> None:
        """Replace the version whose token is `expected`; raise ConflictError when another lies there, or none."""

    def put(self, key: str, body: bytes) -> None:
        """Write a key, whatever lies there."""

    def list(self, prefix: str = "") -> Iterator[str]:
        """Name the keys below a folder ("registry/snapshots"), in order; "" is all."""

    def delete(self, key: str) -> None:
        """Remove a key; one that is not there is removed already."""

    def barrier(self) -> None:
        """Return once everything written so far would survive a loss of power."""

    def lock(self) -> AbstractContextManager[None]:
        """Keep other publishers out for a whole publication, where the store can; elsewhere `swap` alone decides."""


def find(store: Store, key: str, *, max_bytes: int = MAX_BLOB_BYTES) -> Blob | None:
    """Read a key; None when nothing lies there."""
    try:
        return store.get(key, max_bytes=max_bytes)
    except MissingKeyError:
        return None
