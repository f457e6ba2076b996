"""Compresses JSON lines with zstd and decompresses them, within bounds on lines and sizes."""

import hashlib
import io
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import zstandard

from pipelines.errors import PipelineError
from schemas.registry import ShardRef

MAX_PART_BYTES = 2 * 2**30
"""Largest part of a source's listings, unpacked: about ten times one of 256 of two million repositories with cards."""

MAX_LINE_BYTES = 16 * 2**20
"""Longest line without its end, packed or unpacked; lines of records may have half of it (`schemas.lines`)."""

_LEVEL = 9
"""Level of compression; with a higher one rows get hardly smaller, in much more time."""
_READ_BYTES = 2**20
_PIECE_BYTES = 64
"""Compressed bytes that are unpacked at once. Four of them can become 128 KiB, so at most 2 MiB are unpacked before the
bounds are checked. Larger pieces are hardly faster."""
_SHOWN = 160
"""Bytes of a line that an error shows; those of a record's line include its source and id."""
_MAX_WINDOW_BYTES = 32 * 2**20
"""Most memory that a packed file may make its reader allocate for the window."""


class ShardError(PipelineError):
    """Raised where packed lines are damaged, too large, or are not the sorted rows that they should be."""


def pack(lines: Iterable[bytes]) -> bytes:
    """Return lines (given without their ends) compressed in their order: a fixed level, no times or names, a checksum.

    Raise ShardError on a line that `unpack` would refuse, so that nothing is written that cannot be read.
    """
    packed = io.BytesIO()
    pack_into(packed, lines)
    return packed.getvalue()


def pack_into(file: BinaryIO, lines: Iterable[bytes]) -> int:
    """Write to a file what `pack` returns, a line at a time; returns how many lines there were."""
    compressor, count = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True), 0
    with compressor.stream_writer(file, closefd=False) as writer:
        for line in lines:
            _check_line(len(line), line)
            writer.write(line + b"\n")
            count += 1
    return count


def packed_lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a packed file of our own, which is read in pieces."""
    with zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES).stream_reader(file) as reader:
        for line in io.BufferedReader(reader, _READ_BYTES):
            yield line.rstrip(b"\n")


def ref_of(packed: bytes, *, index: int, rows: int) -> ShardRef:
    """Return a snapshot's reference to a packed file: its hash, and its sizes before and after compression."""
    unpacked = sum(map(len, unpacked_pieces(packed, max_bytes=MAX_PART_BYTES)))
    return ShardRef(
        index=index,
        sha256=hashlib.sha256(packed).hexdigest(),
        rows=rows,
        packed_bytes=len(packed),
        unpacked_bytes=unpacked,
    )


def most_packed_bytes(unpacked: int) -> int:
    """Largest packed size of so many bytes of lines: what cannot be compressed grows by less than a 256th."""
    return unpacked + unpacked // 256 + 4096


def unpack(body: bytes, *, max_bytes: int) -> Iterator[bytes]:
    """Yield the lines of a packed file; raise ShardError on damage, a line too long, or more than `max_bytes`.

    Memory holds one line and one piece, whatever the body is.
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
    """Yield the unpacked bytes of a body, which is one whole frame of at most `max_bytes`, in pieces of at most 2 MiB.

    Raise ShardError on any other body, before more than one piece beyond the bound is unpacked.
    """
    frame, total = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES).decompressobj(), 0
    try:
        for start in range(0, len(body), _PIECE_BYTES):
            piece = frame.decompress(body[start : start + _PIECE_BYTES])
            total += len(piece)
            if total > max_bytes:
                raise ShardError(
                    f"unpacks to more than {max_bytes} bytes: fetch it again, or restore it from another copy"
                )
            yield piece
    except zstandard.ZstdError as error:
        raise ShardError(f"cannot be unpacked ({error}): fetch it again, or restore it from another copy") from error
    if not frame.eof or frame.unused_data:
        raise ShardError("is cut off or has something after its end: fetch it again, or restore it from another copy")


def _check_line(length: int, line: bytes = b"") -> None:
    if length > MAX_LINE_BYTES:
        which = f"that begins {line[:_SHOWN]!r} " if line else ""
        raise ShardError(f"has a line {which}of more than {MAX_LINE_BYTES} bytes: restore it from another copy")
