"""Contents of the registry's files: shard rows, snapshots, the pointer to them, and deltas."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.base import Frozen, Sha256, Slug, Stored, Timestamp
from schemas.crawl import ListQuery
from schemas.events import LoggedAt
from schemas.revocations import RevocationsRef
from schemas.root import RootRef

Status = Literal["active", "deprecated", "delisted"]
"""State of a listing: offered; its end announced; gone."""

Commit = Literal["swap", "create"]
"""What makes a generation the served one. "swap": the compare-and-swap of the pointer. "create", for stores that can
create a file only if absent but not swap one: the creation of the snapshot, after which the pointer is updated."""

Hours = Annotated[int, Field(gt=0)]

Cause = Literal["first_seen", "source_changed", "pipeline_changed", "key_changed", "refreshed"]
"""Why a passport was issued."""


def _is_none(value: object) -> bool:
    return value is None


class ShardRow(Stored):
    """One passport as a generation serves it: a line of a shard."""

    slug: Slug
    listing_id: str
    """Id, at its source, of the listing that owns the slug: "qwen/qwq-32b"."""
    object: Sha256
    """Hash of the signed passport, from which its key is made."""
    payload: Sha256
    """Digest of the passport's substance, which has no dates: equal digests mean that nothing changed."""
    facts: Sha256
    """Digest of what the sources stated, without dates; if only `payload` differs, the pipeline changed."""
    status: Status
    cause: Cause
    key_id: str
    """The key that signed the object."""
    previous: Sha256 | None
    """Hash of the object that this one replaced."""
    first_seen: Timestamp
    last_seen: Timestamp
    """Last observation of the listing at its source."""
    last_changed: Timestamp
    """When the passport's substance last changed."""
    last_scraped_at: Timestamp
    """The same as in the signed passport."""
    last_observed_at: Annotated[Timestamp, Field(validation_alias="looked_at", serialization_alias="looked_at")]
    """Last observation that the signed status rests on: that the model was listed, or that it was missing."""
    generation: int
    """The generation that issued this object; its snapshot names the sources that the passport was made from."""
    log_index: int | None = None
    """Place in the public log of the entry that states this issue; None where an older version wrote the row."""


class ShardRef(Frozen):
    """Reference from a snapshot to a packed file: a shard, or a part of a source's listings."""

    index: int
    sha256: Sha256
    """Of the compressed bytes; the file's key is made from it."""
    rows: int
    packed_bytes: int | None = None
    """Size of the compressed file; None where the generation that wrote it did not state it."""
    unpacked_bytes: int | None = None
    """Size of its lines with their ends; None likewise."""


class ListCrawl(Frozen):
    """A complete crawl of the Hub's list with one query, for everything it selects or only for what had changed."""

    query: ListQuery
    began_at: Timestamp
    listings: int | None
    """Listings in the last crawl of this query that asked for more than changes; None before there was one."""


class SourceRef(Stored):
    """Reference from a snapshot to the last good listings of one source."""

    source: str
    parts: tuple[ShardRef, ...]
    """Compressed JSON Lines (one `AdmittedLine` each), partitioned by slug as shards are; `rows` is the number of
    lines. Empty parts are left out."""
    count: int
    """How many parts there would be if none were empty: 1, 16 or 256."""
    listings: int
    """Number of listings in all parts."""
    last_scraped_at: Timestamp
    """Date of the last complete crawl."""
    list_crawls: Annotated[tuple[ListCrawl, ...], Field(validation_alias="walks", serialization_alias="walks")] = ()
    """Of the Hub alone: complete crawls of its list since which changes can be asked for, oldest first. A crawl whose
    query a later one covers, as repositories from 100 downloads on cover those from 1,000 on, is left out."""


class Lifetime(Frozen):
    """How long the records of a source may be relied on, in hours from their observation."""

    refresh_after_h: Hours
    """Hours after which a record is due to be scraped again."""
    stale_after_h: Hours
    """Hours after which its facts are stale."""
    expires_after_h: Hours
    """Hours after which a passport made from it is no longer valid."""

    @model_validator(mode="after")
    def _ages_in_order(self) -> Self:
        if not self.refresh_after_h <= self.stale_after_h <= self.expires_after_h:
            raise ValueError("a scrape is due first (refresh_after_h), then stale (stale_after_h), then void")
        return self

    @property
    def refresh_after(self) -> timedelta:
        """`refresh_after_h` as a duration."""
        return timedelta(hours=self.refresh_after_h)

    @property
    def stale_after(self) -> timedelta:
        """`stale_after_h` as a duration."""
        return timedelta(hours=self.stale_after_h)

    @property
    def expires_after(self) -> timedelta:
        """`expires_after_h` as a duration."""
        return timedelta(hours=self.expires_after_h)


