"""Finds records of a source that lie under another name than before, whichever parts they lie in.

Who lies where is noted in a file (SQLite), so that two million records are not in memory.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Self

from pipelines.lifecycle.identity import (
    KnownRecord,
    Relocation,
    known_record,
    mark_relocated,
    renames,
    with_former_names,
    with_notes,
)
from schemas.crawl import AdmittedLine

TABLE = """
CREATE TABLE held (identity TEXT NOT NULL, id TEXT NOT NULL COLLATE NOCASE, slug TEXT NOT NULL, url TEXT NOT NULL,
    asked_as TEXT COLLATE NOCASE, observed_at TEXT NOT NULL, succeeds TEXT, moved_to TEXT COLLATE NOCASE);
"""
"""The fields of `KnownRecord`."""

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
"""Asking for one record led to another one."""

TAKEN_SINCE = """
SELECT a.*, b.* FROM held a JOIN held b ON b.id = a.moved_to WHERE a.moved_to IS NOT NULL AND a.identity <> b.identity
AND NOT EXISTS (SELECT 1 FROM held c WHERE c.identity = a.identity AND c.moved_to IS NULL)
"""
"""Another record lies where one was found after it was renamed."""


class RecordIndex:
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
        rows = (found for line in lines if (found := known_record(line)))
        self._database.executemany("INSERT INTO held VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def moves(self) -> list[Relocation]:
        """Give the names under which a record does not lie any more: few, as sources go."""
        self._database.executescript(INDEXES)
        with closing(self._database.cursor()) as cursor:
            shared = [KnownRecord(*row) for row in cursor.execute(SHARED)]
            elsewhere = [_move(row) for query in (LED_ELSEWHERE, TAKEN_SINCE) for row in cursor.execute(query)]
        return [*(move for _, group in groupby(shared, attrgetter("identity")) for move in renames(group)), *elsewhere]


def _move(row: tuple[str, ...]) -> Relocation:
    width = len(KnownRecord._fields)
    return Relocation(KnownRecord(*row[:width]), KnownRecord(*row[width:]))


@dataclass(slots=True)
class _Correction:
    """What moves mean for the records of one id."""

    left: Relocation | None = None
    """Where the record lies now, or which other one its name leads to."""
    names: list[str] = field(default_factory=list)
    """Names that it had, as far as they prove what it is."""
    misled: bool = False
    """Whether it is not the record whose name led to it."""
    succeeds: str | None = None
    """Lasting id of the record that its name led to before it came."""


class RenameCorrections:
    """What moves mean for the records of a source."""

    def __init__(self, moves: Iterable[Relocation]) -> None:
        self.slugs: set[str] = set()
        """Of the records that are concerned."""
        self._of: defaultdict[str, _Correction] = defaultdict(_Correction)
        """Id in lower case → what is to be corrected there."""
        for move in moves:
            if move.left.observed_at != move.found.observed_at:
                self.slugs |= {move.left.slug, move.found.slug}
                self._take(move)

    def _take(self, move: Relocation) -> None:
        left, found = self._of[move.left.id.lower()], self._of[move.found.id.lower()]
        if move.left.observed_at > move.found.observed_at:
            left.succeeds = move.found.identity
            return
        left.left = left.left or move
        if not move.is_rename:
            found.misled = True
        elif move.left.succeeds is None:  # under a name that it had taken over others may mean another record
            found.names.append(move.left.id)

    def applied(self, lines: Iterable[AdmittedLine]) -> Iterator[AdmittedLine]:
        """Give the lines of a part as they are then, and the looks that show it in the place of earlier ones."""
        for line in lines:
            correction = self._of.get(line.raw.id.lower())
            if correction is None:
                yield line
            elif correction.left is None:
                yield _noted(line, correction)
            elif line.listing.kind != "absence":
                yield from mark_relocated(line, correction.left)


def _noted(line: AdmittedLine, correction: _Correction) -> AdmittedLine:
    if line.listing.kind == "absence":
        return line
    asked_as = None if correction.misled else line.raw.asked_as
    return with_notes(
        with_former_names(line, correction.names), asked_as=asked_as, succeeds=correction.succeeds or line.raw.succeeds
    )
