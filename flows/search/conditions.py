"""Turns a filter, an order and words into SQL for the search index, with every value as a parameter."""

import base64
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

import orjson

from flows.errors import FlowError
from schemas.search import PassportFilter, SortKey
from schemas.times import timestamp

RISKS: Final = ("low", "moderate", "high")
MOST_WORDS: Final = 16
"""Most words of a search that count."""
LONGEST_SEARCH: Final = 400
"""Most characters of a search that are read."""
_WORD: Final = re.compile(r"\w+")
_NO_PRICE: Final = 1e18
_ORDERS: Final[dict[SortKey, tuple[str, str]]] = {
    "slug": ("p.slug", ">"),
    "name": ("p.name COLLATE NOCASE", ">"),
    "score": ("p.score", "<"),
    "price": (f"COALESCE(p.prompt_usd_per_million, {_NO_PRICE!r})", ">"),
    "context": ("COALESCE(p.context_tokens, -1)", "<"),
    "signed": ("p.signed_at", "<"),
}
"""Order → the expression that it sorts by, and the comparison that holds for what comes later."""


class CursorError(FlowError):
    """A cursor is not one that the last page gave, or belongs to another order."""


class SqlCondition(NamedTuple):
    """A condition in SQL about the row `p` of `passports`, with its parameters."""

    sql: str
    values: tuple[object, ...]


def conditions(wanted: PassportFilter, at: datetime) -> Iterator[SqlCondition]:
    """Yield what a passport must meet; `at` is the instant that `in_date` is judged at."""
    for column, value in (
        ("maker", wanted.maker),
        ("licence", wanted.licence),
        ("open_weights", wanted.open_weights),
        ("free", wanted.free),
        ("zero_retention", wanted.zero_retention),
        ("status", wanted.status),
    ):
        if value is not None:
            yield SqlCondition(f"p.{column} = ? COLLATE NOCASE", (value,))
    for sql, bound in (
        ("p.prompt_usd_per_million <= ?", wanted.max_price),
        ("p.context_tokens >= ?", wanted.min_context),
        ("p.score >= ?", wanted.min_score),
    ):
        if bound is not None:
            yield SqlCondition(sql, (bound,))
    if wanted.max_risk is not None:
        allowed = RISKS[: RISKS.index(wanted.max_risk) + 1]
        yield SqlCondition(f"p.data_access_risk IN ({', '.join('?' for _ in allowed)})", allowed)
    yield from _related(wanted)
    if wanted.in_date is not None:
        yield _in_date(timestamp(at), wanted=wanted.in_date)


def page(order: SortKey, cursor: str | None) -> Iterator[SqlCondition]:
    """Yield the condition for what follows a cursor; none without one. Raises CursorError."""
    if cursor is None:
        return
    expression, later = _ORDERS[order]
    value, slug = _read_cursor(order, cursor)
    yield SqlCondition(f"({expression} {later} ? OR ({expression} = ? AND p.slug > ?))", (value, value, slug))


def sorting(order: SortKey) -> tuple[str, str]:
    """Return the expression that an order sorts by, and the ORDER BY clause."""
    expression, later = _ORDERS[order]
    return expression, f"{expression} {'ASC' if later == '>' else 'DESC'}, p.slug"


def print_cursor(order: SortKey, value: object, slug: str) -> str:
    """Return the cursor of what follows a row, whose value of the order's expression is given."""
    return base64.urlsafe_b64encode(orjson.dumps([order, value, slug])).decode().rstrip("=")


def words_query(text: str, *, every: bool) -> str | None:
    """Return an FTS5 query for `every` word, or else any, the last perhaps cut off; None without words."""
    words = _WORD.findall(text[:LONGEST_SEARCH])[:MOST_WORDS]
    quoted = [f'"{word}"' for word in words]
    return f"{(' ' if every else ' OR ').join(quoted)}*" if quoted else None


def _read_cursor(order: SortKey, cursor: str) -> tuple[str | float, str]:
    try:
        of, value, slug = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError):
        raise CursorError("the cursor cannot be read: take it from the page before, or leave it out") from None
    if of != order or not isinstance(value, str | int | float) or not isinstance(slug, str):
        raise CursorError(f"the cursor is not one of a list in order of {order}: begin again without it")
    return value, slug


def _related(wanted: PassportFilter) -> Iterator[SqlCondition]:
    """Yield conditions on the tables beside `passports`."""
    for table, value in (("purposes", wanted.purpose), ("capabilities", wanted.capability)):
        if value is not None:
            sql = f"p.slug IN (SELECT slug FROM {table} WHERE uri = ? OR name = ? COLLATE NOCASE OR uri LIKE ?)"  # nosec B608  # noqa: S608 - tables of ours
            yield SqlCondition(sql, (value, value.replace("-", " "), f"%.{_literal(value)}"))
    for direction, modality in (("input", wanted.input), ("output", wanted.output)):
        if modality is not None:
            sql = "p.slug IN (SELECT slug FROM modalities WHERE direction = ? AND modality = ?)"
            yield SqlCondition(sql, (direction, modality))
    if wanted.provider is not None:
        yield SqlCondition("p.slug IN (SELECT slug FROM providers WHERE name = ? COLLATE NOCASE)", (wanted.provider,))


def _literal(value: str) -> str:
    """Return what a URI ends with for a name: dots for what separates words; LIKE has no wildcard in it."""
    return re.sub(r"[^a-z0-9]+", ".", value.casefold())


def _in_date(now: str, *, wanted: bool) -> SqlCondition:
    sql = (
        "p.status <> 'delisted' AND COALESCE(p.expires_at > ?, 0) AND COALESCE(p.stale_after >= ?, 0)"
        " AND COALESCE(p.ends_on >= ?, 1) AND p.signed_at <= ?"
    )
    return SqlCondition(f"({sql})" if wanted else f"NOT ({sql})", (now, now, now[:10], now))
