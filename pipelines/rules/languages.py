"""Reads languages.toml: the words by which model cards in other languages than English state limits."""

import tomllib
from functools import lru_cache

from pydantic import Field

from pipelines.rules.cards import NOTHING, ClaimKind, HeadingRule, Pattern, StatedMode
from pipelines.rules.tables import table_text
from schemas.base import Frozen


class ForeignWording(Frozen):
    """Words that state a failure mode; the first row that matches applies."""

    mode: StatedMode
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


@lru_cache(maxsize=1)
def language_rules() -> LanguageRules:
    """Return the table, read once; raise pydantic.ValidationError that names the wrong row and field."""
    return LanguageRules.model_validate(tomllib.loads(table_text("languages.toml")), strict=False)
