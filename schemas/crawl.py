"""What a crawl leaves behind: one line a record, and a last line that says how it went."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from schemas.base import Frozen, Timestamp
from schemas.listing import Listing, Quarantined, RawListing


class AdmittedLine(Frozen):
    """A record that was read and holds together."""

    kind: Literal["admitted"] = "admitted"
    raw: RawListing
    listing: Listing


class QuarantinedLine(Frozen):
    """A record that could not be read."""

    kind: Literal["quarantined"] = "quarantined"
    quarantined: Quarantined


class FetchFailure(Frozen):
    """A request that brought nothing usable, after all its tries."""

    url: str
    status: int | None
    """HTTP status, None when no response came."""
    reason: str
    """A sentence a person can act on."""


class CrawlReport(Frozen):
    """How a crawl went. `complete` is the crawl's own verdict: it saw the whole list, whole."""

    kind: Literal["report"] = "report"
    source: str
    complete: bool
    finish_reason: str
    """Scrapy's: "finished", "shutdown", …"""
    started_at: Timestamp
    finished_at: Timestamp
    requests: int
    responses_by_status: dict[str, int]
    retries: int
    listings: int
    """Records in the source's list, those refused included."""
    announced: int | None
    """How many the source said there are (`total_count`)."""
    admitted: int
    quarantined: int
    failures: tuple[FetchFailure, ...]
    leftovers: dict[str, int]
    """Pointer of a field nobody reads → in how many records it stood."""
    unknown_values: dict[str, int]
    """Fact names outside the known vocabulary ("parameter:telepathy") → count."""


CrawlLine = Annotated[AdmittedLine | QuarantinedLine | CrawlReport, Field(discriminator="kind")]

CRAWL_LINE: TypeAdapter[AdmittedLine | QuarantinedLine | CrawlReport] = TypeAdapter(CrawlLine)
"""Reads one line of a crawl file; the report is the last one, and a file without it was cut off."""
