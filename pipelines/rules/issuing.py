"""Reads issuing.toml: type, category, risk, access and confidence of a passport."""

from collections.abc import Set as AbstractSet
from typing import Self

from pydantic import Field, model_validator

from pipelines.rules.conditions import Condition
from schemas.base import Frozen


class Need(Condition):
    """What a caller needs in order to use a model that meets the condition."""

    need: str


class Choice(Condition):
    """One row of a table in which the first row that matches applies."""

    value: str


class RiskRule(Choice):
    """One row of the risk table, with the reason that the passport gives."""

    id: str
    reason: str


def posterior_mean(confirmed: int, compared: int) -> float:
    """Mean of the posterior share of true claims, from a uniform prior, with two decimals."""
    return round((confirmed + 1) / (compared + 2), 2)


class Measure(Frozen):
    """How many claims were confirmed, of those that could be compared with what others state."""

    confirmed: int = Field(ge=0)
    compared: int = Field(ge=1)
    figure: float

    @model_validator(mode="after")
    def _figure_is_what_the_counts_give(self) -> Self:
        if self.confirmed > self.compared or self.figure != posterior_mean(self.confirmed, self.compared):
            raise ValueError(f"{self.confirmed} of {self.compared} do not give the figure {self.figure}")
        return self


class Method(Frozen):
    """How often facts of one group were right, where they are less certain than a listing's own fields."""

    pooled: Measure | None = None
    """Of all capabilities that the group shows, counted together; None where each was counted."""
    measured: dict[str, Measure] = Field(default_factory=dict)


class Confidence(Frozen):
    """How often a claim of each capability was confirmed by those who make the models."""

    unmeasured: float
    """Confidence of a capability that was not compared: the lowest figure of any that was."""
    measured: dict[str, Measure] = Field(min_length=1)
    method: dict[str, Method] = Field(default_factory=dict)
    """Group of facts → how often they were right."""

    @model_validator(mode="after")
    def _what_nobody_measured_is_held_least_certain(self) -> Self:
        least = min(measure.figure for measure in self.measured.values())
        if self.unmeasured != least:
            raise ValueError(f"unmeasured is {self.unmeasured} and not the least measured figure, {least}")
        return self

    def of(self, capability: str, shown_by: AbstractSet[str] = frozenset()) -> float:
        """Confidence of one capability: its own figure, or the lowest figure of the groups of facts that show it.

        `shown_by` are groups of facts (or single facts). The groups' figures apply where `method` has every one of
        them: otherwise something better, such as a listing's own field, shows the capability too.
        """
        if shown_by and shown_by <= self.method.keys():
            return min(self._heard(self.method[group], capability) for group in shown_by)
        return self._figure(self.measured, capability)

    def _heard(self, method: Method, capability: str) -> float:
        if method.pooled:  # no more certain than a field that states the same
            return min(method.pooled.figure, self._figure(self.measured, capability))
        return self._figure(method.measured, capability)

    def _figure(self, measured: dict[str, Measure], capability: str) -> float:
        return measured[capability].figure if capability in measured else self.unmeasured


class IssuingTable(Frozen):
    """Contents of issuing.toml."""

    version: str
    type: tuple[Choice, ...]
    category: tuple[Choice, ...]
    risk: tuple[RiskRule, ...]
    access: tuple[Need, ...]
    confidence: Confidence

    @model_validator(mode="after")
    def _tables_always_match(self) -> Self:
        for name, table in (("type", self.type), ("category", self.category), ("risk", self.risk)):
            last = table[-1]
            if not set(last.all) <= {"listed"} or last.any or last.none or last.at_least or last.below or last.greater:
                raise ValueError(f"the last row of {name}, {last.value!r}, has a condition: it must fit every listing")
        return self
