"""Reads capabilities.toml: which facts show which capability."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field, model_validator

from pipelines.rules.conditions import Condition
from schemas.base import Frozen

Intents = Annotated[tuple[str, ...], Field(min_length=3, max_length=6)]
"""Tasks that call for a capability or a purpose, in the words of somebody who has one."""


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
    limits: tuple[str, ...] = ()
    """Ids of class-level failure modes that every model with the capability has."""


class CapabilityTable(Frozen):
    """Contents of capabilities.toml."""

    version: str
    capability: tuple[CapabilityRule, ...]
    """A row with further conditions (`also`) becomes several rows, one for each condition."""
    not_a_capability: dict[str, str]
    """Fact → why it shows no capability."""
    not_derivable: dict[str, str]
    """Capability → why no fact can show it."""

    @model_validator(mode="before")
    @classmethod
    def _one_row_a_condition(cls, table: dict[str, Any]) -> dict[str, Any]:
        return {**table, "capability": [row for entry in table["capability"] for row in _rows_of(entry)]}


def _rows_of(entry: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the row with its own condition, then with each of its further ones."""
    row = {key: value for key, value in entry.items() if key != "also"}
    plain = {key: value for key, value in row.items() if key not in Condition.model_fields}
    yield row
    yield from ({**plain, **condition} for condition in entry.get("also", ()))
