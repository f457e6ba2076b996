"""Moves the pointer by compare-and-swap, or puts it as a hint in a store whose only conditional write is creation."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from flows.publish.publication import PublicationError
from flows.registry.reader import Reader
from flows.registry.signed_files import MAX_POINTER_BYTES
from flows.store.base import ConflictError, Store, StoreUnavailableError, find
from pipelines.registry.layout import POINTER_KEY
from pipelines.signing.keys import KeyRing
from schemas.registry import Commit, Pointer
from schemas.times import instant, timestamp

POINTER_LIFE = timedelta(hours=72)
"""After this time without a publication readers call the registry frozen; a weekend of failed daily runs is allowed."""
COLLECTION_LEASE = timedelta(minutes=10)
"""Lease of a garbage collection: how long publishers wait for one that was killed."""
_ATTEMPTS = 8
_LOOK_EVERY_S = 1.0


def move_pointer(store: Store, body: bytes, expected: str | None, commit: Commit) -> bool:
    """Move the pointer to `body`; False when another publisher has moved it. Raises StoreUnavailableError.

    `expected` is the token of the pointer that is replaced, None where there is none yet.

    After a failed write the stored pointer decides, not the response: a response can get lost, and a client's retry can
    conflict with its own first try. The nonce makes `body` unique. If another publisher has followed meanwhile, ours
    looks lost, and publishing it again on top of theirs changes nothing.
    """
    if expected and commit == "create":
        store.put(POINTER_KEY, body)
        return True
    unanswered: StoreUnavailableError | None = None
    for _ in range(_ATTEMPTS):
        try:
            if _swapped(store, body, expected):
                return True
        except StoreUnavailableError as error:
            unanswered = error
        served = find(store, POINTER_KEY, max_bytes=MAX_POINTER_BYTES)
        if served and served.body == body:
            return True
        if (served and served.token) != expected:
            return False
    raise StoreUnavailableError(f"{store.name}: the pointer cannot be moved: {unanswered}") from unanswered


def is_collecting(pointer: Pointer, at: datetime) -> bool:
    """Whether garbage is being collected: files that no generation refers to may vanish, so nobody may publish."""
    return pointer.collecting_until is not None and at < instant(pointer.collecting_until)


def wait_for_collection(store: Store, keys: KeyRing, clock: Callable[[], datetime]) -> Reader:
    """Return what is served once a garbage collection or its lease ends; raise PublicationError if neither does."""
    for _ in range(int(COLLECTION_LEASE.total_seconds() / _LOOK_EVERY_S) + 1):
        served = Reader(store, keys, clock())
        if not is_collecting(served.pointer, clock()):
            return served
        time.sleep(_LOOK_EVERY_S)
    raise PublicationError(
        f"{store.name}: garbage is still being collected at {timestamp(clock())}: check the clocks, run again"
    )


def _swapped(store: Store, body: bytes, expected: str | None) -> bool:
    if expected is None:
        return store.create(POINTER_KEY, body)
    try:
        store.swap(POINTER_KEY, body, expected)
    except ConflictError:
        return False
    return True
