"""Lists the changes of substance between two versions of a passport, entries of lists by name, not position."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Json = Mapping[str, Any]

NAMED_BY = {
    "capabilities": ("name",),
    "purposes": ("name",),
    "prices": ("kind",),
    "offers": ("id",),
    "model/providers": ("tag",),
    "data_handling/providers": ("name",),
    "base_models": ("id",),
    "benchmarks": ("dataset", "metric"),
    "records": ("source", "id"),
}
"""Lists of objects → the keys that name an entry, so that an entry that only moved is no change.

A list is named by its key, or by this and the key above it where two lists have one key."""

ROLL = "-roll"
"""How the names of the sources of rolls end."""

OF_ISSUE = ("evidence", "provenance", "freshness", "maintenance", "uptime_percent", "id")
"""Keys whose values change with every issue."""

PASSED_OVER = frozenset([*OF_ISSUE, "rank_breakdown", "score_basis", "assessment"])
"""These, and keys whose values follow from the rest."""


class ValueChange(NamedTuple):
    """One value that differs; None on the side that has none."""

    path: str
    """JSON Pointer into `unfragile`, with entries of lists by their name."""
    before: Any
    after: Any


def changes_between(before: Json, after: Json) -> list[ValueChange]:
    """List what differs in substance between two `unfragile` objects, in order of path."""
    old, new = dict(_leaves(before, "")), dict(_leaves(after, ""))
    return [
        ValueChange(path, old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    ]


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any JSON
    if isinstance(value, Mapping):
        for key, child in value.items():
            if key not in PASSED_OVER:
                yield from _leaves(child, f"{path}/{key}")
    elif isinstance(value, list):
        yield from _entries(value, path)
    else:
        yield path, value


def _entries(entries: list[Any], path: str) -> Iterator[tuple[str, Any]]:
    *_, above, name_of_list = path.split("/")
    keys, seen = NAMED_BY.get(f"{above}/{name_of_list}") or NAMED_BY.get(name_of_list), Counter[str]()
    for entry in entries:
        if isinstance(entry, Mapping) and str(entry.get("source", "")).endswith(ROLL) and keys:
            continue  # each absence is shown by new rolls
        if isinstance(entry, Mapping) and keys:
            name = " ".join(str(entry[key]) for key in keys).replace("/", "~1") + _conditions(entry)
            seen[name] += 1
            again = f" ({seen[name]})" if seen[name] > 1 else ""
            yield from _leaves(entry, f"{path}/{name}{again}")
        elif isinstance(entry, Mapping):
            yield f"{path}{entry.get('path', '')}", _gap(entry)
        else:
            yield f"{path}/{str(entry).replace('/', '~1')}", "listed"


def _gap(entry: Json) -> str:
    """An unknown or a conflict in words, since it has no name but its path."""
    sides = [f"{side['value']} ({side['scope']})" for side in entry.get("values", ())]
    return " against ".join(sides) or f"{entry.get('reason')} by {', '.join(entry.get('sources', ()))}"


def _conditions(entry: Json) -> str:
    return "".join(f" {name}={bound}" for name, bound in entry.get("when", {}).items())
