"""Puts how a model fails, and what to do about it, into rows: what sources state of it, and what all of its kind do."""

from collections.abc import Iterator
from typing import Any

from pipelines.views.brief.layout import Row
from pipelines.views.brief.shown_by import EvidenceByPath
from pipelines.views.remedies import mode_of
from schemas.sources import BY_NAME

Json = dict[str, Any]

RULES = "rules"
"""Source of the evidence of what is true of a kind of model."""
MOST_STATED, MOST_OF_A_KIND = 8, 5
"""Most failure modes that are shown."""
DO = " → "
"""Before what to do."""


def stated_failures(unfragile: Json, shown: EvidenceByPath) -> Iterator[Row]:
    """Yield each failure mode that a source states of this model, and what to do about it."""
    stated = [mode for mode, sources in _modes(unfragile, shown) if sources & {*BY_NAME} or not sources]
    for place, mode in enumerate(_first(stated, MOST_STATED), start=1):
        yield Row(f"{place}.", f"{mode}{_remedy(mode)}")
    yield from _more(stated, MOST_STATED)


def failures_of_its_kind(unfragile: Json, shown: EvidenceByPath) -> Iterator[Row]:
    """Yield the failure modes of all models of the kind, a line each; what to do about them is the same everywhere."""
    modes = [mode for mode, sources in _modes(unfragile, shown) if sources == {RULES}]
    for mode in _first(modes, MOST_OF_A_KIND):
        yield Row("-", mode, most_lines=1)
    yield from _more(modes, MOST_OF_A_KIND)


def _first(modes: list[str], most: int) -> list[str]:
    """The first `most`, or all where only one more would be left out."""
    return modes if len(modes) == most + 1 else modes[:most]


def _more(modes: list[str], most: int) -> Iterator[Row]:
    if left_out := len(modes) - len(_first(modes, most)):
        yield Row("+", f"{left_out} more, which --evidence shows")


def unchecked(unfragile: Json, shown: EvidenceByPath) -> list[str]:
    """What the issuer states that it has not checked."""
    return [mode for mode, sources in _modes(unfragile, shown) if sources and not sources & {*BY_NAME, RULES}]


def _modes(unfragile: Json, shown: EvidenceByPath) -> Iterator[tuple[str, set[str]]]:
    for place, mode in enumerate(unfragile["trust"]["failure_modes"]):
        yield mode, {entry["source"] for entry in shown[f"/trust/failure_modes/{place}"]}


def _remedy(mode: str) -> str:
    rule = mode_of(mode)
    return f"{DO}{rule.remedy}" if rule else ""
