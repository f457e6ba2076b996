"""What a run hands over to be published, and the steps that report its progress."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Protocol

from flows.errors import FlowError
from flows.progress import tell
from flows.registry.publish_time import Confirm, unconfirmed
from flows.registry.reader import Reader
from flows.registry.revocations import SealedRevocations
from flows.store.base import Store
from flows.trust.roots import RootChain
from flows.trust.seen import RememberedGeneration
from pipelines.log.entries import LogPlace
from pipelines.signing.keys import KeyRing, Signer
from schemas.base import Sha256, Timestamp
from schemas.registry import Lifetime, ListCrawl, LogHead, ShardRow


class PublicationError(FlowError):
    """A publication is inconsistent, or other publishers were faster too many times."""


@dataclass(frozen=True)
class SourcePart:
    """One partition of a source: its listings whose slugs have the slots `slots_of(index, count)`."""

    index: int
    count: int
    """How many partitions the source has: 1, 16 or 256."""
    read: Callable[[], bytes]
    """Returns JSON Lines packed by `pipelines.registry.packing.pack`. Called once per attempt, one at a time."""
    listings: int


class SourceParts(NamedTuple):
    """The listings of one source from its last complete crawl."""

    parts: tuple[SourcePart, ...]
    """Partitions in order of index; those without listings may be left out."""
    last_scraped_at: Timestamp
    list_crawls: tuple[ListCrawl, ...] = ()
    """Complete crawls of its list that an incremental crawl may start from."""

    @property
    def listings(self) -> int:
        """How many listings there are in all partitions."""
        return sum(part.listings for part in self.parts)


class Copies(NamedTuple):
    """The files of one passport that readers ask for, outside the registry."""

    passport: bytes
    """The signed passport with `_links` and `_log`."""
    page: bytes | None = None
    """Its page for people; None where there is no site."""
    brief: bytes | None = None
    """Its signed brief; None where it cannot be signed here: the stored one stays."""


RenderCopies = Callable[[str, bytes, LogPlace | None], Copies]
"""From a slug, the bytes of its signed passport and its place in the log (None: there is no log) to its copies."""


Body = bytes | Path
"""Content of a key: bytes, or a file that is uploaded in pieces."""

Load = Callable[[str], bytes]
"""From the hash of a signed passport to its bytes."""


class Pages(Protocol):
    """The pages of one generation."""

    def changed(self) -> Iterator[tuple[str, Body | None]]:
        """Yield key and content of each page that may differ from the stored one; None: it is to be removed.

        A file exists as long as these pages do.
        """

    def listed(self) -> Mapping[str, bytes]:
        """Return key → bytes of the signed list of all pages, once all of `changed` are written."""


RenderPages = Callable[[Reader, Load, bool], Pages]
"""From a reader of what is served, a function that returns a passport by its hash, and whether to render all afresh."""


@dataclass(frozen=True)
class Rendering:
    """What is written for readers outside the registry once a generation is served."""

    copies: RenderCopies = field(repr=False)
    site: Mapping[str, bytes] = field(default_factory=dict)
    """Key → bytes of the files served beside the passports: schema.json, the public keys, the index."""
    checkpoint: Callable[[LogHead], bytes] | None = field(default=None, repr=False)
    """From the log's head to its signed checkpoint; None for one who has no key, and copies it."""
    pages: RenderPages | None = field(default=None, repr=False)
    """Renders the pages for people; None where there are none."""


RowsOf = Callable[[range], Iterable[ShardRow]]
"""From slots to the rows whose slugs have them, sorted by slug, each slug once."""


@dataclass(frozen=True)
class Publication:
    """The content of the next generation, merged on top of the generation that its run read."""

    passports: int
    """Number of rows, which decides the number of shards."""
    rows: RowsOf
    """Every passport that it serves, read one shard at a time, as they need not all fit into memory; read again by each
    further attempt. A row's `generation` is set on publishing, when its object is new."""
    objects: Mapping[Sha256, bytes]
    """Signed passports that the store may lack; large runs write theirs ahead with `write_objects` instead."""
    sources: Mapping[str, SourceParts]
    """Sources crawled anew; the other sources of the parent are carried over."""
    rules: bytes
    """The tables of rules that its passports were made by; evidence of method "class" points into them."""
    lifetimes: Mapping[str, Lifetime]
    """Source → how long its facts stay fresh."""
    run_id: str
    run_report: bytes
    rendering: Rendering
    index_folder: Path | None = None
    """Folder to build the search index in; None where none is published."""
    revocations: SealedRevocations | None = None
    """A new list of revocations; None to go on with the parent's."""


class Step(StrEnum):
    """The steps of a publication, in order, as its progress names them."""

    LOCK = "lock"
    """Waiting for another publication to this store to end."""
    PROBE = "probe"
    """Racing conditional writes against each other, before the first publication to a store."""
    OBJECTS = "objects"
    SOURCES = "sources"
    RULES = "rules"
    REPORT = "report"
    REVOCATIONS = "revocations"
    SHARDS = "shards"
    SEARCH = "search"
    SNAPSHOT = "snapshot"
    BARRIER = "barrier"
    POINTER = "pointer"
    DELTA = "delta"
    LOG = "log"
    """Comparing the public log, whose tiles are written with the shards, and writing its checkpoint."""
    COPIES = "copies"
    SITE = "site"
    PAGES = "pages"
    PAGE_LIST = "page list"
    APPLIED = "applied"
    DONE = "done"


Progress = Callable[[Step, int, int], None]
"""Called with step, number done and total: (step, 0, n) as a step begins, (step, n, n) as it ends."""


def silent(step: Step, done: int, total: int) -> None:
    """Ignore progress: for callers that show none."""
    del step, done, total


@contextmanager
def reported(on_step: Progress, step: Step, total: int = 1) -> Iterator[None]:
    """Report the start of a step, and its end unless the block raises."""
    on_step(step, 0, total)
    yield
    on_step(step, total, total)


def tell_step(step: Step, done: int, total: int) -> None:
    """Report the progress of a publication's step to whoever watches the run."""
    tell(f"publish: {step}", done, total)


@dataclass(frozen=True)
class Publisher:
    """One writer of a store: where it writes, and the key, the clock and the memory that it does so with.

    The signer signs snapshots and pointer; passports are signed before they are published.
    """

    store: Store
    signer: Signer
    clock: Callable[[], datetime]
    nonce: str
    """Unique to each pointer that is written."""
    mark: RememberedGeneration | None = None
    """The highest generation published from this machine; None where that is not remembered."""
    confirm: Confirm = unconfirmed
    """Called when the clock is behind the served generation."""
    on_step: Progress = silent
    chain: RootChain | None = None
    """The store's root of trust; None where it has none."""

    @cached_property
    def keys(self) -> KeyRing:
        """The keys that must have signed what the publisher builds on: those that the root names, or else its own."""
        return self.chain.keys if self.chain else KeyRing([self.signer.public_key])
