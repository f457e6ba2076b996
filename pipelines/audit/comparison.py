"""Compares a passport with the one that the rules give, value by value, also where no change of substance is concerned.

`pipelines.passport.changes` compares passports for people, by substance alone.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from pipelines.scoring.recompute import RECOMPUTED, recompute

Json = Mapping[str, Any]

LEFT_OUT = frozenset(["/provenance/cause", "/trust/maintenance/updated_at", *(f"/trust/{key}" for key in RECOMPUTED)])
"""Paths that no record can give, only the registry's history; and those that are recomputed by themselves."""


class Difference(NamedTuple):
    """One value of a passport that is not what it must be."""

    path: str
    """JSON Pointer into `unfragile`."""
    expected: Any
    actual: Any


def unequal_leaves(recomputed: Json, actual: Json, signed_at: datetime) -> Iterator[Difference]:
    """Yield each value in which a published `unfragile` (`actual`) differs from a `recomputed` one.

    What follows from the rest of the passport is computed where the rest is right.
    """
    found = list(_unequal(recomputed, actual, ""))
    yield from found
    if found:
        return
    for key, value in recompute(actual, signed_at=signed_at).items():
        yield from _same(value, actual["trust"].get(key), f"/trust/{key}")


def _unequal(recomputed: Any, actual: Any, path: str) -> Iterator[Difference]:  # noqa: ANN401 - any JSON
    if path not in LEFT_OUT:
        yield from _same(recomputed, actual, path)


def _same(recomputed: Any, actual: Any, path: str) -> Iterator[Difference]:  # noqa: ANN401 - any JSON
    if isinstance(recomputed, Mapping) and isinstance(actual, Mapping) and recomputed.keys() == actual.keys():
        for key, value in recomputed.items():
            yield from _unequal(value, actual[key], f"{path}/{key}")
    elif isinstance(recomputed, list) and isinstance(actual, list) and len(recomputed) == len(actual):
        for place, (one, other) in enumerate(zip(recomputed, actual, strict=True)):
            yield from _unequal(one, other, f"{path}/{place}")
    elif recomputed != actual:
        yield Difference(path, recomputed, actual)
