"""Type, category, risk and access of a model, each by the first rule of a table that fits."""

from functools import lru_cache
from typing import NamedTuple, TypeVar

from pipelines.merge.subject import Subject
from pipelines.rules.conditions import Compiled, compiled, fits, holds
from pipelines.rules.issuing import Choice, Need, RiskRule
from pipelines.rules.rulebook import rulebook


class Tables(NamedTuple):
    """The tables of which the first fitting rule counts, compiled."""

    types: list[tuple[Choice, Compiled]]
    categories: list[tuple[Choice, Compiled]]
    risks: list[tuple[RiskRule, Compiled]]
    needs: list[tuple[Need, Compiled]]


@lru_cache(maxsize=1)
def _tables() -> Tables:
    book = rulebook()
    return Tables(
        [(rule, compiled(rule)) for rule in book.issuing.type],
        [(rule, compiled(rule)) for rule in book.issuing.category],
        [(rule, compiled(rule)) for rule in book.issuing.risk],
        [(rule, compiled(rule)) for rule in book.issuing.access],
    )


def access(subject: Subject) -> tuple[str, ...]:
    """What a caller needs to reach the model at all; listed before what each capability needs."""
    return _access(subject.stated & _asked_for_access())


def risk_of(subject: Subject) -> RiskRule:
    """The risk to data that calling the model brings."""
    return _first(_tables().risks, subject)


@lru_cache(maxsize=1)
def _asked_for_access() -> frozenset[str]:
    conditions = [condition for _, condition in _tables().needs]
    return frozenset().union(*(condition.all | condition.any | condition.none for condition in conditions))


@lru_cache(maxsize=64)
def _access(stated: frozenset[str]) -> tuple[str, ...]:
    return tuple(row.need for row, condition in _tables().needs if fits(condition, stated))


_Rule = TypeVar("_Rule", bound=Choice)


def _first(table: list[tuple[_Rule, Compiled]], subject: Subject) -> _Rule:
    stated, claims = subject.stated, subject.claims
    return next(rule for rule, condition in table if holds(condition, stated, claims))
