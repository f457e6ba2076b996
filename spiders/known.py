"""What a crawl knows before it begins: records of the last good crawl, and ids that other sources name."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from schemas.crawl import KNOWN_TABLES
from schemas.listing import RawListing


class Known:
    """Reads the file that `schemas.crawl.KNOWN_TABLES` describes; asks it each time, as it may be larger than memory.

    Ids are compared without regard to case. An empty path stands for a crawl that knows nothing yet. Raise ValueError
    when there is no such file, or it is none of that kind.
    """

    def __init__(self, path: str) -> None:
        self.database = _opened(Path(path).absolute()) if path else sqlite3.connect(":memory:")
        if not path:
            self.database.executescript(KNOWN_TABLES)

    def raw(self, source: str, listing_id: str) -> RawListing | None:
        """Give the record that the last good crawl brought, None when it brought none."""
        found = self.database.execute("SELECT raw FROM known WHERE source = ? AND id = ?", (source, listing_id))
        row = found.fetchone()
        return RawListing.model_validate_json(row[0]) if row else None

    def wanted(self, source: str) -> Iterator[str]:
        """Give the ids that are to be asked for, each once: those that were not seen for longest first."""
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
