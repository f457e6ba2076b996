"""What lies in the object store beside the passports: rows, shards, snapshots and the pointer to them."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.base import Frozen, Sha256, Slug, Timestamp
from schemas.crawl import ListQuery

Status = Literal["active", "deprecated", "delisted"]
"""Life of a listing: offered; its end announced; gone."""

Commit = Literal["swap", "create"]
"""What makes a generation the one that is served: the pointer's compare-and-swap; or, in a store that only creates
under a condition, the creation of its snapshot, which then follows the pointer that lags behind."""

Hours = Annotated[int, Field(gt=0)]

Cause = Literal["first_seen", "source_changed", "pipeline_changed", "key_changed", "refreshed"]
"""Why a passport was issued."""


class ShardRow(Frozen):
    """One passport as a generation serves it: a line of a shard."""

    slug: Slug
    listing_id: str
    """The source's id that owns the slug: "qwen/qwq-32b"."""
    object: Sha256
    """Hash, and so key, of the signed passport."""
    payload: Sha256
    """Digest of what the passport says without its dates: equal digests, nothing changed."""
    facts: Sha256
    """Digest of what the sources said, without dates: tells a changed source from a changed pipeline."""
    status: Status
    cause: Cause
    key_id: str
    """The key that signed the object."""
    previous: Sha256 | None
    """The object that this one replaced."""
    first_seen: Timestamp
    last_seen: Timestamp
    """When a crawl last saw it listed."""
    last_changed: Timestamp
    """When its substance last changed."""
    last_scraped_at: Timestamp
    """As the signed passport says."""
    looked_at: Timestamp
    """When a source last said what the signed status rests on: that the model is there, or that it is not."""
    generation: int
    """The generation that issued this object; its snapshot names the sources it was made from."""


class ShardRef(Frozen):
    """A shard as a snapshot names it."""

    index: int
    sha256: Sha256
    """Of the compressed bytes, and so its key."""
    rows: int
    packed_bytes: int | None = None
    """How many compressed bytes there are; None where the generation that wrote it did not say."""
    unpacked_bytes: int | None = None
    """How many bytes its lines have with their ends; None likewise."""


class ListCrawl(Frozen):
    """A walk through a source's list that took all that it asked for, or all of that which had changed."""

    query: ListQuery
    began_at: Timestamp
    listings: int | None
    """How many listings the last crawl of this query brought that did not ask for changes alone; None before it."""


class SourceRef(Frozen):
    """The last good listings of one source, as a snapshot names them."""

    source: str
    parts: tuple[ShardRef, ...]
    """Compressed JSON Lines (one `AdmittedLine` each), cut by the slot of the listing's slug as shards are; `rows` is
    how many lines. Empty parts are left out."""
    count: int
    """How many parts there would be if none were empty: 1, 16 or 256."""
    listings: int
    """In all parts."""
    last_scraped_at: Timestamp
    """Of the last complete crawl."""
    walks: tuple[ListCrawl, ...] = ()
    """The latest walk through its list of each query that no later one covers, in their order; of the Hub alone."""


class Lifetime(Frozen):
    """How long what a source brought may be relied on, in hours from the scrape that brought it."""

    refresh_after_h: Hours
    """Hours after which a passport's scrape is due to be renewed."""
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


class Snapshot(Frozen):
    """One generation: everything that a reader who starts at the pointer can reach."""

    generation: int
    parent: int | None
    parent_sha256: Sha256 | None
    """Of the parent's snapshot, so that the pointer vouches for the whole history."""
    delta_sha256: Sha256
    """Of the lines of registry/deltas/<generation>.jsonl.zst before compression, in order of shard and then slug."""
    delta_bytes: int | None = None
    """How many bytes these lines have with their ends; None in generations that did not say. How many they are once
    compressed, another version of the compressor may change: not more than `pipelines.shards.most_packed_bytes`."""
    created_at: Timestamp
    shards: tuple[ShardRef, ...]
    sources: tuple[SourceRef, ...]
    counts: dict[str, int]
    """Status → passports."""
    rules_sha256: Sha256
    lifetimes: dict[str, Lifetime]
    """Source → how long its facts stay fresh: what the dates in the passports that it issued follow from."""
    run: str
    """Id of the run that made it: registry/runs/<run>.json."""

    @property
    def passports(self) -> int:
        """How many it serves."""
        return sum(ref.rows for ref in self.shards)


class Pointer(Frozen):
    """The one thing that moves: which snapshot is served now."""

    generation: int
    snapshot_sha256: Sha256
    commit: Commit
    nonce: str
    """Tells a publisher whose swap got no answer whether it landed."""
    issued_at: Timestamp
    expires_at: Timestamp
    kept_from: int = 1
    """The oldest generation that is kept whole; of those before it garbage was collected."""
    collecting_until: Timestamp | None = None
    """Garbage is being collected: nobody publishes before this instant, or before a pointer without it."""


class DeltaLine(Frozen):
    """One passport that a generation serves otherwise than its parent: a line of a delta."""

    change: Literal["added", "changed", "removed"]
    slug: Slug
    cause: Cause | None
    """Why it was issued; None for one that is removed."""
    status: Status | None
    """None for one that is removed."""
    object: Sha256 | None
    """Served from now on; None for one that is removed."""
    before: Sha256 | None
    """Served by the parent; None for one that is added."""


class Applied(Frozen):
    """The generation up to which the copies for readers have been rolled forward."""

    generation: int
