"""One part of the table of all passports, as JSON in columns, for the front page's search and filters."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import orjson

from pipelines.pages.summary import Summary
from pipelines.registry.layout import page_key

_PLAIN: Final[dict[str, Callable[[Summary], Any]]] = {
    "slug": lambda one: one.slug,
    "name": lambda one: one.name,
    "context": lambda one: one.context,
    "score": lambda one: one.score,
    "rank": lambda one: one.rank,
    "downloads": lambda one: one.downloads,
    "free": lambda one: int(one.free),
    "zero": lambda one: None if one.zero_retention is None else int(one.zero_retention),
}
"""Column → its value in each row."""

_CODED: Final[dict[str, Callable[[Summary], str]]] = {
    name: lambda one, name=name: getattr(one, name)  # type: ignore[misc]
    for name in (
        "maker", "type", "status", "licence", "weights", "risk", "tokens_in", "tokens_out",
        "signed", "expires", "due", "stale", "ends",
    )
}  # fmt: skip
"""Column → its value, written as its place in the column's list of values, as many rows share one."""

_SETS: Final[dict[str, Callable[[Summary], list[str]]]] = {
    "inputs": lambda one: one.inputs,
    "outputs": lambda one: one.outputs,
    "regions": lambda one: one.regions,
    "purposes": lambda one: [uri for uri, _ in one.purposes],
    "capabilities": lambda one: [uri for uri, _ in one.capabilities],
    "modes": lambda one: one.modes,
}
"""Column → its values, each written as its place in the column's list of values."""


def table_part(summaries: Iterable[Summary]) -> bytes:
    """Return the JSON of some rows: `{"rows": n, "lists": {column: values}, "columns": {column: [...]}, "pages": {…}}`.

    The rows are in the order given, by slug. `pages` has slug → key of its page, for the few slugs whose pages are at
    another key.
    """
    lists: dict[str, dict[str, int]] = {name: {} for name in (*_CODED, *_SETS)}
    columns: dict[str, list[Any]] = {name: [] for name in (*_PLAIN, *_CODED, *_SETS)}
    pages: dict[str, str] = {}

    def place(column: str, value: str) -> int:
        return lists[column].setdefault(value, len(lists[column]))

    for one in summaries:
        for name, plain in _PLAIN.items():
            columns[name].append(plain(one))
        for name, coded in _CODED.items():
            columns[name].append(place(name, coded(one)))
        for name, texts in _SETS.items():
            columns[name].append([place(name, text) for text in texts(one)])
        if (key := page_key(one.slug)) != one.slug:
            pages[one.slug] = key
    return orjson.dumps({
        "rows": len(columns["slug"]),
        "lists": {name: list(values) for name, values in lists.items()},
        "columns": columns,
        "pages": pages,
    })  # fmt: skip
