"""The page of what changed, by generation and cause, and the same as JSON."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

from pipelines.pages.addresses import CHANGES_KEY
from pipelines.pages.site import Site
from pipelines.pages.templating import render
from pipelines.pages.words import line, stated
from pipelines.passport.changes import changes_between
from pipelines.registry.layout import delta_key, page_key
from schemas.registry import DeltaLine

Json = dict[str, Any]

MOST_LINES: Final = 100
"""Most passports of one generation whose changes are shown; the delta has all."""
MOST_DIFFERENCES: Final = 6
SHOWN_GENERATIONS: Final = 14
SHOWN_LINES: Final = 30
_ORDER: Final = ("removed", "source_changed", "first_seen", "pipeline_changed", "key_changed")
CAUSE_WORDS: Final = {
    "removed": "removed",
    "source_changed": "a source changed",
    "first_seen": "new",
    "pipeline_changed": "our rules changed",
    "key_changed": "signed with another key",
    "refreshed": "observed again, unchanged",
}


class Picked(NamedTuple):
    """The lines of a delta that are shown, and how many there are of each cause."""

    lines: list[DeltaLine]
    counts: dict[str, int]


def picked(delta: Iterable[DeltaLine]) -> Picked:
    """Choose the lines of a delta that are shown: those that say most; memory holds no more than them."""
    counts, by_cause = Counter[str](), dict[str, list[DeltaLine]]()
    for one in delta:
        cause = one.cause or "removed"
        counts[cause] += 1
        if counts[cause] <= MOST_LINES and cause in _ORDER:
            by_cause.setdefault(cause, []).append(one)
    lines = [one for cause in _ORDER for one in by_cause.get(cause, ())][:MOST_LINES]
    return Picked(lines, dict(counts))


def change_of(one: DeltaLine, before: Json | None, after: Json | None) -> Json:
    """Return a change as the JSON states it; `before` and `after` are the two passports, where both are there."""
    differences: list[tuple[str, str, str]] = []
    if before and after:
        differences = [
            (line(found.path), stated(found.before), stated(found.after))
            for found in changes_between(before["passport"]["unfragile"], after["passport"]["unfragile"])
        ]
    return {
        "slug": one.slug,
        "cause": one.cause or "removed",
        "status": one.status,
        "differences": [[line(text, 120) for text in found] for found in differences[:MOST_DIFFERENCES]],
        "more": max(0, len(differences) - MOST_DIFFERENCES),
    }


def generation_of(number: int, created_at: str, counts: Mapping[str, int], changes: Sequence[Json]) -> Json:
    """Return what one generation changed, as the JSON states it."""
    return {"generation": number, "at": created_at, "counts": dict(counts), "changes": list(changes)}


def changes_files(site: Site, generations: Sequence[Json]) -> dict[str, bytes]:
    """Return the JSON and the page; generations are given newest first."""
    shown = [
        {
            **one,
            "changes": [{**change, "page": page_key(change["slug"])} for change in one["changes"][:SHOWN_LINES]],
            "left": sum(one["counts"].get(cause, 0) for cause in _ORDER) - len(one["changes"][:SHOWN_LINES]),
            "delta": delta_key(one["generation"]),
        }
        for one in generations[:SHOWN_GENERATIONS]
    ]
    values = {"site": site, "root": "./", "key": "changes", "generations": shown, "causes": CAUSE_WORDS}
    data = orjson.dumps({"generations": list(generations)})
    return {CHANGES_KEY: data, "changes": render("changes.html", values)}
