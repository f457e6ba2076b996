"""The rules, read once from their tables and checked: what a table holds and does not know is refused."""

import hashlib
import tomllib
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Any, Self

from pydantic import Field, model_validator

from pipelines.conditions import Condition
from pipelines.rule_tables import RulesError, give, rules_document, table_text
from schemas.base import Frozen

PARSED = ("capabilities.toml", "failure_modes.toml", "issuing.toml")
"""Tables that are read here; the others are where they are used."""

LIMIT = "limit:"
"""Group of facts by which a text states a failure mode: "limit:confabulation"."""


class CapabilityRule(Condition):
    """One row of the capability catalogue."""

    name: str
    categories: tuple[str, ...]
    task: str | None = None
    """Hugging Face task id, where one exists."""
    description: str
    intents: tuple[str, ...]
    best_for: tuple[str, ...]
    requires: tuple[str, ...]
    input_types: tuple[str, ...]
    output_types: tuple[str, ...]
    limits: tuple[str, ...] = ()
    """Class-level failure modes that come with it."""


class FailureMode(Condition):
    """One row of the failure-mode catalogue."""

    id: str
    stated: bool
    text: str
    taxonomy: tuple[str, ...]
    shows: str
    remedy: str
    same_as: tuple[str, ...] = ()
    """Class-level modes that say the same: where this one is stated, those are left out."""


class Need(Condition):
    """What a caller needs to have the model at all, wherever it is offered so."""

    need: str


class Choice(Condition):
    """One row of a first-match table."""

    value: str


class RiskRule(Choice):
    """One row of the risk table, with the reason that the passport gives."""

    id: str
    reason: str


class CapabilityTable(Frozen):
    """capabilities.toml."""

    version: str
    capability: tuple[CapabilityRule, ...]
    """A row with further conditions (`also`) is as many rows, each with one of them."""
    not_a_capability: dict[str, str]
    """Fact → why it makes no capability."""
    not_derivable: dict[str, str]
    """Ability → why no fact can show it."""

    @model_validator(mode="before")
    @classmethod
    def _one_row_a_condition(cls, table: dict[str, Any]) -> dict[str, Any]:
        return {**table, "capability": [row for told in table["capability"] for row in _rows_of(told)]}


def _rows_of(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The row with its own condition, then with each of the others."""
    row = {key: value for key, value in told.items() if key != "also"}
    plain = {key: value for key, value in row.items() if key not in Condition.model_fields}
    yield row
    yield from ({**plain, **condition} for condition in told.get("also", ()))


class FailureModeTable(Frozen):
    """failure_modes.toml."""

    version: str
    failure_mode: tuple[FailureMode, ...]

    @model_validator(mode="after")
    def _twins_are_of_the_class(self) -> Self:
        general = {mode.id for mode in self.failure_mode if not mode.stated}
        for mode in self.failure_mode:
            if unknown := set(mode.same_as) - general:
                raise ValueError(f"failure mode {mode.id!r} is the same as no class-level one: {unknown}")
        return self


def posterior_mean(confirmed: int, compared: int) -> float:
    """Mean of the share of true claims, from a uniform prior, with two decimals."""
    return round((confirmed + 1) / (compared + 2), 2)


class Measure(Frozen):
    """How many claims others confirmed, of those that they spoke of."""

    confirmed: int = Field(ge=0)
    compared: int = Field(ge=1)
    figure: float

    @model_validator(mode="after")
    def _figure_is_what_the_counts_give(self) -> Self:
        if self.confirmed > self.compared or self.figure != posterior_mean(self.confirmed, self.compared):
            raise ValueError(f"{self.confirmed} of {self.compared} do not give the figure {self.figure}")
        return self


class Method(Frozen):
    """How often what a group of facts shows was right, where it is less certain than a listing's own fields."""

    pooled: Measure | None = None
    """Of all that the group shows together, where that was counted."""
    measured: dict[str, Measure] = Field(default_factory=dict)


class Confidence(Frozen):
    """How often a claim of each capability was confirmed by those who make the models."""

    unmeasured: float
    """Of a capability that nobody speaks of: the least that was measured of any."""
    measured: dict[str, Measure] = Field(min_length=1)
    method: dict[str, Method] = Field(default_factory=dict)
    """Group of facts → how far to trust what they show."""

    @model_validator(mode="after")
    def _what_nobody_measured_is_held_least_certain(self) -> Self:
        least = min(measure.figure for measure in self.measured.values())
        if self.unmeasured != least:
            raise ValueError(f"unmeasured is {self.unmeasured} and not the least measured figure, {least}")
        return self

    def of(self, capability: str, shown_by: AbstractSet[str] = frozenset()) -> float:
        """Confidence of one capability, by its own figure; or the least of its groups' figures.

        `shown_by` are groups of facts (or single ones); where `method` has each of them, nothing better shows it.
        """
        if shown_by and shown_by <= self.method.keys():
            return min(self._heard(self.method[group], capability) for group in shown_by)
        return self._figure(self.measured, capability)

    def _heard(self, method: Method, capability: str) -> float:
        if method.pooled:  # no more certain than a field that says the same
            return min(method.pooled.figure, self._figure(self.measured, capability))
        return self._figure(method.measured, capability)

    def _figure(self, measured: dict[str, Measure], capability: str) -> float:
        return measured[capability].figure if capability in measured else self.unmeasured


class IssuingTable(Frozen):
    """issuing.toml."""

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


class Rulebook(Frozen):
    """All tables, and the digest that pins them."""

    capabilities: CapabilityTable
    failure_modes: FailureModeTable
    issuing: IssuingTable
    sha256: str
    """SHA-256 of `rules_document()`."""

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        known = {mode.id for mode in self.failure_modes.failure_mode if not mode.stated}
        for capability in self.capabilities.capability:
            if unknown := set(capability.limits) - known:
                raise ValueError(f"capability {capability.name!r} names no class-level failure mode: {unknown}")
        return self


def rule_at(locator: str) -> FailureMode | RiskRule | None:
    """The rule that evidence of method "class" points to ("/failure_modes/confabulation"), None where there is none."""
    return _rules_by_place().get(locator)


@lru_cache(maxsize=1)
def _rules_by_place() -> dict[str, FailureMode | RiskRule]:
    book = rulebook()
    modes = {f"/failure_modes/{mode.id}": mode for mode in book.failure_modes.failure_mode if not mode.stated}
    return modes | {f"/risk/{risk.id}": risk for risk in book.issuing.risk}


@lru_cache(maxsize=1)
def stated_limits() -> dict[str, FailureMode]:
    """Failure modes that a text can state, by the name that its fact gives them: "confabulation"."""
    modes = (mode for mode in rulebook().failure_modes.failure_mode if mode.stated)
    return {
        name.removeprefix(LIMIT): mode for mode in modes for name in (*mode.all, *mode.any) if name.startswith(LIMIT)
    }


def use_rules(document: bytes) -> None:
    """Let this process work by other rules, given as `rules_document` writes them.

    Raises RulesError for rules that this version cannot read, and where rules have been read before.
    """
    give(document)
    try:
        rulebook()
    except (ValueError, KeyError) as error:
        raise RulesError(f"the rules cannot be read by this version: {error}") from error


@lru_cache(maxsize=1)
def rulebook() -> Rulebook:
    """Read the tables; raise pydantic.ValidationError naming the row and field that is wrong."""
    tables = {name.removesuffix(".toml"): tomllib.loads(table_text(name)) for name in PARSED}
    sha256 = hashlib.sha256(rules_document()).hexdigest()
    return Rulebook.model_validate({**tables, "sha256": sha256}, strict=False)
