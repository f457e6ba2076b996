"""When a rule holds: which facts must be stated, absent, or of a size. Rules are data; this reads them."""

from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import NamedTuple

from pydantic import Field

from schemas.base import Frozen
from schemas.listing import Claim, FactValue

Claims = dict[str, Claim]

LONGEST_CITATION = 10
"""Facts of one group that are shown as evidence; a model of a hundred languages is shown to be of several by ten."""


class Condition(Frozen):
    """Which facts a rule needs. A fact that is stated as false counts as not stated."""

    all: tuple[str, ...] = ()
    """Every one of them is stated."""
    any: tuple[str, ...] = ()
    """At least one of them is."""
    none: tuple[str, ...] = ()
    """None of them is."""
    at_least: dict[str, int] = Field(default_factory=dict)
    below: dict[str, int] = Field(default_factory=dict)
    greater: tuple[str, str] | None = None
    """Two facts, the first of which is the larger number."""
    of_group: dict[str, int] = Field(default_factory=dict)
    """Beginning of facts' names → how many facts at least are stated that begin so: {"language:" = 2}."""
    cite: tuple[str, ...] = ()
    """The facts that show it, where those of `all` and `any` would say too much or too little."""


class Compiled(NamedTuple):
    """A condition, laid out for the many times that it is asked."""

    all: frozenset[str]
    any: frozenset[str]
    none: frozenset[str]
    bounds: tuple[tuple[str, int, bool], ...]
    """Fact, bound, and whether the fact must reach it (or stay below)."""
    greater: tuple[str, str] | None
    groups: tuple[tuple[str, int], ...]
    cite: tuple[str, ...]

    @property
    def asks_figures(self) -> bool:
        """Whether it depends on values or numbers of facts, and not only on which are stated."""
        return bool(self.bounds or self.greater or self.groups)


def compiled(condition: Condition) -> Compiled:
    """Lay out a condition; facts with bounds must be stated and are cited."""
    reached = [(name, bound, True) for name, bound in condition.at_least.items()]
    stayed = [(name, bound, False) for name, bound in condition.below.items()]
    bounds = tuple(reached + stayed)
    bounded = tuple(dict.fromkeys(name for name, _, _ in bounds))
    cite = condition.cite or tuple(dict.fromkeys([*condition.all, *condition.any, *bounded]))
    needed = frozenset(condition.all).union(bounded, condition.greater or ())
    groups = tuple(condition.of_group.items())
    return Compiled(
        needed, frozenset(condition.any), frozenset(condition.none), bounds, condition.greater, groups, cite
    )


def holds(condition: Compiled, stated: AbstractSet[str], claims: Claims) -> bool:
    """Whether a condition holds for what is stated (names of facts that are not false) and claimed (their values)."""
    return fits(condition, stated) and reaches(condition, claims)


def fits(condition: Compiled, stated: AbstractSet[str]) -> bool:
    """Whether the facts that are stated are those that a condition asks for."""
    if not condition.all <= stated or not condition.none.isdisjoint(stated):
        return False
    return not condition.any or not condition.any.isdisjoint(stated)


def reaches(condition: Compiled, claims: Claims) -> bool:
    """Whether the figures are of the size that a condition asks for; its facts must be claimed."""
    if condition.greater and not _number(claims, condition.greater[0]) > _number(claims, condition.greater[1]):
        return False
    if condition.groups and any(len(_of_group(claims, start)) < least for start, least in condition.groups):
        return False
    return all((_number(claims, name) >= bound) is reached for name, bound, reached in condition.bounds)


def cited(condition: Compiled, claims: Claims) -> list[Claim]:
    """The claims that show that a condition holds, in the rule's order; flags and denials show nothing."""
    shown = [
        claim for name in condition.cite if (claim := claims.get(name)) is not None and claim.fact.value is not False
    ]
    for start, _ in condition.groups:
        shown += _of_group(claims, start)[:LONGEST_CITATION]
    return shown


def _of_group(claims: Claims, start: str) -> list[Claim]:
    """Claims whose names begin so, in the order of their names; denials are none."""
    names = [name for name in claims if name.startswith(start)]
    return [claims[name] for name in sorted(names) if claims[name].fact.value is not False]


def number(value: FactValue) -> Decimal | int:
    """A fact's value as a number; raise TypeError when the rule that asks is wrong about the fact."""
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        return Decimal(value)
    raise TypeError(f"{value!r} is no number: the rule compares the wrong fact")


def _number(claims: Claims, name: str) -> Decimal | int:
    return number(claims[name].fact.value)
