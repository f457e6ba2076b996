"""Reads failure_modes.toml: which facts show how a model fails, and what to do."""

from typing import Self

from pydantic import model_validator

from pipelines.rules.conditions import Condition
from schemas.base import Frozen

LIMIT = "limit:"
"""Group of facts by which a text states a failure mode: "limit:confabulation"."""


class FailureMode(Condition):
    """One row of the failure-mode catalogue."""

    id: str
    stated: bool
    """Whether facts of a source show it; one of class level is true of a kind of thing and stated by no source."""
    text: str
    """Sentence of the passport, with names of facts in braces."""
    taxonomy: tuple[str, ...]
    shows: str
    """How a user notices it."""
    remedy: str
    """What a user can do."""
    same_as: tuple[str, ...] = ()
    """Ids of class-level modes with the same meaning, which are left out where this one is stated."""


class FailureModeTable(Frozen):
    """Contents of failure_modes.toml."""

    version: str
    failure_mode: tuple[FailureMode, ...]

    @model_validator(mode="after")
    def _twins_are_of_the_class(self) -> Self:
        general = {mode.id for mode in self.failure_mode if not mode.stated}
        for mode in self.failure_mode:
            if unknown := set(mode.same_as) - general:
                raise ValueError(f"failure mode {mode.id!r} is the same as no class-level one: {unknown}")
        return self
