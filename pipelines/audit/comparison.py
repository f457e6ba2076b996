"""Compares a passport with the one that the rules give, value by value, also where no change of substance is concerned.

`pipelines.passport.changes` compares passports for people, by substance alone.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from pipelines.passport.score import rank_breakdown, score

Json = Mapping[str, Any]

LEFT_OUT = frozenset(["/provenance/cause", "/trust/maintenance/updated_at", "/trust/score", "/trust/rank_breakdown"])
"""Paths that no record can give, only the registry's history; and the score, which is recomputed by itself."""


class Difference(NamedTuple):
    """One value of a passport that is not what it must be."""

    path: str
    """JSON Pointer into `unfragile`."""
    expected: Any
    actual: Any


def unequal_leaves(recomputed: Json, actual: Json, signed_at: datetime) -> Iterator[Difference]:
    """Yield each value in which a published `unfragile` (`actual`) differs from a `recomputed` one."""
    yield from _unequal(recomputed, actual, "")
    yield from _of_score(actual["trust"], rank_breakdown(actual, signed_at=signed_at))


def _of_score(trust: Json, breakdown: Json) -> Iterator[Difference]:
    """Recompute the score and its components from the rest of the published passport, and yield what differs."""
    for name, value in breakdown.items():
        yield from _unequal(value, trust["rank_breakdown"].get(name), f"/trust/rank_breakdown/{name}")
    if trust["score"] != score(breakdown):
        yield Difference("/trust/score", score(breakdown), trust["score"])


def _unequal(recomputed: Any, actual: Any, path: str) -> Iterator[Difference]:  # noqa: ANN401 - any JSON
    if path in LEFT_OUT:
        return
    if isinstance(recomputed, Mapping) and isinstance(actual, Mapping) and recomputed.keys() == actual.keys():
        for key, value in recomputed.items():
            yield from _unequal(value, actual[key], f"{path}/{key}")
    elif isinstance(recomputed, list) and isinstance(actual, list) and len(recomputed) == len(actual):
        for place, (one, other) in enumerate(zip(recomputed, actual, strict=True)):
            yield from _unequal(one, other, f"{path}/{place}")
    elif recomputed != actual:
        yield Difference(path, recomputed, actual)
