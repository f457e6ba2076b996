"""Reads failure_modes.toml: which facts show how a model fails, what to do, and which failures come first."""

import re
from collections import Counter
from typing import Self

from pydantic import Field, model_validator

from pipelines.rules.conditions import Condition
from schemas.base import Frozen

LIMIT = "limit:"
"""Group of facts by which a text states a failure mode: "limit:confabulation"."""

PLACE = re.compile(r"\{([a-z0-9_:-]+)\}")
"""A placeholder in a rule's sentence: a fact's name in braces. It becomes the value, or the text that states a
limit."""


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


class Rank(Frozen):
    """Failure modes that come together in the trust block, after those of the ranks before."""

    id: str
    why: str
    modes: tuple[str, ...]
    """Ids, in order."""
    sentences: bool = False
    """Whether sentences that no failure mode covers come at its end."""
    rest: bool = False
    """Whether class-level modes that no rank names come at its end."""


class MergedModes(Frozen):
    """Class-level modes that are one line in the trust block."""

    id: str
    text: str
    """The line, with {parts} for what the modes say of themselves."""
    shows: str
    remedy: str
    parts: dict[str, str] = Field(min_length=2)
    """Id → what it adds to the line."""


class FailureModeTable(Frozen):
    """Contents of failure_modes.toml."""

    version: str
    rank: tuple[Rank, ...]
    merged: tuple[MergedModes, ...] = ()
    failure_mode: tuple[FailureMode, ...]

    @model_validator(mode="after")
    def _twins_are_of_the_class(self) -> Self:
        general = {mode.id for mode in self.failure_mode if not mode.stated}
        for mode in self.failure_mode:
            if unknown := set(mode.same_as) - general:
                raise ValueError(f"failure mode {mode.id!r} is the same as no class-level one: {unknown}")
        for merged in self.merged:
            if unknown := set(merged.parts) - general:
                raise ValueError(f"the merged line {merged.id!r} is of no class-level failure mode: {unknown}")
        return self

    @model_validator(mode="after")
    def _each_has_one_rank(self) -> Self:
        named = Counter(one for rank in self.rank for one in rank.modes)
        known = {mode.id for mode in self.failure_mode}
        if wrong := {one for one, times in named.items() if times > 1 or one not in known}:
            raise ValueError(f"the ranks name twice, or without a row of theirs: {wrong}")
        if missing := {mode.id for mode in self.failure_mode if mode.stated} - named.keys():
            raise ValueError(f"no rank names the stated failure modes {missing}")
        if [sum(rank.sentences for rank in self.rank), sum(rank.rest for rank in self.rank)] != [1, 1]:
            raise ValueError("not exactly one rank takes the sentences, and one the rest")
        return self
