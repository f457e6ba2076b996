"""Deltas: what a generation serves otherwise than its parent, a line for each passport, by shard and then slug."""

import hashlib
from collections.abc import Iterable, Iterator

from pydantic import ValidationError

from pipelines.registry.packing import ShardError, pack, unpack, unpacked_pieces
from pipelines.registry.shards import MAX_DELTA_BYTES
from schemas.registry import DeltaLine, ShardRow


def delta(before: Iterable[ShardRow], after: Iterable[ShardRow]) -> Iterator[DeltaLine]:
    """Yield a line for each difference between a generation's rows of some slots and its parent's of the same slots.

    Rows differ if their objects do. A whole delta has the lines of each shard of the newer generation, in order.
    """
    old, new = ({row.slug: row for row in rows} for rows in (before, after))
    return _lines(old, new)


def print_delta(lines: Iterable[DeltaLine]) -> Iterator[bytes]:
    """Yield the lines of a delta as bytes, each a JSON object with a line end."""
    return (line.model_dump_json().encode() + b"\n" for line in lines)


def encode_delta(lines: Iterable[DeltaLine]) -> bytes:
    """Return a delta packed as it is stored; of its lines, only the packed bytes are all in memory."""
    return pack(printed.removesuffix(b"\n") for printed in print_delta(lines))


def decode_delta(body: bytes, *, max_bytes: int = MAX_DELTA_BYTES) -> Iterator[DeltaLine]:
    """Yield the lines of a packed delta; raise ShardError at a line that is none, or beyond `max_bytes` of lines."""
    try:
        yield from map(DeltaLine.model_validate_json, unpack(body, max_bytes=max_bytes))
    except ValidationError as error:
        raise ShardError(f"has a line that is not a change: {error.errors()[0]['msg']}") from error


def delta_sha256(body: bytes, *, max_bytes: int = MAX_DELTA_BYTES) -> str:
    """Digest of a packed delta's lines before compression, which is the same for every version of the compressor.

    Raise ShardError on damage, and on more than `max_bytes` of lines.
    """
    digest = hashlib.sha256()
    for piece in unpacked_pieces(body, max_bytes=max_bytes):
        digest.update(piece)
    return digest.hexdigest()


def _lines(old: dict[str, ShardRow], new: dict[str, ShardRow]) -> Iterator[DeltaLine]:
    for slug in sorted(old.keys() | new.keys()):
        before, after = old.get(slug), new.get(slug)
        if after is None and before is not None:
            yield DeltaLine(change="removed", slug=slug, cause=None, status=None, object=None, before=before.object)
        elif after is not None and (before is None or before.object != after.object):
            yield DeltaLine(
                change="changed" if before else "added",
                slug=slug,
                cause=after.cause,
                status=after.status,
                object=after.object,
                before=before.object if before else None,
            )
