"""Packs JSON lines with zstd and unpacks them, both within bounds."""

import hashlib
import io
from collections.abc import Iterable, Iterator

import zstandard

from pipelines.errors import PipelineError
from schemas.registry import ShardRef

MAX_PART_BYTES = 2 * 2**30
"""Unpacked, of a part of a source's listings; about ten times one of 256 of two million repositories with cards."""

MAX_LINE_BYTES = 16 * 2**20
"""Without its end, when packed and when unpacked; lines of records are admitted up to half of it (`schemas.lines`)."""

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
