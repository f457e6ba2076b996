"""Shards: the rows of a generation, partitioned by slug, as compressed JSON Lines; equal rows give equal bytes."""

from collections.abc import Iterable
from itertools import pairwise

from pydantic import ValidationError

from pipelines.registry.packing import ShardError, pack, unpack
from pipelines.registry.slots import slot
from schemas.registry import ShardRow

MAX_SHARD_BYTES = 64 * 2**20
"""Largest shard, unpacked: about ten times the largest one of two million passports."""

MAX_DELTA_BYTES = 2**30
"""Largest delta, unpacked; one that names two million passports has about two thirds of it."""


def checked_rows(rows: Iterable[ShardRow], slots: range) -> tuple[ShardRow, ...]:
    """Return the rows of one shard; raise ShardError unless they are of its slots, sorted, and have each slug once."""
    checked = _in_order(rows)
    for row in checked:
        if slot(row.slug) not in slots:
            raise ShardError(
                f"row {row.slug!r} has slot {slot(row.slug)}, not one of {slots}: choose the shard by `slot`"
            )
    return checked


def encode_shard(rows: Iterable[ShardRow]) -> bytes:
    """Return a packed shard of rows that are sorted by slug, one row a line."""
    return pack(row.model_dump_json().encode() for row in rows)


def decode_shard(body: bytes, *, max_bytes: int = MAX_SHARD_BYTES) -> tuple[ShardRow, ...]:
    """Return the rows of a packed shard; raise ShardError unless it has only rows, sorted, and each slug once."""
    return _in_order(_row(line) for line in unpack(body, max_bytes=min(max_bytes, MAX_SHARD_BYTES)))


def _in_order(rows: Iterable[ShardRow]) -> tuple[ShardRow, ...]:
    ordered = tuple(rows)
    for row, following in pairwise(ordered):
        if row.slug >= following.slug:
            raise ShardError(f"row {following.slug!r} comes after {row.slug!r}: sort the rows, each slug once")
    return ordered


def _row(line: bytes) -> ShardRow:
    try:
        return ShardRow.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ShardError(f"has a line that is not a row: {where or 'the line'}: {first['msg']}") from error
