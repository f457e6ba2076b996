"""Finds the place in an unfinished crawl file from which the same crawl can go on."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

import orjson
from pydantic import ValidationError

from schemas.crawl import Checkpoint, FetchFailure, PageDone
from schemas.times import instant

OLDEST = timedelta(hours=24)
"""A list that was left longer ago has moved too far: records of two days would pass for one crawl."""

CHECKPOINT = b'{"kind":"checkpoint"'
"""How the line begins, and no other."""


class Unfinished(NamedTuple):
    """What an earlier process left of a crawl."""

    checkpoint: Checkpoint
    end: int
    """Bytes up to its last checkpoint; what stands behind may be half a page, or half a line."""


class Written(NamedTuple):
    """A record that stands in the file already."""

    source: str
    id: str
    asked_as: str | None


@runtime_checkable
class Resumable(Protocol):
    """A spider that can go on from a place of its own."""

    order: str

    def resume(self, done: PageDone, written: Iterable[Written], failures: Iterable[FetchFailure]) -> None:
        """Take over what an earlier process brought, before the first request."""


def unfinished(part: Path, order: str, now: datetime) -> Unfinished | None:
    """Find the last checkpoint, None where there is none, or only one of another crawl or another day."""
    last, end, position = b"", 0, 0
    try:
        with part.open("rb") as file:
            for line in file:
                position += len(line)
                if line.startswith(CHECKPOINT) and line.endswith(b"\n"):
                    last, end = line, position
        checkpoint = Checkpoint.model_validate_json(last)
    except (FileNotFoundError, ValidationError):
        return None
    age = now - instant(checkpoint.so_far.finished_at)
    same = checkpoint.done.order == order and timedelta(0) <= age < OLDEST
    return Unfinished(checkpoint, end) if same else None


def written(part: Path) -> Iterator[Written]:
    """Name the records of a file that ends with a checkpoint, one after the other."""
    with part.open("rb") as file:
        for line in file:
            document = orjson.loads(line)
            if record := document.get("raw") or document.get("quarantined"):
                yield Written(record["source"], record["id"], record.get("asked_as"))
