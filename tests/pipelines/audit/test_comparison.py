"""Nothing in a signed passport can be altered without being found, but for what only the registry's history knows."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from pipelines.audit.mismatches import mismatches
from pipelines.rules.gates import default_gates
from schemas.times import instant
from tests.pipelines.audit.test_regather import RAWS as FOUR_SOURCES
from tests.pipelines.audit.test_regather import signed as signed  # noqa: PLC0414 - a fixture of that file
from tests.pipelines.enrich.test_evidence import RAWS as ONE_SOURCE
from tests.support.listings import admitted, passport

Path = tuple[str | int, ...]

SOONER = "2026-06-01T11:59:58.000Z"
HISTORY = {("provenance", "cause"), ("trust", "maintenance", "updated_at")}
"""What no record holds: why and when the registry last changed what it says."""


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """Paths to every value, and to every list that holds something."""
    if isinstance(value, dict | list):
        if isinstance(value, list) and value:
            yield path
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(child, (*path, key))
    else:
        yield path


def altered(unfragile: dict[str, Any], path: Path) -> dict[str, Any]:
    made = copy.deepcopy(unfragile)
    holder: Any = made
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = another(holder[path[-1]])
    return made


def another(value: Any) -> Any:
    """A value of the same kind that is not this one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, list):
        return value[1:]
    if isinstance(value, int | float):
        return value + 1
    return f"{value}x" if not is_instant(value) else SOONER


def is_instant(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(instant(value))
    except ValueError:
        return False


def undetected(document: dict[str, Any], raws: list[Any]) -> set[Path]:
    gates = default_gates()
    paths = list(leaves(document["unfragile"]))
    assert len(paths) > 500
    return {
        path
        for path in paths
        if not mismatches({**document, "unfragile": altered(document["unfragile"], path)}, raws, gates=gates)
    }


def test_every_leaf_of_a_passport_of_several_sources_is_held_to_its_records(signed: dict[str, Any]) -> None:
    assert undetected(signed, FOUR_SOURCES) == HISTORY


@pytest.mark.slow
def test_every_leaf_of_a_rich_passport_is_held_to_its_records() -> None:
    assert undetected(passport(*map(admitted, ONE_SOURCE)), ONE_SOURCE) == HISTORY


@pytest.mark.parametrize(
    ("pointer", "value", "named"),
    [
        (("trust", "freshness", "sources", 1, "last_scraped_at"), SOONER, "/trust/freshness/sources"),
        (("trust", "freshness", "sources", 0, "verdict"), "stale", "/trust/freshness/sources/0/verdict"),
        (("trust", "freshness", "sources", 0, "stale_after"), "2029-01-01T00:00:00.000Z", "/trust/freshness/sources/0"),
        (("trust", "freshness", "sources", 1, "due_after"), "2029-01-01T00:00:00.000Z", "/trust/freshness/sources/1"),
        (("trust", "score"), 99, "/trust/score"),
        (("trust", "rank_breakdown", "quality"), 0.01, "/trust/rank_breakdown/quality"),
        (("trust", "score_basis", "score_max"), 99, "/trust/score_basis/score_max"),
        (("trust", "assessment", "openness", "value"), 0.01, "/trust/assessment/openness/value"),
        (("trust", "assessment", "currency", "inputs", "days_left"), 9, "/trust/assessment/currency/inputs/days_left"),
        (("evidence", 0, "asserted_by"), "builder", "/evidence/0/asserted_by"),
    ],
)  # fmt: skip
def test_what_is_no_change_of_substance_is_named_too(
    signed: dict[str, Any], pointer: Path, value: object, named: str
) -> None:
    document = json.loads(json.dumps(signed))
    holder = document["unfragile"]
    for key in pointer[:-1]:
        holder = holder[key]
    holder[pointer[-1]] = value
    (found,) = mismatches(document, FOUR_SOURCES, gates=default_gates())
    assert found.path.startswith(named)
    assert "must be" in found.reason


def test_a_passport_that_is_valid_for_longer_than_its_observation_allows_is_named(signed: dict[str, Any]) -> None:
    document = {**signed, "expiresAt": "2029-01-01T00:00:00.000Z"}
    (found,) = mismatches(document, FOUR_SOURCES, gates=default_gates())
    assert found.path == "/expiresAt"
    assert "must be" in found.reason
