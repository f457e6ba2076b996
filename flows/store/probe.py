"""Is a store fit to publish to? Some take conditional writes and ignore the condition: so we race."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flows.store.base import ConflictError, Store, StoreUnfitError
from flows.store.keys import probe_key

RACERS = 16


def probe(store: Store, *, nonce: str) -> None:
    """Race 16 creates and 16 swaps; raise StoreUnfitError unless each has exactly one winner, whose bytes stay.

    `nonce` is a fresh name, so that two probes never meet; what was written is removed again.
    """
    created, swapped = probe_key(nonce, "create"), probe_key(nonce, "swap")
    try:
        _judge(store, created, "creates", _race(lambda body: store.create(created, body)))
        store.put(swapped, b"start")
        token = store.get(swapped).token
        _judge(store, swapped, "swaps", _race(lambda body: _swaps(store, swapped, body, token)))
        if store.create(swapped, b"late") or _swaps(store, swapped, b"late", token):
            raise StoreUnfitError(f"{store.name} {_REFUSAL}: a late write with an outdated condition was accepted")
    finally:
        store.delete(created)
        store.delete(swapped)


_REFUSAL = "is not fit to publish to, because it ignores conditional writes and would lose updates"


def _race(attempt: Callable[[bytes], bool]) -> list[bytes]:
    """Let all start at once; give the bytes of those who were told that they won."""
    start = Barrier(RACERS)

    def run(racer: int) -> bytes | None:
        body = f"racer {racer}".encode()
        start.wait()
        return body if attempt(body) else None

    with ThreadPoolExecutor(RACERS) as pool:
        return [body for body in pool.map(run, range(RACERS)) if body is not None]


def _swaps(store: Store, key: str, body: bytes, token: str) -> bool:
    try:
        store.swap(key, body, token)
    except ConflictError:
        return False
    return True


def _judge(store: Store, key: str, what: str, winners: Iterable[bytes]) -> None:
    won = list(winners)
    if len(won) != 1:
        raise StoreUnfitError(f"{store.name} {_REFUSAL}: {len(won)} of {RACERS} racing {what} won, where one must")
    if store.get(key).body != won[0]:
        raise StoreUnfitError(f"{store.name} {_REFUSAL}: the winner of {RACERS} racing {what} was overwritten")
