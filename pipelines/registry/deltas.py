"""What one generation serves otherwise than another: the lines of a delta, in order of shard and then of slug."""

import hashlib
from collections.abc import Iterable, Iterator

from pydantic import ValidationError

from pipelines.registry.packing import ShardError, pack, unpack, unpacked_pieces
from pipelines.registry.shards import MAX_DELTA_BYTES
from schemas.registry import DeltaLine, ShardRow


def delta(before: Iterable[ShardRow], after: Iterable[ShardRow]) -> Iterator[DeltaLine]:
    """Compare the rows of some slots with the parent's of the same; a row with the same object is no line.

    A whole delta is those of the newer generation's shards, one after the other.
    """
    old, new = ({row.slug: row for row in rows} for rows in (before, after))
    return _lines(old, new)


def print_delta(lines: Iterable[DeltaLine]) -> Iterator[bytes]:
    """Print the lines of a delta, each a JSON object with its line's end."""
    return (line.model_dump_json().encode() + b"\n" for line in lines)


def encode_delta(lines: Iterable[DeltaLine]) -> bytes:
    """Pack a delta as it is stored; only what is packed is in memory."""
    return pack(printed.removesuffix(b"\n") for printed in print_delta(lines))


def decode_delta(body: bytes, *, max_bytes: int = MAX_DELTA_BYTES) -> Iterator[DeltaLine]:
    """Unpack a delta, a line at a time; raise ShardError on coming to anything else, or to more than `max_bytes`."""
    try:
        yield from map(DeltaLine.model_validate_json, unpack(body, max_bytes=max_bytes))
    except ValidationError as error:
        raise ShardError(f"holds a line that is no change: {error.errors()[0]['msg']}") from error


def delta_sha256(body: bytes, *, max_bytes: int = MAX_DELTA_BYTES) -> str:
    """Digest of a packed delta's lines as they were before compression, which no version of a compressor changes.

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
