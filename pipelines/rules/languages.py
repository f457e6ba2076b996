"""Reads languages.toml: the words by which model cards in other languages than English state limits."""

import tomllib
from functools import lru_cache
from typing import Self

from pydantic import Field, model_validator

from pipelines.rules.cards import NOTHING, ClaimKind, HeadingRule, Pattern
from pipelines.rules.rulebook import stated_limits
from pipelines.rules.tables import table_text
from schemas.base import Frozen


class ForeignWording(Frozen):
    """Words that state a failure mode; the first row that matches applies."""

    mode: str
    kind: ClaimKind
    pattern: Pattern = Field(alias="patterns", default=NOTHING)
    """Words that count in sections about limits."""
    anywhere: Pattern = NOTHING
    """Words that count in every section."""


class ForeignPlain(Frozen):
    """Words that state a limit which no failure mode covers, in every section."""

    pattern: Pattern = Field(alias="patterns")


class ForeignCues(Frozen):
    """Words that speak against a claim."""

    liability: Pattern
    """Who is not liable for what."""
    pointer: Pattern
    """Where to read more."""
    neutral: Pattern
    """What the model is for, or how it was made: no claim without a `reservation`."""
    reservation: Pattern
    """"not", "only", "but"."""


class LanguageRules(Frozen):
    """Contents of languages.toml."""

    headings: tuple[HeadingRule, ...] = Field(alias="heading")
    wordings: tuple[ForeignWording, ...] = Field(alias="wording")
    plain: tuple[ForeignPlain, ...]
    cues: ForeignCues

    @model_validator(mode="after")
    def _modes_are_known(self) -> Self:
        if unknown := {wording.mode for wording in self.wordings} - stated_limits().keys():
            raise ValueError(f"wordings name failure modes that failure_modes.toml does not have: {unknown}")
        return self


@lru_cache(maxsize=1)
def language_rules() -> LanguageRules:
    """Return the table, read once; raise pydantic.ValidationError that names the wrong row and field."""
    return LanguageRules.model_validate(tomllib.loads(table_text("languages.toml")), strict=False)
