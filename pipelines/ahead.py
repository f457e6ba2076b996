"""What a clock that was ahead has dated: it counts as never seen, and what was signed then is issued anew."""

from datetime import datetime, timedelta

from schemas.crawl import AdmittedLine
from schemas.registry import ListCrawl, Pointer, ShardRow, Snapshot
from schemas.times import timestamp

CLOCK_SKEW = timedelta(minutes=5)
"""How far another machine's clock may be ahead of ours, as token issuers commonly allow."""


def is_ahead(dated: str, at: datetime) -> bool:
    """Whether a date is later than any clock that is right can say at an instant."""
    return dated > timestamp(at + CLOCK_SKEW)


def published_at(pointer: Pointer, snapshot: Snapshot) -> str:
    """The latest time that a pointer and its snapshot state."""
    return max(pointer.issued_at, snapshot.created_at)


def row_is_ahead(row: ShardRow, at: datetime) -> bool:
    """Whether a passport was issued, or what it rests on was seen, at a time that has not come."""
    return any(is_ahead(dated, at) for dated in (row.last_scraped_at, row.looked_at, row.last_changed))


def line_known_at(line: AdmittedLine, at: datetime) -> AdmittedLine | None:
    """Give a stored record without the looks that are ahead; None where it was itself seen at such a time."""
    if is_ahead(line.raw.observed_at, at):
        return None
    if line.missing_since is None or not is_ahead(line.missed_at or line.missing_since, at):
        return line
    if is_ahead(line.missing_since, at):
        return line.model_copy(update={"missing_since": None, "missed_at": None})
    return line.model_copy(update={"missed_at": line.missing_since})


def walks_known_at(walks: tuple[ListCrawl, ...], at: datetime) -> tuple[ListCrawl, ...]:
    """Give the walks that did not begin ahead: from such a one no changes can be asked for."""
    return tuple(walk for walk in walks if not is_ahead(walk.began_at, at))


def earlier(dated: str, at: datetime) -> str:
    """Give a date, or the present instant where the date is ahead."""
    return timestamp(at) if is_ahead(dated, at) else dated