class SearchRef(Frozen):
    """Reference from a snapshot to the search index of its passports, an SQLite file."""

    sha256: Sha256
    """Of the file; its key is made from it."""
    size_bytes: int
    content_sha256: Sha256
    """Digest of the passports that it was made from: while it is the same, the index is not built again."""


class LogHead(Frozen):
    """The public log as a generation leaves it: its size, and the roots of its complete subtrees, largest first."""

    size: int
    hashes: tuple[Sha256, ...]
    """One for each bit that is set in the size; the log's root follows from them."""


class Snapshot(Frozen):
    """One generation: names by hash every file that it serves, so that a reader who begins at the pointer finds it."""

    generation: int
    parent: int | None
    parent_sha256: Sha256 | None
    """Hash of the parent's snapshot, so that the pointer vouches for the whole history."""
    delta_sha256: Sha256
    """Hash of the lines of registry/deltas/<generation>.jsonl.zst before compression, by shard and then slug."""
    delta_bytes: int | None = None
    """Size of these lines with their ends; None in generations that did not state it. Their compressed size depends on
    the compressor's version: `pipelines.registry.packing.most_packed_bytes` is its bound."""
    created_at: Timestamp
    shards: tuple[ShardRef, ...]
    sources: tuple[SourceRef, ...]
    counts: dict[str, int]
    """Status → number of passports."""
    search: Annotated[SearchRef | None, Field(exclude_if=lambda value: value is None)] = None
    """The search index; None in generations that have none."""
    rules_sha256: Sha256
    log: LogHead | None = None
    """The public log with all that this generation issued; None in generations of older versions, which have none."""
    lifetimes: dict[str, Lifetime]
    """Source → how long its facts stay fresh; the dates in passports that this generation issued follow from it."""
    run: str
    """Id of the run that made it: registry/runs/<run>.json."""
    root: Annotated[RootRef | None, Field(exclude_if=_is_none)] = None
    """The root in force when it was made; None, and not written, in registries without one."""
    root_logged: Annotated[LoggedAt | None, Field(exclude_if=_is_none)] = None
    """Where the log states that root."""
    revocations: Annotated[RevocationsRef | None, Field(exclude_if=_is_none)] = None
    """The list of revocations in force; None, and not written, where no passport was revoked yet."""
    revocations_logged: Annotated[LoggedAt | None, Field(exclude_if=_is_none)] = None
    """Where the log states that list."""

    @property
    def passports(self) -> int:
        """How many passports the generation serves."""
        return sum(ref.rows for ref in self.shards)


class Pointer(Frozen):
    """The one file that is overwritten: it names the snapshot that is served now."""

    generation: int
    snapshot_sha256: Sha256
    commit: Commit
    nonce: str
    """By which a publisher whose swap got no answer finds out whether the pointer is its own."""
    issued_at: Timestamp
    expires_at: Timestamp
    kept_from: int = 1
    """Oldest generation whose files are all retained; of earlier ones, garbage was collected."""
    collecting_until: Timestamp | None = None
    """While garbage is collected: nobody publishes before this instant, or before a pointer without it is written."""


class DeltaLine(Frozen):
    """One passport that a generation serves otherwise than its parent: a line of a delta."""

    change: Literal["added", "changed", "removed"]
    slug: Slug
    cause: Cause | None
    """Why it was issued; None for a removed passport."""
    status: Status | None
    """None for a removed passport."""
    object: Sha256 | None
    """Hash of the object that the generation serves; None for a removed passport."""
    before: Sha256 | None
    """Hash of the object that the parent serves; None for an added passport."""


class Applied(Frozen):
    """The generation up to which the copies for readers are written."""

    generation: int


class PageList(Frozen):
    """The pages of one generation: signed, so that a changed page is recognised."""

    generation: int
    snapshot_sha256: Sha256
    rendering: Sha256
    """Digest of the templates, the code and the addresses that the pages were rendered with."""
    issued_at: Annotated[Timestamp | None, Field(exclude_if=_is_none)] = None
    """When it was signed, by which a root allows its key; None, and not written, in lists of older versions."""
    passports: tuple[ShardRef, ...]
    """Parts with a line for each passport: slug, object, the hash of its page, and what lists show of it."""
    count: int
    """How many parts there would be if none were empty: 1, 16 or 256."""
    others: ShardRef
    """The part with a line for each other file of the site: key and hash."""
