"""Puts what sources disagree about, and what changed since the version before, into rows."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from pipelines.passport.changes import ValueChange
from pipelines.views.brief.layout import Row, TitledPart
from pipelines.views.changes import in_words

Json = dict[str, Any]

MOST_CONFLICTS = 4
"""Most disputed values of which the sides are shown."""
MOST_CHANGES = 2
"""Most changes that are shown."""
MOST_LINES = 2
"""Lines of the sides of a disputed value."""


def conflict_rows(unfragile: Json) -> Iterator[Row]:
    """Yield each disputed value with what its sources state, and the names of those that are too many."""
    sides_by_name: dict[str, list[str]] = defaultdict(list)
    for conflict in unfragile.get("conflicts", ()):
        sides_by_name[field_name(conflict["path"])].append(_sides(conflict["values"]))
    for name, sides in list(sides_by_name.items())[:MOST_CONFLICTS]:
        yield Row(name, "; ".join(dict.fromkeys(sides)), most_lines=MOST_LINES)
    if more := list(sides_by_name)[MOST_CONFLICTS:]:
        yield Row("and on", ", ".join(more))


def changed_part(changes: Sequence[ValueChange], signed_at: str, slug: str) -> TitledPart:
    """What changed since the version signed at `signed_at`, the first of it where it is much."""
    rows = [Row("", in_words(change), most_lines=1) for change in changes[:MOST_CHANGES]]
    if len(changes) > MOST_CHANGES:
        rows.append(Row("", f"and {len(changes) - MOST_CHANGES:,} more: passports diff {slug}"))
    none = Row("", "nothing of substance")
    return TitledPart(f"Changed since the version signed at {signed_at}", tuple(rows or [none]))


def field_name(path: str) -> str:
    """The name of the value at a path of a passport: "context tokens"."""
    return path.rpartition("/")[2].replace("_", " ")


def _sides(sides: list[Json]) -> str:
    """What each side states, of lists only that in which they differ; by scope where one source states it all."""
    named_by = "scope" if len({side["source"] for side in sides}) == 1 else "source"
    lists = [frozenset(side["value"]) for side in sides if isinstance(side["value"], list)]
    shared = frozenset.intersection(*lists) if len(lists) == len(sides) else frozenset()
    about = _parameter(sides[0])
    words = (_side(side, about, shared) for side in sides)
    sides_stated = " against ".join(f"{said} ({side[named_by]})" for said, side in zip(words, sides, strict=True))
    return f"{about}: {sides_stated}" if about else sides_stated


def _parameter(side: Json) -> str | None:
    """The parameter that a disagreement is about, where a listing's parameters are one side of it."""
    _, found, parameter = side["scope"].partition(", on ")
    return parameter if found and isinstance(side["value"], list) else None


def _side(side: Json, about: str | None, shared: AbstractSet[str]) -> str:
    """What one side states: of a list of parameters whether the one in question is in it."""
    value = side["value"]
    if about and isinstance(value, list):
        return _words(about in value)
    return f"not shown, {value}" if side["scope"].endswith("status of the answer") else _words(value, shared)


def _words(value: object, shared: AbstractSet[str] = frozenset()) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case list():
            return ", ".join(str(one) for one in value if one not in shared) or "no more"
        case _:
            return str(value)
