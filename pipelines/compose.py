"""Composes the trust lists from the capabilities."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

LONGEST_LIST = 10
"""Entries taken over from the capabilities, measured on published passports."""

UNVERIFIED_BUILDER = "builder identity is not verified yet"
NO_OUTCOMES = "no observed match outcomes yet"


class Composed(NamedTuple):
    """The two lists of the trust block."""

    permissions: list[str]
    failure_modes: list[str]


def compose(
    capabilities: Sequence[Mapping[str, Any]], *, apart: Sequence[str] = (), verified: bool = False, matches: int = 0
) -> Composed:
    """First 10 distinct `requires` and `limitations` in order; then what is open about builder and outcomes.

    `apart` are limitations of a model of which no capability is known that they could stand with.
    """
    permissions = first_distinct(need for capability in capabilities for need in capability["requires"])
    limitations = (limit for capability in capabilities for limit in capability["limitations"])
    failure_modes = first_distinct([*limitations, *apart])
    if not verified:
        failure_modes.append(UNVERIFIED_BUILDER)
    if not matches:
        failure_modes.append(NO_OUTCOMES)
    return Composed(permissions, failure_modes)


def first_distinct(texts: Iterable[str]) -> list[str]:
    """The first 10 different texts, in order."""
    return list(dict.fromkeys(texts))[:LONGEST_LIST]
