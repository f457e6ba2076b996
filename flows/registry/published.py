"""What the store serves now: the rows, and each source's last good listings, to build the next generation on."""

from collections.abc import Iterator
from datetime import datetime

from flows.registry.demo_store import is_demo_store
from flows.registry.reader import Reader, read_served
from flows.store.base import Store
from pipelines.ahead import is_ahead, line_known_at, walks_known_at
from pipelines.registry.slots import EVERY_SLOT, slot
from pipelines.signing.keys import KeyRing
from schemas.crawl import AdmittedLine
from schemas.registry import ListCrawl, ShardRow, SourceRef


class PublishedState:
    """The state of a store, read part by part; all empty where nothing is published yet."""

    def __init__(self, reader: Reader | None) -> None:
        self.reader = reader

    @property
    def generation(self) -> int:
        """The generation served, 0 before the first."""
        return self.reader.generation if self.reader else 0

    @property
    def passports(self) -> int:
        """How many passports are served."""
        return sum(ref.rows for ref in self.reader.snapshot.shards) if self.reader else 0

    @property
    def sources(self) -> dict[str, SourceRef]:
        """Source → its last good listings, as the snapshot names them."""
        return {ref.source: ref for ref in self.reader.snapshot.sources} if self.reader else {}

    def rows(self, slots: range = EVERY_SLOT) -> dict[str, ShardRow]:
        """Slug → row, of these slots; raise TamperedError."""
        return {row.slug: row for row in self.reader.rows(slots=slots)} if self.reader else {}

    def lines(self, source: str, slots: range = EVERY_SLOT) -> Iterator[AdmittedLine]:
        """The last good listings of a source, of these slots; raise TamperedError.

        What was seen by a clock that was ahead is left out: it would pass for newer than what a crawl brings now.
        """
        if self.reader is None or source not in self.sources:
            return
        for line in self.reader.source_listings(source, slots):
            admitted = line_known_at(AdmittedLine.model_validate_json(line), self.reader.at)
            if admitted and slot(admitted.listing.slug) in slots:
                yield admitted

    def last_good(self, source: str) -> int | None:
        """How many listings the last good crawl of a source brought, None before the first."""
        return self.sources[source].listings if source in self.sources else None

    def walks(self, source: str) -> tuple[ListCrawl, ...]:
        """The walks through a source's list that a later one may build on."""
        return (
            walks_known_at(self.sources[source].walks, self.reader.at) if self.reader and source in self.sources else ()
        )

    def scraped_at(self, source: str) -> str | None:
        """When a source was last looked through as a whole; None before that, and where that is dated ahead."""
        if self.reader is None or source not in self.sources:
            return None
        dated = self.sources[source].last_scraped_at
        return None if is_ahead(dated, self.reader.at) else dated


EMPTY = PublishedState(None)


def served(store: Store, trusted: KeyRing, at: datetime) -> PublishedState:
    """Begin to read what a store serves; raise TamperedError when it is not what was signed."""
    return PublishedState(read_served(store, trusted, at))


def starting_point(store: Store, trusted: KeyRing, at: datetime) -> PublishedState:
    """Read what a run builds on: what is served, unless the demo left it, which is no fact about today."""
    return EMPTY if is_demo_store(store) else served(store, trusted, at)


class ServedLines:
    """A source's lines as they are served."""

    def __init__(self, served: PublishedState, source: str) -> None:
        self._served, self._source = served, source

    def read(self, slots: range = EVERY_SLOT) -> Iterator[AdmittedLine]:
        """Give the lines whose slug lies in these slots."""
        return self._served.lines(self._source, slots)
