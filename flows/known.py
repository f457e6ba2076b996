"""What a crawl is told before it begins: the records that are known, and the ids that other sources name.

Written to a file that the spider asks (SQLite), so that neither side holds two million records in memory.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Self

from flows.spool import SourceLines
from schemas.crawl import KNOWN_TABLES, AdmittedLine
from schemas.listing import Listing, RawListing

REMEMBERED = {
    "openrouter": ("openrouter-endpoints",),
    "huggingface": ("huggingface-card",),
    "github": ("github",),
    "extraction": ("extraction",),
}
"""Source → its records that are not fetched again while they have not changed, or their turn has not come."""

NAMED_BY = {
    "huggingface": ("openrouter",),
    "github": ("huggingface", "huggingface-card"),
}
"""Source → the sources whose records name what is to be asked of it."""

ON_THEIR_OWN = ("huggingface",)
"""Sources whose records are asked for again once they were found, whoever names them."""


def write_known(
    path: Path,
    source: str,
    lines: dict[str, SourceLines],
    *,
    only: Iterable[str] = (),
    seen_before: str = "",
    budget: int | None = None,
) -> Path:
    """Write down what is known of a source and what is wanted of it: `only` these ids, or all that others name.

    Records that no other source names are wanted when they were last seen before an instant (`seen_before`). With a
    `budget` only so many are wanted, those that were never seen first, and then those not seen for longest.
    """
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(KNOWN_TABLES)
        for remembered in REMEMBERED.get(source, ()):
            rows = ((remembered, line.raw.id, line.raw.model_dump_json()) for line in _of(lines, remembered))
            database.executemany("INSERT OR REPLACE INTO known VALUES (?, ?, ?)", rows)
        named = only or _named(source, lines)
        database.executemany("INSERT OR IGNORE INTO wanted VALUES (?, ?, '')", ((source, one) for one in named))
        if not only:
            _note_ages(database, source, lines, seen_before)
        if budget is not None:
            database.execute(KEEP_WITHIN_BUDGET, (source, source, budget))
    return path


NOTE_AGE = "UPDATE wanted SET seen = ? WHERE source = ? AND id = ?"
KEEP_WITHIN_BUDGET = """
DELETE FROM wanted WHERE source = ? AND id NOT IN (SELECT id FROM wanted WHERE source = ? ORDER BY seen, id LIMIT ?)
"""


def _note_ages(database: sqlite3.Connection, source: str, lines: dict[str, SourceLines], seen_before: str) -> None:
    """Note when what is wanted was last seen; what no other source names joins it once that is long ago."""
    for line in _of(lines, source):
        seen = line.missed_at or line.raw.observed_at
        if source in ON_THEIR_OWN and line.listing.kind == "model" and seen < seen_before:
            database.execute("INSERT OR IGNORE INTO wanted VALUES (?, ?, '')", (source, line.raw.id))
        for one in (line.raw.id, *named(source, line.listing)):
            database.execute(NOTE_AGE, (seen, source, one))


class Remembered:
    """The known records of such a file, one at a time."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def extraction(self, record_id: str) -> RawListing | None:
        """What was found in a text before."""
        asked = "SELECT raw FROM known WHERE source = 'extraction' AND id = ?"
        row = self._database.execute(asked, (record_id,)).fetchone()
        return RawListing.model_validate_json(row[0]) if row else None


def _named(source: str, lines: dict[str, SourceLines]) -> Iterator[str]:
    for naming in NAMED_BY.get(source, ()):
        for line in _of(lines, naming):
            yield from named(source, line.listing)


def named(source: str, listing: Listing) -> Iterator[str]:
    """Ids of a source that a record says are of the same model."""
    for other in listing.same_as:
        namespace, _, name = other.partition(":")
        if namespace == source:
            yield name


def _of(lines: dict[str, SourceLines], source: str) -> Iterable[AdmittedLine]:
    return lines[source].read() if source in lines else ()
