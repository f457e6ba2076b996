"""Reads capabilities.toml: which facts show which capability."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field, model_validator

from pipelines.rules.conditions import Condition
from schemas.base import Frozen

Intents = Annotated[tuple[str, ...], Field(min_length=3, max_length=6)]
"""Tasks that call for a capability or a purpose, in the words of somebody who has one."""

ROUTER = ("router",)
"""The kind that most capabilities leave out: what a router passes requests on to has them, and not the router."""


class CapabilityRule(Condition):
    """One row of the capability catalogue."""

    name: str
    categories: tuple[str, ...]
    task: str | None = None
    """Hugging Face task id, where one exists."""
    description: str
    intents: Intents
    best_for: tuple[str, ...]
    requires: tuple[str, ...]
    input_types: tuple[str, ...]
    output_types: tuple[str, ...]
    not_of: tuple[str, ...] = ROUTER
    """Kinds of models that do not have the capability, whatever else they state; their facts are among `none`."""
    limits: tuple[str, ...] = ()
    """Ids of class-level failure modes that every model with the capability has."""


class CapabilityTable(Frozen):
    """Contents of capabilities.toml."""

    version: str
    capability: tuple[CapabilityRule, ...]
    """A row with further conditions (`also`) becomes several rows, one for each condition."""
    kinds: dict[str, tuple[str, ...]]
    """Kind of model → facts of which one makes a model of that kind; see `CapabilityRule.not_of`."""
    not_a_capability: dict[str, str]
    """Fact → why it shows no capability."""
    not_derivable: dict[str, str]
    """Capability → why no fact can show it."""

    @model_validator(mode="before")
    @classmethod
    def _one_row_a_condition(cls, table: dict[str, Any]) -> dict[str, Any]:
        kinds = table.get("kinds", {})
        rows = (row for entry in table["capability"] for row in _rows_of(entry))
        return {**table, "capability": [_without_kinds(row, kinds) for row in rows]}


def _without_kinds(row: dict[str, Any], kinds: dict[str, list[str]]) -> dict[str, Any]:
    """Return the row with the facts of the kinds that do not have the capability among its `none`."""
    left_out = (fact for kind in row.get("not_of", ROUTER) for fact in kinds[kind])
    return {**row, "none": [*dict.fromkeys([*row.get("none", ()), *left_out])]}


def _rows_of(entry: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the row with its own condition, then with each of its further ones."""
    row = {key: value for key, value in entry.items() if key != "also"}
    plain = {key: value for key, value in row.items() if key not in Condition.model_fields}
    yield row
    yield from ({**plain, **condition} for condition in entry.get("also", ()))
