"""Finds the checkpoint in an unfinished crawl file from which the same crawl can go on."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

import orjson
from pydantic import ValidationError

from schemas.crawl import Checkpoint, FetchFailure, PageDone
from schemas.times import instant

OLDEST = timedelta(hours=24)
"""After a longer pause the list has changed too much: records of two days would pass for one crawl."""

CHECKPOINT = b'{"kind":"checkpoint"'
"""How the line of a checkpoint begins, and no other line."""


class Unfinished(NamedTuple):
    """What an earlier process left of a crawl."""

    checkpoint: Checkpoint
    end: int
    """Bytes up to the last checkpoint; what follows can be half a page, or half a line."""


class Written(NamedTuple):
    """A record that is already in the crawl file."""

    source: str
    id: str
    asked_as: str | None


@runtime_checkable
class Resumable(Protocol):
    """A spider that can go on from a checkpoint."""

    order: str

    def resume(self, done: PageDone, written: Iterable[Written], failures: Iterable[FetchFailure]) -> None:
        """Continue after what an earlier process brought; called before the first request."""


def unfinished(part: Path, order: str, now: datetime) -> Unfinished | None:
    """The last checkpoint, None where there is none, or it is of another crawl or older than a day."""
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
    """The records of a crawl file that ends with a checkpoint."""
    with part.open("rb") as file:
        for line in file:
            document = orjson.loads(line)
            if record := document.get("raw") or document.get("quarantined"):
                yield Written(record["source"], record["id"], record.get("asked_as"))
