"""The frontier of a crawl: records of the last good crawl, and the ids to ask for, in their order."""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, zip_longest
from pathlib import Path

from schemas.crawl import KNOWN_RECORDS_SCHEMA
from schemas.listing import RawListing


class KnownRecords:
    """Reads the SQLite file of `schemas.crawl.KNOWN_RECORDS_SCHEMA`, by queries, as it can be larger than memory.

    Ids are compared without case. An empty path is the frontier of a crawl that knows nothing yet. Raises ValueError
    when there is no such file, or it is of another kind.
    """

    def __init__(self, path: str) -> None:
        self.database = _opened(Path(path).absolute()) if path else sqlite3.connect(":memory:")
        if not path:
            self.database.executescript(KNOWN_RECORDS_SCHEMA)

    def raw(self, source: str, listing_id: str) -> RawListing | None:
        """The record that the last good crawl brought, None when it brought none."""
        found = self.database.execute("SELECT raw FROM known WHERE source = ? AND id = ?", (source, listing_id))
        row = found.fetchone()
        return RawListing.model_validate_json(row[0]) if row else None

    def wanted(self, source: str) -> Iterator[str]:
        """The ids to ask for, each once: first those never seen, then the least recently seen."""
        asked = "SELECT id FROM wanted WHERE source = ? ORDER BY seen, id"
        for (listing_id,) in self.database.execute(asked, (source,)):
            yield listing_id


def _opened(path: Path) -> sqlite3.Connection:
    try:
        database = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
        database.execute("SELECT raw FROM known LIMIT 1")
        database.execute("SELECT id FROM wanted LIMIT 1")
    except sqlite3.Error as error:
        remedy = "name the file that is written for this crawl"
        raise ValueError(f"known={path} cannot be read ({error}): {remedy}") from error
    return database


class SeenIds:
    """A set of texts that moves to disk as it grows, in a temporary file that ends with the process."""

    def __init__(self) -> None:
        self.database = sqlite3.connect("", isolation_level=None)
        self.database.execute("PRAGMA journal_mode = OFF")
        self.database.execute("CREATE TABLE seen (text TEXT PRIMARY KEY) WITHOUT ROWID")

    def add(self, text: str) -> bool:
        """Add a text; return whether it is new."""
        return self.database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (text,)).rowcount == 1

    def __contains__(self, text: str) -> bool:
        return self.database.execute("SELECT 1 FROM seen WHERE text = ?", (text,)).fetchone() is not None


def fair_order(ids: Iterable[str], seen: Mapping[str, str], *, due: str, lot: str) -> Iterator[str]:
    """Yield each id once: due and never seen ones in turns, then those that are not due yet, the oldest first.

    `seen` is id → when it was last seen; ids seen before `due` are due. Those never seen are shuffled by `lot`,
    differently in each crawl: otherwise ids that never answer would be ahead of new ones every time.
    """
    known: list[str] = []
    new: list[str] = []
    for one in dict.fromkeys(ids):
        (known if one in seen else new).append(one)
    known.sort(key=lambda one: (seen[one], one))
    new.sort(key=lambda one: hashlib.sha256(f"{lot} {one}".encode(errors="replace")).digest())
    late = [one for one in known if seen[one] < due]
    by_turns = chain.from_iterable(zip_longest(late, new))
    yield from (one for one in by_turns if one is not None)
    yield from known[len(late) :]
