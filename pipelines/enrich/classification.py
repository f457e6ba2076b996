"""Type, category, risk and access of a model, each by the first rule of a table that fits."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

from pipelines.merge.subject import Subject
from pipelines.rules.conditions import Compiled, asked_by, compiled, fits, reaches
from pipelines.rules.issuing import Choice, Need, RiskRule
from pipelines.rules.rulebook import rulebook

_Rule = TypeVar("_Rule", bound=Choice)


class Table(Generic[_Rule]):
    """A table of which the first fitting rule counts, and how it was found for what models stated before."""

    def __init__(self, rules: Iterable[_Rule]) -> None:
        self._rows = [(rule, compiled(rule)) for rule in rules]
        self._asked = asked_by(condition for _, condition in self._rows)
        self._fitting = lru_cache(maxsize=1024)(self._fitting_rows)

    def first(self, subject: Subject) -> _Rule:
        """Return the first rule that a model fits; the last one fits every model."""
        rows = self._fitting(subject.stated & self._asked)
        return next(rule for rule, condition in rows if reaches(condition, subject.claims))

    def _fitting_rows(self, stated: frozenset[str]) -> tuple[tuple[_Rule, Compiled], ...]:
        return tuple((rule, condition) for rule, condition in self._rows if fits(condition, stated))


class Tables(NamedTuple):
    """The tables of issuing.toml."""

    types: Table[Choice]
    categories: Table[Choice]
    risks: Table[RiskRule]


@lru_cache(maxsize=1)
def tables() -> Tables:
    """Return the tables, compiled once."""
    issuing = rulebook().issuing
    return Tables(Table(issuing.type), Table(issuing.category), Table(issuing.risk))


def risk_of(subject: Subject) -> RiskRule:
    """The risk to data that calling the model brings."""
    return tables().risks.first(subject)


def access(subject: Subject) -> tuple[str, ...]:
    """What a caller needs to reach the model at all; listed before what each capability needs."""
    return _access(subject.stated & _asked_for_access())


@lru_cache(maxsize=1)
def _needs() -> list[tuple[Need, Compiled]]:
    return [(rule, compiled(rule)) for rule in rulebook().issuing.access]


@lru_cache(maxsize=1)
def _asked_for_access() -> frozenset[str]:
    return asked_by(condition for _, condition in _needs())


@lru_cache(maxsize=64)
def _access(stated: frozenset[str]) -> tuple[str, ...]:
    return tuple(row.need for row, condition in _needs() if fits(condition, stated))
