"""What one generation serves otherwise than another: the lines of a delta, in order of slug."""

import hashlib
from collections.abc import Iterable, Iterator

from pydantic import ValidationError

from pipelines.shards import ShardError, pack, unpack
from schemas.registry import DeltaLine, ShardRow


def delta(before: Iterable[ShardRow], after: Iterable[ShardRow]) -> tuple[DeltaLine, ...]:
    """Compare the rows of a generation with its parent's; a row with the same object is no line."""
    old, new = ({row.slug: row for row in rows} for rows in (before, after))
    return tuple(_lines(old, new))


def delta_lines(lines: Iterable[DeltaLine]) -> tuple[bytes, ...]:
    """Print a delta, a JSON object a line."""
    return tuple(line.model_dump_json().encode() for line in lines)


def delta_sha256(lines: Iterable[DeltaLine]) -> str:
    """Digest of a delta's lines as they are before compression, which no version of a compressor changes."""
    return hashlib.sha256(b"".join(line + b"\n" for line in delta_lines(lines))).hexdigest()


def encode_delta(lines: Iterable[DeltaLine]) -> bytes:
    """Pack a delta as it is stored."""
    return pack(delta_lines(lines))


def decode_delta(body: bytes) -> tuple[DeltaLine, ...]:
    """Unpack a delta; raise ShardError when it holds anything else."""
    try:
        return tuple(DeltaLine.model_validate_json(line) for line in unpack(body))
    except ValidationError as error:
        raise ShardError(f"holds a line that is no change: {error.errors()[0]['msg']}") from error


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
