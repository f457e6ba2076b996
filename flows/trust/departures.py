"""Compares what a registry serves with what was seen of it before: an older state is a rollback, another one a fork."""

from collections.abc import Mapping
from contextlib import suppress
from itertools import islice

from flows.registry.reader import Reader
from flows.registry.signed_files import TamperedError
from flows.store.base import StoreError
from schemas.root import RootRef
from schemas.seen import Seen
from schemas.verdict import Finding, Verdict

MOST_FOLLOWED = 128
"""Most generations followed back from the one served to the one seen before; each is a file to read."""


def departure(served: Seen, remembered: Seen | None, registry: str) -> Finding | None:
    """Return the finding that a registry does not go on from the generation seen before; None where it does.

    An earlier generation is a rollback; the same one with another snapshot is another history, an equivocation.
    """
    if remembered is None or served.generation > remembered.generation:
        return None
    if served.generation < remembered.generation:
        reason = f"generation {served.generation} is served, but generation {remembered.generation} was seen before"
        return Finding(Verdict.ROLLBACK, f"{registry}: {reason}")
    if served.snapshot_sha256 != remembered.snapshot_sha256:
        reason = f"generation {served.generation} is served with another snapshot than the one that was seen before"
        return Finding(Verdict.EQUIVOCATION, f"{registry}: {reason}, so it is another history")
    return None


def departure_of_root(thumbprints: Mapping[int, str], remembered: RootRef | None, registry: str) -> Finding | None:
    """Return the finding that a registry does not go on from the root seen before; None where it does.

    `thumbprints` has every version of the root that was read; it is empty where the registry has no root (any more).
    """
    if remembered is None:
        return None
    newest = max(thumbprints, default=0)
    if newest < remembered.version:
        shown = f"root version {newest} is the newest" if newest else "it has no root"
        return Finding(Verdict.ROLLBACK, f"{registry}: {shown}, but version {remembered.version} was seen before")
    there = thumbprints.get(remembered.version)
    if there is not None and there != remembered.thumbprint:
        reason = f"root version {remembered.version} is another one than was seen before"
        return Finding(Verdict.EQUIVOCATION, f"{registry}: {reason}: its root keys signed two histories")
    return None


def departure_of_revocations(number: int, remembered: int, registry: str) -> Finding | None:
    """Return the finding that a registry names an older list of revocations than was seen before; None if not."""
    if number >= remembered:
        return None
    shown = f"it names list {number} of revocations" if number else "it names no list of revocations"
    return Finding(Verdict.ROLLBACK, f"{registry}: {shown}, but list {remembered} was seen before")


def fork(reader: Reader, remembered: Seen, registry: str) -> Finding | None:
    """Return the finding that the generation served does not descend from the earlier one seen before; None if not.

    Also None where its ancestors cannot be followed that far: earlier snapshots are removed in time, and may be signed
    with a key that is not trusted any more.
    """
    if reader.generation == remembered.generation:
        return None
    with suppress(TamperedError, StoreError):
        for snapshot in islice(reader.ancestry(), MOST_FOLLOWED):
            parent = (snapshot.parent or 0, snapshot.parent_sha256)
            if parent == (remembered.generation, remembered.snapshot_sha256):
                return None
            if parent[0] <= remembered.generation:
                seen = f"generation {remembered.generation} that was seen before, so it is another history"
                reason = f"{registry}: generation {reader.generation} does not descend from {seen}"
                return Finding(Verdict.EQUIVOCATION, reason)
    return None
