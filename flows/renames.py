"""Finds records of a source that lie under another name than before, whichever parts they lie in.

Who lies where is noted in a file (SQLite), so that two million records are not in memory.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Self

from pipelines.identity import Held, Move, held, left_behind, noted, renamed, renames
from schemas.crawl import AdmittedLine

TABLE = """
CREATE TABLE held (identity TEXT NOT NULL, id TEXT NOT NULL COLLATE NOCASE, slug TEXT NOT NULL, url TEXT NOT NULL,
    asked_as TEXT COLLATE NOCASE, observed_at TEXT NOT NULL);
"""
INDEXES = """
CREATE INDEX by_identity ON held (identity);
CREATE INDEX by_name ON held (id);
"""
SHARED = """
SELECT * FROM held WHERE identity IN (SELECT identity FROM held GROUP BY identity HAVING count(*) > 1) ORDER BY identity
"""
LED_ELSEWHERE = """
SELECT a.*, b.* FROM held b JOIN held a ON a.id = b.asked_as WHERE b.asked_as IS NOT NULL AND a.identity <> b.identity
"""


class Whereabouts:
    """The names of a source's records, told part by part (`note`), and then which of them have changed (`moves`)."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path)
        self._database.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {TABLE}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def note(self, lines: Iterable[AdmittedLine]) -> None:
        """Note the records of a part."""
        rows = (found for line in lines if (found := held(line)))
        self._database.executemany("INSERT INTO held VALUES (?, ?, ?, ?, ?, ?)", rows)

    def moves(self) -> list[Move]:
        """Give the names under which a record does not lie any more: few, as sources go."""
        self._database.executescript(INDEXES)
        with closing(self._database.cursor()) as cursor:
            shared = [Held(*row) for row in cursor.execute(SHARED)]
            led = [
                Move(Held(*row[: len(row) // 2]), Held(*row[len(row) // 2 :])) for row in cursor.execute(LED_ELSEWHERE)
            ]
        found = [move for _, group in groupby(shared, attrgetter("identity")) for move in renames(group)]
        return [*found, *led]


class Corrections:
    """What moves mean for the records of a source."""

    def __init__(self, moves: Iterable[Move]) -> None:
        self.slugs: set[str] = set()
        """Of the records that are concerned."""
        self._left: dict[str, Move] = {}
        """Id of a record → where it lies now, or which other one its name leads to."""
        self._names: dict[str, list[str]] = defaultdict(list)
        """Id of a record → names that it had."""
        self._misled: set[str] = set()
        """Ids of records that are not the ones whose name led to them."""
        self._succeeds: dict[str, str] = {}
        """Id of a record that came under a name which led to another one → that one's lasting id."""
        for move in moves:
            self._take(move)

    def _take(self, move: Move) -> None:
        left, found = move
        if left.observed_at == found.observed_at:
            return
        self.slugs |= {left.slug, found.slug}
        if left.observed_at > found.observed_at:
            self._succeeds[left.id] = found.identity
            return
        self._left.setdefault(left.id, move)
        if move.is_rename:
            self._names[found.id].append(left.id)
        else:
            self._misled.add(found.id)

    def applied(self, lines: Iterable[AdmittedLine]) -> Iterator[AdmittedLine]:
        """Give the lines of a part as they are then, and the looks that show it in the place of earlier ones."""
        for line in lines:
            move = self._left.get(line.raw.id)
            if move is None:
                yield self._noted(line)
            elif line.listing.kind != "absence":
                yield from left_behind(line, move)

    def _noted(self, line: AdmittedLine) -> AdmittedLine:
        record, named = line.raw, renamed(line, self._names.get(line.raw.id, ()))
        asked_as = None if record.id in self._misled else record.asked_as
        return noted(named, asked_as=asked_as, succeeds=self._succeeds.get(record.id, record.succeeds))
