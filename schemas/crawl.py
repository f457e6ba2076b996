"""Lines of a crawl file: one for each record, checkpoints between them, and the crawl's report at the end."""

import errno
from typing import Annotated, Generic, Literal, NamedTuple, TypeVar

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter

from schemas.base import Frozen, Timestamp
from schemas.listing import Listing, Quarantined, RawListing

One = TypeVar("One")

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Error numbers of the system for a full disk, a used-up quota and a file larger than is allowed."""


class AdmittedLine(Frozen):
    """Line of a record that was read and is valid."""

    kind: Literal["admitted"] = "admitted"
    raw: RawListing
    listing: Listing
    missing_since: Timestamp | None = None
    """Time of the first observation that found the record missing; None while the source has it."""
    missed_at: Timestamp | None = None
    """Time of the latest such observation."""
    moved_to: str | None = None
    """Present id of the same record ("b/x" on the line of "a/x" after a rename); None while its id is unchanged."""


class QuarantinedLine(Frozen):
    """Line of a record that was quarantined, with the reason."""

    kind: Literal["quarantined"] = "quarantined"
    quarantined: Quarantined


class FetchFailure(Frozen):
    """A request that got no usable response, all retries included."""

    url: str
    status: int | None
    """HTTP status; None where no response came."""
    reason: str
    """A sentence that names what is wrong and what to do."""


AUTHOR = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$"
"""A user or an organisation of the Hub."""

TASK = r"^[a-z0-9][a-z0-9-]{0,63}$"
"""A task as the Hub names it: "text-generation"."""


class ListQuery(Frozen):
    """A query of the Hub's list: repositories with enough downloads that pass every filter which is set."""

    minimum_downloads: Annotated[int, Field(ge=0)]
    author: Annotated[str, StringConstraints(pattern=AUTHOR)] | None = None
    """User or organisation that owns the repositories; None for all."""
    task: Annotated[str, StringConstraints(pattern=TASK)] | None = None
    """Task of the repositories, by the Hub's `pipeline_tag`; None for all."""
    limit: Annotated[int, Field(ge=1)] | None = None
    """At most so many repositories, the first in the list's order."""

    @property
    def is_part(self) -> bool:
        """Whether a filter or the limit leaves out repositories with enough downloads."""
        return (self.author, self.task, self.limit) != (None, None, None)


class CrawlReport(Frozen):
    """A crawl's account of itself. `complete`: it finished, no request failed, and no announced record is missing."""

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
    """Records of the source's list that were read or refused."""
    announced: int | None
    """How many records the source states that its list has (`total_count`); None where it states none."""
    admitted: int
    quarantined: int
    failures: tuple[FetchFailure, ...]
    leftovers: dict[str, int]
    """JSON Pointer of a field that no reader reads → records that have it; past a bound, the rest is "(others)"."""
    unknown_values: dict[str, int]
    """Fact names outside the known vocabulary ("parameter:telepathy") → count."""
    scope: Literal["whole", "part", "changes"] = "whole"
    """What it asked for: everything, the part that `query` names, or, of either, only what has changed."""
    query: ListQuery | None = None
    """Query of the Hub's list; None for sources without a minimum of downloads, and where no list was crawled."""


class PageDone(Frozen):
    """Yielded by a spider after all records of a page of its list: the crawl can be resumed from here."""

    order: str
    """Identifies the crawl: it is resumed only with the same source, address and arguments."""
    next: str | None
    """Address of the list's page to go on with; None before the list's first page."""
    listed: int = 0
    """How many records of the list were selected up to here; counted because a query may have a limit."""


class Bundle(NamedTuple, Generic[One]):
    """Records, or their lines, that pass through a crawl as one item: by itself each costs more than to take it on."""

    members: tuple[One, ...]


class Checkpoint(Frozen):
    """Line up to which everything of a crawl is written: a crawl that was cut off goes on from the last one."""

    kind: Literal["checkpoint"] = "checkpoint"
    done: PageDone
    so_far: CrawlReport
    """The report up to this line; its `finished_at` is when the line was written."""


CrawlLine = Annotated[AdmittedLine | QuarantinedLine | Checkpoint | CrawlReport, Field(discriminator="kind")]

CRAWL_LINE: TypeAdapter[AdmittedLine | QuarantinedLine | Checkpoint | CrawlReport] = TypeAdapter(
    CrawlLine, config=ConfigDict(defer_build=True)
)
"""Reads one line of a crawl file. The report is the last line, and a file without it was cut off. Readers of a finished
file skip its checkpoints."""


KNOWN_RECORDS_SCHEMA = """
CREATE TABLE known (source TEXT NOT NULL, id TEXT NOT NULL COLLATE NOCASE, raw TEXT NOT NULL, PRIMARY KEY (source, id))
WITHOUT ROWID;
CREATE TABLE wanted (
    source TEXT NOT NULL, id TEXT NOT NULL COLLATE NOCASE, seen TEXT NOT NULL DEFAULT '', PRIMARY KEY (source, id)
) WITHOUT ROWID;
"""
"""Tables of the SQLite file that a crawl is given. `known`: the RawListing (JSON) of each record fetched before.
`wanted`: ids to ask for and when each was last observed ('' for never); those not observed for longest come first.
`source` is the name of the records' source in both."""
