"""Answers questions from the search index of one generation, read-only and from several threads at once."""

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from flows.errors import FlowError
from flows.search.conditions import SqlCondition, conditions, page, print_cursor, sorting, words_query
from flows.search.tables import APPLICATION_ID, FORMAT, WORDS
from pipelines.views.matching import Having
from schemas.search import IndexedPassport, PassportFilter, SortKey

COLUMNS = ", ".join(f"p.{name}" for name in IndexedPassport.model_fields)
WEIGHTS = "10.0, 6.0, 4.0, 1.0"
"""How much a word counts in the name, the maker, the uses and the other text of a passport."""
EVERY = PassportFilter()


class SearchIndexError(FlowError):
    """The search index cannot be read: it is damaged or of another version."""


class IndexPage(NamedTuple):
    """Some passports in order, and where the next ones begin."""

    passports: tuple[IndexedPassport, ...]
    next_cursor: str | None
    """None where these are the last ones."""


class SearchIndex:
    """The search index in a file, whose hash the caller has verified."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own = threading.local()
        (kind,), (version,) = (self._rows(f"PRAGMA {name}", ())[0] for name in ("application_id", "user_version"))
        if (kind, version) != (APPLICATION_ID, FORMAT):
            reason = f"is version {version}, not {FORMAT}" if kind == APPLICATION_ID else "is not a search index"
            raise SearchIndexError(f"{path} {reason}: publish with this version of passports, or read with that one")

    def passports(
        self,
        wanted: PassportFilter = EVERY,
        *,
        at: datetime,
        order: SortKey = "slug",
        cursor: str | None = None,
        limit: int = 50,
    ) -> IndexPage:
        """Return the passports that a filter selects, in order, from a cursor on; raise CursorError."""
        expression, ordering = sorting(order)
        met = [*conditions(wanted, at), *page(order, cursor)]
        sql = f"SELECT {COLUMNS}, {expression} FROM passports p {_where(met)} ORDER BY {ordering} LIMIT ?"  # nosec B608  # noqa: S608 - ours
        found = self._rows(sql, (*_values(met), limit + 1))
        rows = [_passport(row) for row in found[:limit]]
        more = print_cursor(order, found[limit - 1][-1], rows[-1].slug) if len(found) > limit else None
        return IndexPage(tuple(rows), more)

    def count(self, wanted: PassportFilter, *, at: datetime) -> int:
        """Return how many passports a filter selects."""
        met = list(conditions(wanted, at))
        ((count,),) = self._rows(f"SELECT count(*) FROM passports p {_where(met)}", _values(met))  # nosec B608  # noqa: S608 - ours
        return int(count)

    def search(
        self, text: str, wanted: PassportFilter = EVERY, *, at: datetime, limit: int = 20
    ) -> tuple[IndexedPassport, ...]:
        """Return the passports with the words of a text, the best first: with every word, or else with some of them."""
        for every in (True, False):
            query = words_query(text, every=every)
            if query and (found := self._search(query, list(conditions(wanted, at)), limit)):
                return found
        return ()

    def having(self, uris: Iterable[str], wanted: PassportFilter = EVERY, *, at: datetime) -> list[Having]:
        """Return the passports that have some of these URIs as capability or purpose, with those that they have."""
        asked, met = tuple(uris), list(conditions(wanted, at))
        marks = ", ".join("?" for _ in asked)
        tables = " UNION ALL ".join(
            f"SELECT slug, uri FROM {table} WHERE uri IN ({marks})"  # nosec B608  # noqa: S608 - ours
            for table in ("capabilities", "purposes")
        )
        sql = f"SELECT p.slug, p.score, n.uri FROM ({tables}) n JOIN passports p ON p.slug = n.slug {_where(met)}"  # nosec B608  # noqa: S608 - ours
        found: dict[tuple[str, int], set[str]] = defaultdict(set)
        for slug, score, uri in self._rows(sql, (*asked, *asked, *_values(met))):
            found[slug, score].add(uri)
        return [Having(slug, frozenset(names), score) for (slug, score), names in found.items()]

    def named(self, slugs: Iterable[str]) -> Mapping[str, IndexedPassport]:
        """Return slug → passport, of those that the index has."""
        asked = tuple(slugs)
        sql = f"SELECT {COLUMNS} FROM passports p WHERE p.slug IN ({', '.join('?' for _ in asked)})"  # nosec B608  # noqa: S608 - ours
        return {row.slug: row for row in map(_passport, self._rows(sql, asked))}

    def slugs(self) -> list[str]:
        """Return the slugs of all passports, sorted."""
        return [slug for (slug,) in self._rows("SELECT slug FROM passports ORDER BY slug", ())]

    def remove(self) -> None:
        """Remove its file; threads that read it already can go on."""
        self._path.unlink(missing_ok=True)

    def _search(self, query: str, met: list[SqlCondition], limit: int) -> tuple[IndexedPassport, ...]:
        sql = (
            f"SELECT {COLUMNS} FROM {WORDS} JOIN passports p ON p.rowid = {WORDS}.rowid "  # nosec B608  # noqa: S608 - ours
            f"{_where([SqlCondition(f'{WORDS} MATCH ?', (query,)), *met])} "
            f"ORDER BY bm25({WORDS}, {WEIGHTS}), p.slug LIMIT ?"
        )
        return tuple(_passport(row) for row in self._rows(sql, (query, *_values(met), limit)))

    def _rows(self, sql: str, values: tuple[object, ...]) -> list[Any]:
        try:
            return self._database().execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise SearchIndexError(f"{self._path} cannot be read ({error}): fetch it again") from None

    def _database(self) -> sqlite3.Connection:
        """Return this thread's connection; SQLite closes it when the thread ends."""
        if not hasattr(self._own, "database"):
            address = f"file:{quote(str(self._path))}?mode=ro&immutable=1"
            self._own.database = sqlite3.connect(address, uri=True, isolation_level=None)
        found: sqlite3.Connection = self._own.database
        return found


def _passport(row: tuple[Any, ...]) -> IndexedPassport:
    return IndexedPassport.model_validate(dict(zip(IndexedPassport.model_fields, row, strict=False)), strict=False)


def _where(met: list[SqlCondition]) -> str:
    return f"WHERE {' AND '.join(one.sql for one in met)}" if met else ""


def _values(met: list[SqlCondition]) -> tuple[object, ...]:
    return tuple(value for one in met for value in one.values)
