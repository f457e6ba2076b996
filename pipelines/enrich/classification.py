"""Type, category, risk and access of a model, each by the first rule of a table that fits."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

from pipelines.merge.subject import Subject
from pipelines.rules.conditions import ConditionIndex, compiled, reaches
from pipelines.rules.issuing import Choice, Need, RiskRule
from pipelines.rules.rulebook import rulebook

_Rule = TypeVar("_Rule", bound=Choice)


class Table(Generic[_Rule]):
    """A table of which the first fitting rule counts; the last one fits every model."""

    def __init__(self, rules: Iterable[_Rule]) -> None:
        rows = [(rule, compiled(rule)) for rule in rules]
        self._index = ConditionIndex((row, row[1]) for row in rows)

    def first(self, subject: Subject) -> _Rule:
        """Return the first rule that a model fits."""
        fitting = self._index.fitting_again(subject.stated)
        return next(rule for rule, condition in fitting if reaches(condition, subject.claims))


class Tables(NamedTuple):
    """The tables of issuing.toml, compiled."""

    types: Table[Choice]
    categories: Table[Choice]
    risks: Table[RiskRule]
    needs: ConditionIndex[Need]


@lru_cache(maxsize=1)
def tables() -> Tables:
    """Return the tables, compiled once."""
    issuing = rulebook().issuing
    needs = ConditionIndex((rule, compiled(rule)) for rule in issuing.access)
    return Tables(Table(issuing.type), Table(issuing.category), Table(issuing.risk), needs)


def risk_of(subject: Subject) -> RiskRule:
    """The risk to data that calling the model brings."""
    return tables().risks.first(subject)


def access(subject: Subject) -> tuple[str, ...]:
    """What a caller needs to reach the model at all; listed before what each capability needs."""
    return tuple(row.need for row in tables().needs.fitting_again(subject.stated))
