"""Shards: the rows of a generation, cut by slug, as compressed JSON Lines; equal rows give equal bytes."""

import hashlib
import io
from collections.abc import Iterable, Iterator
from itertools import pairwise

import zstandard
from pydantic import ValidationError

from pipelines.errors import PipelineError
from schemas.registry import ShardRef, ShardRow, Snapshot

MAX_SHARD_BYTES = 64 * 2**20
"""Unpacked; about ten times the largest shard of two million passports."""
MAX_PART_BYTES = 2 * 2**30
"""Unpacked, of a part of a source's listings; about ten times one of 256 of two million repositories with cards."""
MAX_DELTA_BYTES = 2**30
"""Unpacked; a delta that names two million passports has about two thirds of it."""
MAX_LINE_BYTES = 16 * 2**20
"""Without its end, when packed and when unpacked; lines of records are admitted up to half of it (`schemas.lines`)."""
SLOTS = 256
"""Into so many slots slugs fall; a shard holds a run of them."""
EVERY_SLOT = range(SLOTS)
COUNTS = (1, 16, 256)
"""How many shards there can be."""
_FEW, _MANY = 5_000, 100_000
"""Passports up to which there is one shard, and up to which there are 16."""
_LEVEL = 9
"""Past it rows get hardly smaller and much slower to pack."""
_PIECE_BYTES = 64
"""Unpacked at once. Four bytes can stand for 128 KiB, so a piece is at most 2 MiB before the limits are checked.
A larger one is hardly faster."""
_SHOWN = 160
"""Bytes of a line that an error shows: of a record's, its source and id."""
_MAX_WINDOW_BYTES = 32 * 2**20
"""What a packed file may make its reader allocate."""


class ShardError(PipelineError):
    """Packed lines are damaged, too large, or hold something else than sorted rows."""


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


def checked_rows(rows: Iterable[ShardRow], slots: range) -> tuple[ShardRow, ...]:
    """Give the rows of one shard back; raise ShardError unless they belong there, in order, each slug once."""
    checked = _in_order(rows)
    for row in checked:
        if slot(row.slug) not in slots:
            raise ShardError(f"row {row.slug!r} has slot {slot(row.slug)} and was given for {slots}: cut by `slot`")
    return checked


def encode_shard(rows: Iterable[ShardRow]) -> bytes:
    """Pack rows that are sorted by slug, one a line."""
    return pack(row.model_dump_json().encode() for row in rows)


def decode_shard(body: bytes, *, max_bytes: int = MAX_SHARD_BYTES) -> tuple[ShardRow, ...]:
    """Unpack a shard; raise ShardError unless it holds nothing but rows in order, each slug once."""
    return _in_order(_row(line) for line in unpack(body, max_bytes=min(max_bytes, MAX_SHARD_BYTES)))


def pack(lines: Iterable[bytes]) -> bytes:
    """Compress lines (without their ends) as they come: a fixed level, no times, no names, a checksum.

    Raise ShardError on a line that `unpack` would refuse: nothing is written that could not be read.
    """
    packed = io.BytesIO()
    compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    with compressor.stream_writer(packed, closefd=False) as writer:
        for line in lines:
            _check_line(len(line), line)
            writer.write(line + b"\n")
    return packed.getvalue()


def ref_of(body: bytes, *, index: int, rows: int) -> ShardRef:
    """Refer to a packed file as a snapshot does: by its hash, and by its sizes before and after packing."""
    unpacked = sum(map(len, unpacked_pieces(body, max_bytes=MAX_PART_BYTES)))
    return ShardRef(
        index=index,
        sha256=hashlib.sha256(body).hexdigest(),
        rows=rows,
        packed_bytes=len(body),
        unpacked_bytes=unpacked,
    )


def most_packed_bytes(unpacked: int) -> int:
    """How large lines of so many bytes can be once packed: what cannot be compressed grows by less than a 256th."""
    return unpacked + unpacked // 256 + 4096


def unpack(body: bytes, *, max_bytes: int) -> Iterator[bytes]:
    """Give the lines back one at a time; raise ShardError on damage, a line too long, or more than `max_bytes`.

    What is in memory is a line and a piece, whatever the body is.
    """
    begun = bytearray()
    for piece in unpacked_pieces(body, max_bytes=max_bytes):
        start = 0
        while (end := piece.find(b"\n", start)) >= 0:
            _check_line(len(begun) + end - start)
            yield bytes(begun) + piece[start:end]
            begun.clear()
            start = end + 1
        begun += piece[start:]
        _check_line(len(begun))
    if begun:
        raise ShardError("ends in the middle of a line: fetch it again, or restore it from another copy")


def unpacked_pieces(body: bytes, *, max_bytes: int) -> Iterator[bytes]:
    """Unpack in pieces of 2 MiB at most; the body must be one whole frame of `max_bytes` at most, and nothing after it.

    Raise ShardError, before more than one piece beyond the bound has been unpacked.
    """
    frame, total = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES).decompressobj(), 0
    try:
        for start in range(0, len(body), _PIECE_BYTES):
            piece = frame.decompress(body[start : start + _PIECE_BYTES])
            total += len(piece)
            if total > max_bytes:
                raise ShardError(f"unpacks to more than {max_bytes} bytes: this is not what belongs there")
            yield piece
    except zstandard.ZstdError as error:
        raise ShardError(f"cannot be unpacked ({error}): fetch it again, or restore it from another copy") from error
    if not frame.eof or frame.unused_data:
        raise ShardError("is cut off or has something after its end: fetch it again, or restore it from another copy")


def _check_line(length: int, line: bytes = b"") -> None:
    if length > MAX_LINE_BYTES:
        which = f"that begins {line[:_SHOWN]!r} " if line else ""
        raise ShardError(f"has a line {which}of more than {MAX_LINE_BYTES} bytes: this is not what belongs there")


def _in_order(rows: Iterable[ShardRow]) -> tuple[ShardRow, ...]:
    ordered = tuple(rows)
    for row, following in pairwise(ordered):
        if row.slug >= following.slug:
            raise ShardError(
                f"row {following.slug!r} stands after {row.slug!r}: rows are sorted and each slug is there once"
            )
    return ordered


def _row(line: bytes) -> ShardRow:
    try:
        return ShardRow.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ShardError(f"holds a row that is none: {where or 'the line'}: {first['msg']}") from error
