"""Reads issuing.toml: type, category, risk, access and confidence of a passport."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple, Self

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

    comparison: str = ""
    """What the claims were compared with, as a passport names it."""
    pooled: Measure | None = None
    """Of all capabilities that the group shows, counted together; None where each was counted."""
    measured: dict[str, Measure] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_what_it_was_compared_with(self) -> Self:
        if (self.pooled or self.measured) and not self.comparison:
            raise ValueError("has counts and no comparison: name what the claims were compared with")
        return self

    def of(self, capability: str) -> "Certainty | None":
        """The measured certainty of a capability; None where no claim of it was compared."""
        return _measured(self.pooled or self.measured.get(capability), self.comparison)


class Certainty(NamedTuple):
    """How certain a claim is, and what that rests on."""

    figure: float | None
    """0 to 1; None where nothing was compared."""
    basis: str
    """"stated", or the comparison with its counts."""


STATED = Certainty(None, "stated")
"""A claim that a source states, of a kind of which none was compared with anything."""


def _measured(measure: Measure | None, comparison: str) -> Certainty | None:
    return Certainty(measure.figure, counted(measure, comparison)) if measure else None


def counted(measure: Measure, comparison: str) -> str:
    """Name a comparison with its counts: "156 of 157 such claims confirmed by …"."""
    return f"{measure.confirmed} of {measure.compared} such claims confirmed by {comparison}"


class Denied(Measure):
    """How often a claim that a catalogue denies was stated by a third source all the same."""

    comparison: str


class Confidence(Frozen):
    """How often a claim of each capability was confirmed by those who make the models."""

    comparison: str
    """What the claims of a listing's fields were compared with, as a passport names it."""
    measured: dict[str, Measure] = Field(min_length=1)
    method: dict[str, Method] = Field(default_factory=dict)
    """Group of facts → how often they were right."""
    denied: Denied

    def of(
        self, capability: str, shown_by: AbstractSet[str] = frozenset(), *, denied_by: Sequence[str] = ()
    ) -> Certainty:
        """Certainty of one capability: its own, or the lowest of the groups of facts that show it.

        `shown_by` are groups of facts (or single facts). The groups' figures apply where `method` has every one of
        them: otherwise something better, such as a listing's own field, shows the capability too. Where nothing was
        compared, there is no figure. `denied_by` are sources that deny the claim for this very model: the figure is
        then multiplied by that of denied claims, or is that one where there is no other.
        """
        certainty = self._undisputed(capability, shown_by)
        if not denied_by:
            return certainty
        figure = self.denied.figure if certainty.figure is None else round(certainty.figure * self.denied.figure, 2)
        counts = (
            f"{self.denied.confirmed} of {self.denied.compared} denied claims confirmed by {self.denied.comparison}"
        )
        return Certainty(figure, f"{certainty.basis}; denied by {', '.join(denied_by)}, and {counts}")

    def _undisputed(self, capability: str, shown_by: AbstractSet[str]) -> Certainty:
        own = _measured(self.measured.get(capability), self.comparison)
        if not (shown_by and shown_by <= self.method.keys()):
            return own or STATED
        heard = [self.method[group].of(capability) for group in sorted(shown_by)]
        if any(self.method[group].pooled for group in shown_by):  # no more certain than a field that states it
            heard.append(own)
        known = [one for one in heard if one]
        return STATED if len(known) < len(heard) else min(known, key=lambda one: one.figure or 0)


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
