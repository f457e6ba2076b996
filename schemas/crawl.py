"""What a crawl leaves behind: one line a record, and a last line that says how it went."""

import errno
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, TypeAdapter

from schemas.base import Frozen, Timestamp
from schemas.listing import Listing, Quarantined, RawListing

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says where a disk, a quota or a limit on files is used up."""


class AdmittedLine(Frozen):
    """A record that was read and holds together."""

    kind: Literal["admitted"] = "admitted"
    raw: RawListing
    listing: Listing
    missing_since: Timestamp | None = None
    """The first complete look that did not find it any more; None while it is there."""
    missed_at: Timestamp | None = None
    """The latest one."""
    moved_to: str | None = None
    """The id under which the source lists the same record now; None while it lies under its own."""


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


AUTHOR = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$"
"""A user or an organisation of the Hub."""

TASK = r"^[a-z0-9][a-z0-9-]{0,63}$"
"""A task as the Hub names it: "text-generation"."""


class ListQuery(Frozen):
    """What is asked for of the Hub's list: from so many downloads on, and of that what each filter lets through."""

    minimum_downloads: Annotated[int, Field(ge=0)]
    author: Annotated[str, StringConstraints(pattern=AUTHOR)] | None = None
    """Whose repositories; of everybody where it is None."""
    task: Annotated[str, StringConstraints(pattern=TASK)] | None = None
    """What they are for, by the Hub's `pipeline_tag`."""
    limit: Annotated[int, Field(ge=1)] | None = None
    """How many of them at most, the first in the list's order."""

    @property
    def is_part(self) -> bool:
        """Whether it leaves out some of what is above the floor."""
        return (self.author, self.task, self.limit) != (None, None, None)


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
    """Pointer of a field nobody reads → in how many records it stood; of very many the last ones as "(others)"."""
    unknown_values: dict[str, int]
    """Fact names outside the known vocabulary ("parameter:telepathy") → count."""
    scope: Literal["whole", "part", "changes"] = "whole"
    """Whether it went through everything, through a part by its query, or asked of either for what has changed."""
    query: ListQuery | None = None
    """What was asked for of the list; None where there is no floor to it, or it was not gone through."""


class PageDone(Frozen):
    """What a spider says when all that a page brought has been handed on: from here it could go on."""

    order: str
    """What marks the crawl: it goes on only where source, address and arguments are the same."""
    next: str | None
    """Address of the list's page to go on with; None while the list has not been begun."""
    listed: int = 0
    """How many of the list's records were for us until there."""


class Checkpoint(Frozen):
    """A place in a crawl file up to which everything is written: a crawl that is cut off can go on from here."""

    kind: Literal["checkpoint"] = "checkpoint"
    done: PageDone
    so_far: CrawlReport
    """The report as it stands here; its `finished_at` is when the place was reached."""


CrawlLine = Annotated[AdmittedLine | QuarantinedLine | Checkpoint | CrawlReport, Field(discriminator="kind")]

CRAWL_LINE: TypeAdapter[AdmittedLine | QuarantinedLine | Checkpoint | CrawlReport] = TypeAdapter(CrawlLine)
"""Reads one line of a crawl file; the report is the last one, and a file without it was cut off. Whoever reads a
finished file passes over its checkpoints."""


KNOWN_RECORDS_SCHEMA = """
CREATE TABLE known (source TEXT NOT NULL, id TEXT NOT NULL COLLATE NOCASE, raw TEXT NOT NULL, PRIMARY KEY (source, id))
WITHOUT ROWID;
CREATE TABLE wanted (
    source TEXT NOT NULL, id TEXT NOT NULL COLLATE NOCASE, seen TEXT NOT NULL DEFAULT '', PRIMARY KEY (source, id)
) WITHOUT ROWID;
"""
"""The file that a crawl is told by (SQLite): `known` has the RawListing (JSON) of records that were fetched before,
`wanted` the ids to ask for, and when they were last seen ('' for never): those that were not seen for longest come
first. Both by the name of the source of records."""
