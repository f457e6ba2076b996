"""What the store serves now: the rows, and each source's last good listings, to build the next generation on."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from flows.demo.leftovers import left_by_demo
from flows.reader import Reader, read_served
from flows.store.base import Store
from pipelines.keys import KeyRing
from schemas.crawl import AdmittedLine
from schemas.registry import ShardRow


class Served(NamedTuple):
    """The state of a store; all empty where nothing is published yet."""

    reader: Reader | None
    rows: dict[str, ShardRow]
    lines: dict[str, list[AdmittedLine]]
    """Source → its last good listings, raw and read."""

    @property
    def generation(self) -> int:
        """The generation served, 0 before the first."""
        return self.reader.generation if self.reader else 0

    @property
    def owners(self) -> dict[str, str]:
        """Slug → the listing id that had it first."""
        return {row.slug: row.listing_id for row in self.rows.values()}

    def listing_ids(self, slug: str) -> list[str]:
        """Ids of the listings that a passport was made from: the model, its variants, its aliases."""
        listings = (line.listing for lines in self.lines.values() for line in lines)
        return sorted({listing.id for listing in listings if listing.slug == slug and listing.kind != "endpoints"})

    def last_good(self, source: str) -> int | None:
        """How many listings the last good crawl of a source brought, None before the first."""
        return len(self.lines[source]) if source in self.lines else None


EMPTY = Served(None, {}, {})


def served(store: Store, trusted: KeyRing, at: datetime) -> Served:
    """Read what a store serves; raise TamperedError when it is not what was signed."""
    return served_by(read_served(store, trusted, at))


def served_by(reader: Reader | None) -> Served:
    """Read a generation whole; raise TamperedError."""
    if reader is None:
        return EMPTY
    lines = {ref.source: _lines(reader, ref.source) for ref in reader.snapshot.sources}
    return Served(reader, {row.slug: row for row in reader.rows()}, lines)


def starting_point(store: Store, trusted: KeyRing, at: datetime) -> Served:
    """Read what a run builds on: what is served, unless the demo left it, which is no fact about today."""
    return EMPTY if left_by_demo(store) else served(store, trusted, at)


def _lines(reader: Reader, source: str) -> list[AdmittedLine]:
    return [AdmittedLine.model_validate_json(line) for line in reader.source_listings(source)]


def replaced(last: Iterable[AdmittedLine], new: Iterable[AdmittedLine]) -> list[AdmittedLine]:
    """Put new listings in the place of those with the same id, in order of id."""
    by_id = {line.raw.id: line for line in (*last, *new)}
    return [by_id[listing_id] for listing_id in sorted(by_id)]


def added(source: str, before: Served, now: Served) -> list[AdmittedLine]:
    """Listings of a source that another run put there between two generations."""
    known = {(line.raw.id, line.raw.observed_at) for line in before.lines.get(source, [])}
    return [line for line in now.lines.get(source, []) if (line.raw.id, line.raw.observed_at) not in known]
