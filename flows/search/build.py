"""Builds the search index: equal passports in equal order give equal bytes, with the same version of SQLite."""

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from flows.search.tables import APPLICATION_ID, FORMAT, INDEXES, TABLE_OF, WORDS, insertion, statements
from pipelines.views.index_rows import IndexedDocument, indexed
from schemas.registry import ShardRow

SETTINGS = (
    "PRAGMA page_size = 4096",
    "PRAGMA journal_mode = OFF",  # a file that was not finished is thrown away
    "PRAGMA synchronous = OFF",
    "PRAGMA temp_store = FILE",
    "PRAGMA cache_size = -8192",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {FORMAT}",
)


def build_index(path: Path, passports: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """Write the index of passports to a new file; each is given with the hash of its envelope.

    Memory holds one passport and some MiB of pages, however many there are.
    """
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement in (*SETTINGS, "BEGIN", *statements()):
            database.execute(statement)
        records = count(1)
        for number, (sha256, passport) in enumerate(passports, start=1):
            _insert(database, number, indexed(passport, sha256), records)
        database.execute(f"INSERT INTO {WORDS} ({WORDS}) VALUES ('optimize')")  # nosec B608  # noqa: S608 - ours
        for statement in (*INDEXES, "COMMIT"):
            database.execute(statement)


def _insert(database: sqlite3.Connection, number: int, found: IndexedDocument, records: Iterator[int]) -> None:
    for row in (found.passport, *found.entries):
        database.execute(insertion(TABLE_OF[type(row)]), tuple(row.model_dump().values()))
    for record, places in found.evidence.items():
        own = next(records)
        database.execute(insertion("records"), (own, found.passport.slug, *record))
        database.executemany(insertion("evidence"), ((own, *place) for place in places))
    texts = found.words.model_dump()
    marks = ", ".join("?" for _ in texts)
    statement = f"INSERT INTO {WORDS} (rowid, {', '.join(texts)}) VALUES (?, {marks})"  # nosec B608  # noqa: S608 - ours
    database.execute(statement, (number, *texts.values()))


class ContentDigest:
    """Digest of what an index is made from: while it is equal, the index need not be built again."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256(f"{FORMAT}\n".encode())

    def add(self, row: ShardRow) -> None:
        """Add the next row."""
        self._digest.update(f"{row.slug} {row.object}\n".encode())

    def hexdigest(self) -> str:
        """Return the digest of all rows so far, in hexadecimal."""
        return self._digest.hexdigest()
