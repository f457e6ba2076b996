"""Hash slots: the shard or partition that a slug belongs to."""

import hashlib
from collections.abc import Iterable, Iterator

from schemas.registry import ShardRef, Snapshot

SLOTS = 256
"""Into so many slots slugs fall; a shard holds a run of them."""
EVERY_SLOT = range(SLOTS)
COUNTS = (1, 16, 256)
"""How many shards there can be."""
_FEW, _MANY = 5_000, 100_000
"""Passports up to which there is one shard, and up to which there are 16."""


def shard_count(passports: int) -> int:
    """How many shards a registry of so many passports has: 1, 16 or 256."""
    return COUNTS[(passports > _FEW) + (passports > _MANY)]


def slot(slug: str) -> int:
    """Where a slug belongs among the 256 slots: the first byte of its SHA-256."""
    return hashlib.sha256(slug.encode()).digest()[0]


def shard_index(slug: str, count: int) -> int:
    """Which of `count` shards or parts holds a slug."""
    return slot(slug) * count // SLOTS


def slots_of(index: int, count: int) -> range:
    """Slots of one of `count` shards or parts; the cuts of fewer shards are cuts of more shards too."""
    return range(index * SLOTS // count, (index + 1) * SLOTS // count)


def slots_by_shard(passports: int) -> tuple[range, ...]:
    """Slots of each shard of a registry of so many passports."""
    count = shard_count(passports)
    return tuple(slots_of(index, count) for index in range(count))


def overlapping(refs: Iterable[ShardRef], count: int, slots: range) -> Iterator[tuple[ShardRef, bool]]:
    """Give those of `count` shards or parts that have some of the slots, and whether they have others beside them."""
    for ref in refs:
        own = slots_of(ref.index, count)
        if own.start < slots.stop and slots.start < own.stop:
            yield ref, not (slots.start <= own.start and own.stop <= slots.stop)


def shards_over(snapshot: Snapshot, slots: range) -> Iterator[tuple[ShardRef, bool]]:
    """Give a generation's shards that have some of the slots, and whether they have others beside them."""
    return overlapping(snapshot.shards, shard_count(snapshot.passports), slots)
