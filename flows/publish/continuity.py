"""Checks that a store serves the newest generation that our key published there, before a publisher builds on it.

A snapshot above the pointer may never have been served: a publisher that was killed or overtaken leaves one. It was
served if another snapshot names it as its parent, if its delta exists, or if `registry/applied.json` states it, as all
three are written after the pointer has moved. Example: the pointer names generation 7, and the delta of generation 8
exists; then somebody has put an old pointer back, and nothing is published on top of 7.
"""

from collections.abc import Iterable
from typing import NamedTuple

from flows.errors import FlowError
from flows.registry.published import applied_generation
from flows.registry.reader import Reader
from flows.registry.signed_files import EmptyStoreError, RegistryError, checked_delta, find_snapshot
from flows.store.base import MissingKeyError, Store, TooLargeError
from flows.store.keys import PASSPORT_COPIES, generation_of
from flows.trust.departures import departure, fork
from flows.trust.seen import RememberedGeneration
from pipelines.registry.layout import APPLIED_KEY, DELTAS, POINTER_KEY, SNAPSHOTS, delta_key
from pipelines.signing.keys import KeyRing
from schemas.registry import Snapshot
from schemas.seen import Seen

ANEW = "or begin a new history with `passports refresh --new-store`"
FORGET = "`passports store forget`"
REPAIR = "restore the newest one with `passports store repair`"


class HistoryError(FlowError):
    """A store serves an older generation than was published to it, or none any more: no publisher may build on it."""


class Signed(NamedTuple):
    """A snapshot that our key signed, stored under its own number, with its hash."""

    snapshot: Snapshot
    sha256: str

    @property
    def seen(self) -> Seen:
        """Its generation and hash, to compare with what is remembered."""
        return Seen(generation=self.snapshot.generation, snapshot_sha256=self.sha256)


def ensure_newest(store: Store, base: Reader | None, keys: KeyRing, mark: RememberedGeneration | None) -> None:
    """Raise HistoryError unless `base` (None: nothing is served) is the newest generation known to have our signature.

    `mark` is the highest generation published from this machine, None where that is not remembered. A generation that
    another publisher made after `base` was read raises nothing: whoever builds on `base` then loses the swap.
    """
    reason = _objection(store, base, keys, mark)
    if reason and _serves(store, base):
        raise HistoryError(reason)


def ensure_nothing_served(store: Store) -> None:
    """Raise HistoryError where there is a pointer: only a store without one may begin a new history."""
    if store.exists(POINTER_KEY):
        remedy = "leave out --new-store, or choose another --store"
        raise HistoryError(f"{store.name} has a pointer, and --new-store is only for a store without one: {remedy}")


def ensure_never_published(store: Store, mark: RememberedGeneration | None) -> None:
    """Raise HistoryError where this machine published to a store that serves the demo's recording now."""
    if remembered := mark.recall() if mark else None:
        lost = f"although generation {remembered.generation} was published to it from here"
        raise HistoryError(f"{store.name} serves the demo's recording, {lost}: restore it from a copy, {ANEW}")


def signed_snapshots(store: Store, keys: KeyRing, *, above: int = 0) -> list[Signed]:
    """Return the stored snapshots above a generation that these keys signed, oldest first."""
    numbers = sorted(number for key in store.list(SNAPSHOTS) if (number := generation_of(key)) and number > above)
    found = (find_snapshot(store, number, keys) for number in numbers)
    return [Signed(*one) for one in found if one]


def served_among(store: Store, signed: Iterable[Signed]) -> list[Signed]:
    """Return those of these snapshots that were certainly served, by the signs that the module names."""
    signed, applied = list(signed), applied_generation(store)
    parents = {one.snapshot.parent_sha256 for one in signed}
    return [
        one
        for one in signed
        if one.sha256 in parents or one.snapshot.generation == applied or _has_delta(store, one.snapshot)
    ]


def _objection(store: Store, base: Reader | None, keys: KeyRing, mark: RememberedGeneration | None) -> str | None:
    """Describe why nothing may be built on `base`: a newer generation was served or is remembered; None if neither."""
    remembered = mark.recall() if mark else None
    signed = signed_snapshots(store, keys, above=base.generation if base else 0)
    newest = max((one.seen.generation for one in served_among(store, signed)), default=0)
    if base is None:
        return _objection_to_nothing(store, max(newest, remembered.generation if remembered else 0))
    if newest:
        reason = f"generation {newest}, which our key signed too, was published after it"
        return f"{store.name} serves generation {base.generation}, and {reason}: {REPAIR}"
    served = Seen(generation=base.generation, snapshot_sha256=base.snapshot_sha256)
    if remembered is None:
        return None
    if departure(served, remembered, store.name) is None:
        forked = fork(base, remembered, store.name)
        return f"{forked.reason}: restore it from a copy, or, if that is meant, {FORGET}" if forked else None
    how = "with another snapshot than" if remembered.generation == base.generation else "instead of"
    published = f"generation {remembered.generation}, which was published from here"
    return f"{store.name} serves generation {base.generation} {how} {published}: {REPAIR}"


def _objection_to_nothing(store: Store, newest: int) -> str | None:
    """Describe what shows that a store without a pointer had one; None where nothing does."""
    if newest:
        return f"{store.name} has no pointer, although generation {newest} was published to it: {REPAIR}, {ANEW}"
    left = APPLIED_KEY if store.exists(APPLIED_KEY) else None
    left = left or next((key for folder in (DELTAS, PASSPORT_COPIES) for key in store.list(folder)), None)
    if left:
        return f"{store.name} has no pointer, and {left} shows that it had one: restore it from a copy, {ANEW}"
    return None


def _serves(store: Store, base: Reader | None) -> bool:
    """Whether the store still serves `base`."""
    if base is None:
        return not store.exists(POINTER_KEY)
    try:
        return not base.overtaken()
    except EmptyStoreError:
        return True


def _has_delta(store: Store, snapshot: Snapshot) -> bool:
    key = delta_key(snapshot.generation)
    try:
        checked_delta(store, key, snapshot.delta_sha256, snapshot.delta_bytes)
    except (MissingKeyError, TooLargeError, RegistryError):
        return False
    return True
