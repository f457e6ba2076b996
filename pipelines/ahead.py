"""Dates in the future, which a wrong clock wrote: such observations are ignored, and such passports issued again."""

from datetime import datetime, timedelta

from schemas.crawl import AdmittedLine
from schemas.registry import ListCrawl, Pointer, ShardRow, Snapshot
from schemas.times import timestamp

CLOCK_SKEW = timedelta(minutes=5)
"""How far another machine's clock may be ahead of this one's; token issuers commonly allow as much."""


def is_ahead(dated: str, at: datetime) -> bool:
    """Whether a date is in the future: later than an instant by more than `CLOCK_SKEW`."""
    return dated > timestamp(at + CLOCK_SKEW)


def latest_date(pointer: Pointer, snapshot: Snapshot) -> str:
    """The later one of the dates at which a pointer and its snapshot were signed."""
    return max(pointer.issued_at, snapshot.created_at)


def row_is_ahead(row: ShardRow, at: datetime) -> bool:
    """Whether a row's last scrape, observation or change is dated in the future."""
    return any(is_ahead(dated, at) for dated in (row.last_scraped_at, row.last_observed_at, row.last_changed))


def line_known_at(line: AdmittedLine, at: datetime) -> AdmittedLine | None:
    """Return a stored record without misses that are in the future; None where its own observation is."""
    if is_ahead(line.raw.observed_at, at):
        return None
    if line.missing_since is None or not is_ahead(line.missed_at or line.missing_since, at):
        return line
    if is_ahead(line.missing_since, at):
        return line.model_copy(update={"missing_since": None, "missed_at": None})
    return line.model_copy(update={"missed_at": line.missing_since})


def list_crawls_known_at(crawls: tuple[ListCrawl, ...], at: datetime) -> tuple[ListCrawl, ...]:
    """Return the crawls that did not begin in the future: since a future instant no changes can be asked for."""
    return tuple(crawl for crawl in crawls if not is_ahead(crawl.began_at, at))


def earlier(dated: str, at: datetime) -> str:
    """Return a date, or the present instant where the date is in the future."""
    return timestamp(at) if is_ahead(dated, at) else dated
