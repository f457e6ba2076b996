"""Hash slots, which decide the shard or partition that a slug belongs to."""

import hashlib
from collections.abc import Iterable, Iterator

from schemas.registry import ShardRef, Snapshot

SLOTS = 256
"""Number of slots that slugs fall into; a shard holds a range of slots."""
EVERY_SLOT = range(SLOTS)
COUNTS = (1, 16, 256)
"""Possible numbers of shards."""
_FEW, _MANY = 5_000, 100_000
"""Most passports in one shard, and most in 16."""


def shard_count(passports: int) -> int:
    """Number of shards of a registry with so many passports: 1, 16 or 256."""
    return COUNTS[(passports > _FEW) + (passports > _MANY)]


def slot(slug: str) -> int:
    """Slot of a slug, 0 to 255: the first byte of its SHA-256."""
    return hashlib.sha256(slug.encode()).digest()[0]


def shard_index(slug: str, count: int) -> int:
    """Index of the one of `count` shards or parts that holds a slug."""
    return slot(slug) * count // SLOTS


def slots_of(index: int, count: int) -> range:
    """Slots of one of `count` shards or parts; one of 16 has exactly the slots of 16 of 256."""
    return range(index * SLOTS // count, (index + 1) * SLOTS // count)


def slots_by_shard(passports: int) -> tuple[range, ...]:
    """Slots of each shard of a registry with so many passports."""
    count = shard_count(passports)
    return tuple(slots_of(index, count) for index in range(count))


def overlapping(refs: Iterable[ShardRef], count: int, slots: range) -> Iterator[tuple[ShardRef, bool]]:
    """Yield each of `count` shards or parts that has some of the slots, and whether it has others too."""
    for ref in refs:
        own = slots_of(ref.index, count)
        if own.start < slots.stop and slots.start < own.stop:
            yield ref, not (slots.start <= own.start and own.stop <= slots.stop)


def shards_over(snapshot: Snapshot, slots: range) -> Iterator[tuple[ShardRef, bool]]:
    """Yield each shard of a generation that has some of the slots, and whether it has others too."""
    return overlapping(snapshot.shards, shard_count(snapshot.passports), slots)


def shard_by_slot(snapshot: Snapshot) -> tuple[ShardRef | None, ...]:
    """Return for each slot the shard of a generation that has it; None for slots without passports."""
    count = shard_count(snapshot.passports)
    found = {number: ref for ref in snapshot.shards for number in slots_of(ref.index, count)}
    return tuple(map(found.get, EVERY_SLOT))
