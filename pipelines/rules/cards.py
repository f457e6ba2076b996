"""The table of what model cards say and how: read once and checked; patterns are compiled as they are read."""

import re
import tomllib
from functools import lru_cache
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from pipelines.rules.rulebook import stated_limits
from pipelines.rules.tables import table_text
from schemas.base import Frozen

SectionKind = Literal[
    "limitation", "bias", "risk", "out_of_scope", "intended_use", "training_data", "evaluation", "other"
]
"""What a section is about, by its heading."""

ClaimKind = Literal["limitation", "bias", "risk", "out_of_scope"]
"""What a sentence states."""

CLAIMING: tuple[ClaimKind, ...] = ("limitation", "bias", "risk", "out_of_scope")
"""Kinds of sections whose sentences are claims unless something speaks against it."""


def _compiled(alternatives: object) -> object:
    """Join a list of expressions to one that matches any of them, in any case."""
    if isinstance(alternatives, list):
        return re.compile("|".join(f"(?:{one})" for one in alternatives) or r"(?!)", re.IGNORECASE)
    return alternatives


Pattern = Annotated[re.Pattern[str], BeforeValidator(_compiled)]
NOTHING: re.Pattern[str] = re.compile(r"(?!)")


def _split(words: object) -> object:
    return frozenset(words.split()) if isinstance(words, str) else words


Words = Annotated[frozenset[str], BeforeValidator(_split)]


class HeadingRule(Frozen):
    """Words of a heading that announce what its section is about; the first row that fits counts."""

    kind: SectionKind
    pattern: Pattern = Field(alias="patterns")


class Wording(Frozen):
    """How a failure mode is put into words; the first row that fits counts."""

    mode: str
    """A failure mode of the catalogue, by the name that its fact gives it."""
    kind: ClaimKind
    pattern: Pattern = Field(alias="patterns")
    """Counts in sections that are about limits."""
    anywhere: Pattern = NOTHING
    """Counts in every section: plain enough to need no heading."""


class Cues(Frozen):
    """Words by which a sentence is taken for a claim or passed over."""

    weakness: Pattern
    """A section's sentence without any such word describes, and is no claim."""
    plain: Pattern
    """Counts in every section as a plain limitation."""
    concession: Pattern
    """"despite efforts to reduce bias,": taken out before `denial` is looked for."""
    double_negation: Pattern
    """"not free of bias": likewise."""
    denial: Pattern
    """"does not hallucinate", "less biased": the opposite of a claim."""
    advice: Pattern
    """What somebody should do; it states no weakness."""
    imperative: Pattern
    """Advice that in a list of uses would be one of them ("Use in …")."""
    preface: Pattern
    """"Users should be aware that": it is taken out before the rest is read."""
    reference: Pattern
    """Where to read more."""
    others: Pattern
    """About other models, and about things that are no model."""
    named: Pattern
    """About a model by its `name` and `number`: another one, unless the card has that name for its own."""
    comparison: Pattern
    """The part of a sentence that compares ("unlike …,"): it is taken out before the rest is read."""
    praise: Pattern
    """Out of sections about limits, a sentence with such a word is passed over."""
    intention: Pattern
    """What it is for; in a section about limits it is a claim only where it also says "not" or "only"."""
    negation: Pattern
    licence: Pattern
    """Terms of the licence, and disclaimers of liability."""
    uses: Pattern
    """A line that leads in a list of uses that are in scope."""
    misuses: Pattern
    """A line that leads in a list of uses that are not."""
    limits: Pattern
    """A line that leads in a list of limits."""
    denying: Pattern
    """A line that leads in a list and denies it, verb by verb."""
    foreign_denial: Pattern
    """`denial` in other languages."""
    foreign_label: Pattern
    """A label with its value ("Lizenz: MIT"): no sentence."""
    continuation: Pattern
    """Says more of the claim before it, in the same passage."""
    column: Pattern = NOTHING
    """Heading of a table's column that states no limits, whatever the section is about."""
    finite: Pattern = NOTHING
    """A verb or a denial, which makes words without a full stop a sentence."""
    boilerplate: Pattern
    """Templates' words that nobody filled in or that stand on every card."""


class CardRules(Frozen):
    """cards.toml."""

    version: str
    english: Words
    """Small words that English cannot do without."""
    foreign: Words
    """Those of other languages in the Latin script."""
    abbreviations: Words
    headings: tuple[HeadingRule, ...] = Field(alias="heading")
    wordings: tuple[Wording, ...] = Field(alias="wording")
    cues: Cues

    @model_validator(mode="after")
    def _modes_are_known(self) -> Self:
        if unknown := {wording.mode for wording in self.wordings} - stated_limits().keys():
            raise ValueError(f"wordings name failure modes that failure_modes.toml does not have: {unknown}")
        return self


@lru_cache(maxsize=1)
def card_rules() -> CardRules:
    """Read the table; raise pydantic.ValidationError naming the row and field that is wrong."""
    return CardRules.model_validate(tomllib.loads(table_text("cards.toml")), strict=False)
