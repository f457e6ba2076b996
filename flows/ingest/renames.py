"""Finds records of a source that are stored under a name they no longer have, across all partitions.

Example: a repository renamed from a/x to b/x, or deleted and recreated by somebody else. The index of names is an
SQLite file, so that two million records need not fit into memory.
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
"""The columns are the fields of `KnownRecord`, in order."""

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
"""Pairs (a, b): a request for a's name was redirected to b, which has another permanent id."""

NAME_REUSED = """
SELECT a.*, b.* FROM held a JOIN held b ON b.id = a.moved_to WHERE a.moved_to IS NOT NULL AND a.identity <> b.identity
AND NOT EXISTS (SELECT 1 FROM held c WHERE c.identity = a.identity AND c.moved_to IS NULL)
"""
"""Pairs (a, b): a was renamed to b's name, and b, which has another permanent id, has that name now. a has no other."""


class RecordIndex:
    """SQLite index of a source's records by permanent id and name: `note` every partition, then call `moves`."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path)
        self._database.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {TABLE}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def note(self, lines: Iterable[AdmittedLine]) -> None:
        """Add the records of one partition; those without a permanent id are skipped."""
        rows = (found for line in lines if (found := known_record(line)))
        self._database.executemany("INSERT INTO held VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def moves(self) -> list[Relocation]:
        """Return each name that a record no longer has, with the record found instead. There are few of them."""
        self._database.executescript(INDEXES)
        with closing(self._database.cursor()) as cursor:
            shared = [KnownRecord(*row) for row in cursor.execute(SHARED)]
            elsewhere = [_move(row) for query in (LED_ELSEWHERE, NAME_REUSED) for row in cursor.execute(query)]
        return [*(move for _, group in groupby(shared, attrgetter("identity")) for move in renames(group)), *elsewhere]


def _move(row: tuple[str, ...]) -> Relocation:
    width = len(KnownRecord._fields)
    return Relocation(KnownRecord(*row[:width]), KnownRecord(*row[width:]))


@dataclass(slots=True)
class _Correction:
    """What has to be corrected in the records of one id."""

    left: Relocation | None = None
    """The record's new name, or the other record that its name now leads to; None while it still has the name."""
    names: list[str] = field(default_factory=list)
    """Former names of the record that certainly meant it, and no other record."""
    redirect_is_other_record: bool = False
    """Whether a redirect from another record's name led here: `asked_as` is then no former name of this record."""
    succeeds: str | None = None
    """Permanent id of the other record that this name led to before this record got it."""


class RenameCorrections:
    """Corrects the stored records of a source for renames and replacements."""

    def __init__(self, moves: Iterable[Relocation]) -> None:
        self.slugs: set[str] = set()
        """Slugs of the records to correct; only their partitions have to be rewritten."""
        self._of: defaultdict[str, _Correction] = defaultdict(_Correction)
        """Id in lower case → its correction."""
        for move in moves:
            if move.left.observed_at != move.found.observed_at:
                self.slugs |= {move.left.slug, move.found.slug}
                self._take(move)

    def _take(self, move: Relocation) -> None:
        """Add what one relocation corrects, in the record that has left a name and in the record found instead."""
        left, found = self._of[move.left.id.lower()], self._of[move.found.id.lower()]
        if move.left.observed_at > move.found.observed_at:
            left.succeeds = move.found.identity
            return
        left.left = left.left or move
        if not move.is_rename:
            found.redirect_is_other_record = True
        elif move.left.succeeds is None:  # else the name meant another record before
            found.names.append(move.left.id)

    def applied(self, lines: Iterable[AdmittedLine]) -> Iterator[AdmittedLine]:
        """Yield the corrected lines of a partition; new observations of where records are now replace earlier ones."""
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
    asked_as = None if correction.redirect_is_other_record else line.raw.asked_as
    return with_notes(
        with_former_names(line, correction.names), asked_as=asked_as, succeeds=correction.succeeds or line.raw.succeeds
    )
