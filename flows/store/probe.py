"""Tests by racing writes whether a store honours conditional writes: some accept them and ignore the condition."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier

from flows.store.base import ConflictError, Store, StoreError, StoreUnfitError
from pipelines.registry.layout import probe_key
from schemas.registry import Commit

RACERS = 16


def probe(store: Store, *, nonce: str) -> Commit:
    """Return how publications to this store can commit: "swap", or "create" where it ignores the condition of swaps.

    Of 16 racing creates, and then of 16 racing swaps, exactly one must win, its bytes must stay, and a later one must
    fail. Raises StoreUnfitError where the creates do not pass. `nonce` is unique, so that two probes never use the same
    keys, which are removed at the end.
    """
    created, swapped = probe_key(nonce, "create"), probe_key(nonce, "swap")
    try:
        if reason := _objection_to_creates(store, created):
            raise StoreUnfitError(
                f"{store.name} cannot be published to, because it ignores conditional writes and would lose updates: "
                f"{reason}"
            )
        return "create" if _objection_to_swaps(store, swapped) else "swap"
    finally:
        store.delete(created)
        store.delete(swapped)


def _objection_to_creates(store: Store, key: str) -> str | None:
    reason = _objection(store, key, "creates", _race(lambda body: store.create(key, body)))
    return reason or ("it created a file that was there already" if store.create(key, b"late") else None)


def _objection_to_swaps(store: Store, key: str) -> str | None:
    store.put(key, b"start")
    token = store.get(key).token
    try:
        reason = _objection(store, key, "swaps", _race(lambda body: _swaps(store, key, body, token)))
        return reason or (
            "it replaced a file that had changed meanwhile" if _swaps(store, key, b"late", token) else None
        )
    except StoreUnfitError as error:
        return str(error)


def _race(attempt: Callable[[bytes], bool]) -> list[bytes]:
    """Start all racers at once; returns the bytes of those whose write reported success."""
    start = Barrier(RACERS)

    def run(racer: int) -> bytes | None:
        body = f"racer {racer}".encode()
        start.wait()
        return body if attempt(body) else None

    with ThreadPoolExecutor(RACERS) as pool:
        racing: list[Future[bytes | None]] = []
        try:
            racing.extend(pool.submit(run, racer) for racer in range(RACERS))
        except (RuntimeError, MemoryError) as error:
            remedy = "raise this process's limits of threads and memory (ulimit -u, ulimit -v, TasksMax) and run again"
            raise StoreError(f"{RACERS} threads are needed, and one cannot be started ({error}): {remedy}") from None
        finally:
            if (
                len(racing) < RACERS
            ):  # also when interrupted: those that have started would wait for the others for ever
                start.abort()
        return [body for one in racing if (body := one.result()) is not None]


def _swaps(store: Store, key: str, body: bytes, token: str) -> bool:
    try:
        store.swap(key, body, token)
    except ConflictError:
        return False
    return True


def _objection(store: Store, key: str, what: str, winners: Iterable[bytes]) -> str | None:
    won = list(winners)
    if len(won) != 1:
        return f"{len(won)} of {RACERS} simultaneous {what} succeeded, exactly one must"
    return (
        f"of {RACERS} simultaneous {what} the one that succeeded was overwritten"
        if store.get(key).body != won[0]
        else None
    )
