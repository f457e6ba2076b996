"""What a run wants published, and what came of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from flows.errors import FlowError
from flows.progress import tell
from schemas.base import Sha256, Timestamp
from schemas.registry import Lifetime, ListCrawl, ShardRow


class PublicationError(FlowError):
    """What was to be published does not hold together, or other publishers were faster too often."""


@dataclass(frozen=True)
class SourcePart:
    """Those listings of a source whose slugs have the slots `slots_of(index, count)`."""

    index: int
    count: int
    """How many parts there are in all: 1, 16 or 256."""
    read: Callable[[], bytes]
    """Gives JSON Lines as `pipelines.shards.pack` packs them; asked once an attempt, and one part at a time."""
    listings: int


class SourceParts(NamedTuple):
    """The listings of one source from its last complete crawl."""

    parts: tuple[SourcePart, ...]
    """In order; those without listings may be left out."""
    last_scraped_at: Timestamp
    walks: tuple[ListCrawl, ...] = ()
    """Walks through its list that a later one may build on."""

    @property
    def listings(self) -> int:
        """In all parts."""
        return sum(part.listings for part in self.parts)


class Copies(NamedTuple):
    """What is served of one passport outside the registry."""

    passport: bytes
    """The signed passport with `_links`."""
    page: bytes | None = None
    """Its page for people; None where there is no site."""


RenderCopies = Callable[[str, bytes], Copies]
"""From a slug and the bytes of its signed passport to its copies."""

RowsOf = Callable[[range], Iterable[ShardRow]]
"""From slots to the rows whose slugs have them, sorted by slug, each slug once."""


@dataclass(frozen=True)
class Publication:
    """The next generation, merged against the generation that its maker read."""

    passports: int
    """How many rows there are in all, which decides into how many shards they are cut."""
    rows: RowsOf
    """Every passport that it serves, asked for a shard at a time, as they need not fit into memory together; asked
    again where the publication is tried again. `generation` of a row is set on publishing, where the object is new."""
    objects: Mapping[Sha256, bytes]
    """Signed passports that the store may not have yet; large runs write theirs ahead with `write_objects`."""
    sources: Mapping[str, SourceParts]
    """Sources crawled anew; the others stay as the parent has them."""
    rules: bytes
    """The tables of rules that its passports were made by, which their evidence of method "class" points into."""
    lifetimes: Mapping[str, Lifetime]
    """Source → how long its facts stay fresh."""
    run_id: str
    run_report: bytes
    copies: RenderCopies = field(repr=False)
    site: Mapping[str, bytes] = field(default_factory=dict)
    """Key → file, for what is served beside the passports: schema.json, the public keys, the index."""


class Step(StrEnum):
    """The steps of a publication, in their order."""

    LOCK = "lock"
    """Waiting for another publication to this store to end."""
    PROBE = "probe"
    """Racing the store, before the first publication to it."""
    OBJECTS = "objects"
    SOURCES = "sources"
    RULES = "rules"
    REPORT = "report"
    SHARDS = "shards"
    SNAPSHOT = "snapshot"
    BARRIER = "barrier"
    POINTER = "pointer"
    DELTA = "delta"
    COPIES = "copies"
    SITE = "site"
    APPLIED = "applied"
    DONE = "done"


Progress = Callable[[Step, int, int], None]
"""Told the step, how many are done and how many there are: (step, 0, n) as a step begins, (step, n, n) as it ends."""


def silent(step: Step, done: int, total: int) -> None:
    """Report progress to nobody."""
    del step, done, total


@contextmanager
def reported(on_step: Progress, step: Step, total: int = 1) -> Iterator[None]:
    """Report that a step begins, and that it is done."""
    on_step(step, 0, total)
    yield
    on_step(step, total, total)


def _tell_step(step: Step, done: int, total: int) -> None:
    tell(f"publish: {step}", done, total)
