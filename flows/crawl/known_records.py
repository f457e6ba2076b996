"""Writes the input file of a crawl: the records known from earlier crawls, and the ids to ask for.

It is a SQLite file that the spider queries, so that neither side holds two million records in memory.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Self

from flows.ingest.partitions import SourceLines
from schemas.crawl import KNOWN_RECORDS_SCHEMA, AdmittedLine
from schemas.listing import RawListing
from schemas.sources import BY_NAME, CRAWLS, EXTRACTION, brought_by


@dataclass(frozen=True)
class Wanted:
    """Which ids to ask a source for."""

    only: tuple[str, ...] = ()
    """These alone; if empty, the ids that other sources name and, of a source that names passports, its own records."""
    seen_before: str = ""
    """The instant before which a source's own records were last seen, to be asked for again."""
    budget: int | None = None
    """At most so many: those never seen come first, then those not seen for longest."""


EVERYTHING = Wanted()


def write_known(path: Path, source: str, lines: dict[str, SourceLines], wanted: Wanted = EVERYTHING) -> Path:
    """Write a source's known records and the ids wanted of it to `path`, and return that."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(KNOWN_RECORDS_SCHEMA)
        for row in brought_by(source):
            if row.remembered:
                _remember(database, (line for line in _of(lines, row.name) if line.moved_to is None))
        named = wanted.only or _named(source, lines)
        database.executemany("INSERT OR IGNORE INTO wanted VALUES (?, ?, '')", ((source, one) for one in named))
        _follow(database, source, lines)
        if not wanted.only:
            _note_ages(database, source, lines, wanted.seen_before)
        if wanted.budget is not None:
            database.execute(KEEP_WITHIN_BUDGET, (source, source, wanted.budget))
    return path


def _remember(database: sqlite3.Connection, lines: Iterable[AdmittedLine]) -> None:
    """Store records by their id, and by each former one that no other record has now."""
    for line in lines:
        source, raw = line.raw.source, line.raw.model_dump_json()
        database.execute("INSERT OR REPLACE INTO known VALUES (?, ?, ?)", (source, line.raw.id, raw))
        former = ((source, name, raw) for name in line.listing.named(source))
        database.executemany("INSERT OR IGNORE INTO known VALUES (?, ?, ?)", former)


def _follow(database: sqlite3.Connection, source: str, lines: dict[str, SourceLines]) -> None:
    """Replace each wanted id by its present one: of a repository renamed from a/x to b/x, ask for b/x."""
    for line in _of(lines, source):
        if line.moved_to is not None:
            database.execute(FOLLOW, (line.moved_to, source, line.raw.id))


FOLLOW = "UPDATE OR REPLACE wanted SET id = ? WHERE source = ? AND id = ?"
NOTE_AGE = "UPDATE wanted SET seen = ? WHERE source = ? AND id = ?"
KEEP_WITHIN_BUDGET = """
DELETE FROM wanted WHERE source = ? AND id NOT IN (SELECT id FROM wanted WHERE source = ? ORDER BY seen, id LIMIT ?)
"""


def _note_ages(database: sqlite3.Connection, source: str, lines: dict[str, SourceLines], seen_before: str) -> None:
    """Note when each wanted record was last seen, and want those too that were last seen before `seen_before`."""
    for line in _of(lines, source):
        seen = line.missed_at or line.raw.observed_at
        asked_again = line.listing.kind == "model" and line.moved_to is None
        if BY_NAME[source].names_passports and asked_again and seen < seen_before:
            database.execute("INSERT OR IGNORE INTO wanted VALUES (?, ?, '')", (source, line.raw.id))
        for one in (line.raw.id, *line.listing.named(source)):
            database.execute(NOTE_AGE, (seen, source, one))


class RememberedRecords:
    """Reads known records from such a file, one at a time."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def extraction(self, record_id: str) -> RawListing | None:
        """Return the record of proposals found in a text before; None where there is none."""
        asked = "SELECT raw FROM known WHERE source = ? AND id = ?"
        row = self._database.execute(asked, (EXTRACTION, record_id)).fetchone()
        return RawListing.model_validate_json(row[0]) if row else None


def _named(source: str, lines: dict[str, SourceLines]) -> Iterator[str]:
    naming = CRAWLS[source].named_by if source in CRAWLS else ()
    for line in chain.from_iterable(_of(lines, one) for one in naming):
        yield from line.listing.named(source)


def _of(lines: dict[str, SourceLines], source: str) -> Iterable[AdmittedLine]:
    return lines[source].read() if source in lines else ()
