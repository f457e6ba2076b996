"""Conditions of rules: which facts must be stated, which must not, and which must reach a size."""

from collections import Counter
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Generic, TypeVar

from pydantic import Field

from schemas.base import Frozen
from schemas.listing import Claim, FactValue

Claims = dict[str, Claim]
_Row = TypeVar("_Row")

LONGEST_CITATION = 10
"""Most facts of one group that are cited as evidence: ten of a hundred languages show that a model has several."""


class Condition(Frozen):
    """Facts that a rule needs. A fact that is stated as false counts as not stated."""

    all: tuple[str, ...] = ()
    """Facts that must all be stated."""
    any: tuple[str, ...] = ()
    """Facts of which at least one must be stated."""
    none: tuple[str, ...] = ()
    """Facts of which none may be stated."""
    at_least: dict[str, int] = Field(default_factory=dict)
    below: dict[str, int] = Field(default_factory=dict)
    greater: tuple[str, str] | None = None
    """Two facts, the first of which must be the larger number."""
    of_group: dict[str, int] = Field(default_factory=dict)
    """Beginning of facts' names → least number of stated facts whose names begin so: {"language:" = 2}."""
    cite: tuple[str, ...] = ()
    """Facts to cite as evidence, where those of `all` and `any` would show too much or too little."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A condition in the form in which it is checked many times."""

    all: frozenset[str]
    any: frozenset[str]
    none: frozenset[str]
    bounds: tuple[tuple[str, int, bool], ...]
    """Fact, bound, and whether the fact must reach the bound (or stay below it)."""
    greater: tuple[str, str] | None
    groups: tuple[tuple[str, int], ...]
    cite: tuple[str, ...]

    @property
    def asks_figures(self) -> bool:
        """Whether the condition depends on values or numbers of facts, and not only on which are stated."""
        return bool(self.bounds or self.greater or self.groups)


def compiled(condition: Condition) -> Compiled:
    """Return a condition in the form in which it is checked; facts with bounds must be stated and are cited."""
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


def fits(condition: Compiled, stated: AbstractSet[str]) -> bool:
    """Whether the facts that are stated are those that a condition needs, apart from figures."""
    if not condition.all <= stated or not condition.none.isdisjoint(stated):
        return False
    return not condition.any or not condition.any.isdisjoint(stated)


class ConditionIndex(Generic[_Row]):
    """Finds the rows of a table that fit what is stated by a fact that each row needs, instead of row by row."""

    def __init__(self, rows: Iterable[tuple[_Row, Compiled]]) -> None:
        self._rows = tuple(rows)
        conditions = [condition for _, condition in self._rows]
        self._asked = frozenset().union(*(one.all | one.any | one.none for one in conditions))
        self._known = lru_cache(maxsize=256)(self.fitting)
        often = Counter(name for condition in conditions for name in condition.all)
        self._always: list[int] = []
        self._by_fact: dict[str, list[int]] = {}
        for place, condition in enumerate(conditions):
            rarest = sorted(condition.all, key=lambda name: (often[name], name))[:1]
            for name in rarest or condition.any:
                self._by_fact.setdefault(name, []).append(place)
            if not (rarest or condition.any):
                self._always.append(place)

    def fitting(self, stated: AbstractSet[str]) -> tuple[_Row, ...]:
        """Return the rows whose conditions fit, as `fits` says, in their order."""
        places = set(self._always).union(*[self._by_fact[name] for name in self._by_fact.keys() & stated])
        rows = [self._rows[place] for place in sorted(places)]
        return tuple([row for row, condition in rows if fits(condition, stated)])

    def fitting_again(self, stated: frozenset[str]) -> tuple[_Row, ...]:
        """Return the same, found once for all that is alike in what a small table asks; most models are."""
        return self._known(stated & self._asked)


def reaches(condition: Compiled, claims: Claims) -> bool:
    """Whether figures and numbers of facts are as large as a condition needs; the facts it names must be claimed."""
    if condition.greater and not _number(claims, condition.greater[0]) > _number(claims, condition.greater[1]):
        return False
    if condition.groups and any(len(_of_group(claims, start)) < least for start, least in condition.groups):
        return False
    return not [1 for name, bound, reached in condition.bounds if (_number(claims, name) >= bound) is not reached]


def cited(condition: Compiled, claims: Claims) -> list[Claim]:
    """Claims that are evidence that a condition holds, in the rule's order; a value of false is none."""
    shown = [
        claim for name in condition.cite if (claim := claims.get(name)) is not None and claim.fact.value is not False
    ]
    for start, _ in condition.groups:
        shown += _of_group(claims, start)[:LONGEST_CITATION]
    return shown


def _of_group(claims: Claims, start: str) -> list[Claim]:
    """Claims whose names begin so, in the order of their names, without those whose value is false."""
    names = [name for name in claims if name.startswith(start)]
    return [claims[name] for name in sorted(names) if claims[name].fact.value is not False]


def number(value: FactValue) -> Decimal | int:
    """A fact's value as a number; raise TypeError where it is none, so that the rule compares the wrong fact."""
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        return Decimal(value)
    raise TypeError(f"{value!r} is not a number: correct the fact that the rule compares")


def _number(claims: Claims, name: str) -> Decimal | int:
    return number(claims[name].fact.value)
