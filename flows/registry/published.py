"""Reads what a store serves now, for the next generation to build on: its rows and each source's last good listings."""

from collections.abc import Iterator
from datetime import datetime

from pydantic import ValidationError

from flows.registry.reader import Reader, read_served
from flows.registry.signed_files import MAX_POINTER_BYTES
from flows.store.base import Store, find
from pipelines.ahead import is_ahead, line_known_at, list_crawls_known_at
from pipelines.registry.layout import APPLIED_KEY
from pipelines.registry.slots import EVERY_SLOT, slot
from pipelines.signing.keys import KeyRing
from schemas.crawl import AdmittedLine
from schemas.registry import Applied, ListCrawl, ShardRow, SourceRef


class PublishedState:
    """The served state of a store, read as it is needed; empty where nothing is published yet."""

    def __init__(self, reader: Reader | None) -> None:
        self.reader = reader

    @property
    def generation(self) -> int:
        """The number of the served generation, 0 before the first."""
        return self.reader.generation if self.reader else 0

    @property
    def passports(self) -> int:
        """How many passports are served."""
        return sum(ref.rows for ref in self.reader.snapshot.shards) if self.reader else 0

    @property
    def sources(self) -> dict[str, SourceRef]:
        """Source → the snapshot's reference to its last good listings."""
        return {ref.source: ref for ref in self.reader.snapshot.sources} if self.reader else {}

    def rows(self, slots: range = EVERY_SLOT) -> dict[str, ShardRow]:
        """Return the rows of these slots: slug → row; raise TamperedError."""
        return {row.slug: row for row in self.reader.rows(slots=slots)} if self.reader else {}

    def lines(self, source: str, slots: range = EVERY_SLOT) -> Iterator[AdmittedLine]:
        """Yield the last good listings of a source whose slugs have these slots; raise TamperedError.

        Observations dated in the future are left out, as they would pass for newer than those of a crawl made now.
        """
        if self.reader is None or source not in self.sources:
            return
        for line in self.reader.source_listings(source, slots):
            admitted = line_known_at(AdmittedLine.model_validate_json(line), self.reader.at)
            if admitted and slot(admitted.listing.slug) in slots:
                yield admitted

    def last_good(self, source: str) -> int | None:
        """Return the number of last good listings of a source, None where it has none yet."""
        return self.sources[source].listings if source in self.sources else None

    def list_crawls(self, source: str) -> tuple[ListCrawl, ...]:
        """Return the complete crawls of a source's list that an incremental crawl may start from."""
        if self.reader is None or source not in self.sources:
            return ()
        return list_crawls_known_at(self.sources[source].list_crawls, self.reader.at)

    def scraped_at(self, source: str) -> str | None:
        """Return when a source was last crawled as a whole; None where it never was, or where that is in the future."""
        if self.reader is None or source not in self.sources:
            return None
        dated = self.sources[source].last_scraped_at
        return None if is_ahead(dated, self.reader.at) else dated


EMPTY = PublishedState(None)


def served(store: Store, trusted: KeyRing, at: datetime) -> PublishedState:
    """Return the served state of a store; raise TamperedError when its files are not what was signed."""
    return PublishedState(read_served(store, trusted, at))


def applied_generation(store: Store) -> int | None:
    """Return the generation up to which the copies are rolled forward; None where it is unknown."""
    blob = find(store, APPLIED_KEY, max_bytes=MAX_POINTER_BYTES)
    try:
        return Applied.model_validate_json(blob.body).generation if blob else None
    except ValidationError:
        return None
