"""Reads purposes.toml: what models are made or used for, and the words by which texts state it."""

import re
import tomllib
from functools import cached_property, lru_cache
from typing import Annotated, NamedTuple, Self

from pydantic import BeforeValidator, Field, InstanceOf, StringConstraints, model_validator

from pipelines.formats.patterns import WordPattern
from pipelines.rules.capabilities import Intents
from pipelines.rules.cards import Pattern, Words
from pipelines.rules.tables import table_text
from schemas.base import Frozen
from schemas.passport.artifact import CapabilityCategory


def _ignoring_case(pattern: object) -> object:
    return re.compile(pattern, re.IGNORECASE) if isinstance(pattern, str) else pattern


OnePattern = Annotated[re.Pattern[str], BeforeValidator(_ignoring_case)]


def _by_its_letters(pattern: object) -> object:
    return WordPattern([pattern], re.IGNORECASE) if isinstance(pattern, str) else pattern


OneWordPattern = Annotated[InstanceOf[WordPattern], BeforeValidator(_by_its_letters)]
"""One expression, which is searched only in texts with letters that each of its matches has."""


class PurposeRule(Frozen):
    """One purpose of the closed vocabulary."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z]+(-[a-z]+)*$")]
    name: str
    category: CapabilityCategory
    description: str
    intents: Intents
    needs: tuple[str, ...]
    """Beginnings of words, in lower case, of which each text that states the purpose has one."""
    pattern: Pattern = Field(alias="words")
    named: OneWordPattern | None = None
    """Words of a model's name that state the purpose: "Coder"."""
    use_cases: tuple[str, ...] = ()
    """Categories of the source that stand for it: "programming" for the fact `use_case:programming`."""
    unless: tuple[str, ...] = ()
    """Ids of purposes beside which it is not claimed."""
    outputs: tuple[str, ...] = ()
    """What the model must output, at least one of them, where a record lists its outputs."""


class Frame(Frozen):
    """Words after which others count, or do not: one of `heads`, and right after it what `then` matches."""

    heads: Words
    then: OnePattern = re.compile("")
    plain: bool = False
    """Whether it counts in every section of a card."""
    compares: bool = False
    """Whether what follows is about another model."""
    kind: bool = False
    """Whether the words up to the next noun of `kind_ends` count: "is a coding model"."""


class Headed(NamedTuple):
    """What one word can begin."""

    ends: tuple[Frame, ...]
    frames: tuple[Frame, ...]


class Cue(Frozen):
    """Words by which people speak of tasks for some capabilities and purposes."""

    of: tuple[str, ...]
    """Names of capabilities and ids of purposes."""
    words: Words


class PurposeRules(Frozen):
    """Contents of purposes.toml."""

    version: str
    longest_tail: int
    """Most characters after a frame in which words count."""
    contrast: Pattern
    """Where a clause ends."""
    kind_ends: OneWordPattern
    denied: Pattern
    parts: Pattern
    """Words right before a frame by which it speaks of a part of the model, or of something beside it."""
    listed_not_of: tuple[str, ...]
    """Kinds of models (`CapabilityTable.kinds`) of which a category of the source states no purpose."""
    subject: OnePattern
    """Beginning of a sentence of a card that is about the model itself."""
    not_of: tuple[str, ...]
    """Facts of listings whose texts speak of other models."""
    frames: tuple[Frame, ...] = Field(alias="frame")
    ends: tuple[Frame, ...] = Field(alias="end")
    purposes: tuple[PurposeRule, ...] = Field(alias="purpose")
    cues: tuple[Cue, ...] = Field(alias="cue")
    not_a_purpose: dict[str, str]
    """Category of the source → why it is no purpose."""

    @cached_property
    def by_beginning(self) -> dict[str, tuple[int, ...]]:
        """Beginning of words → the places of the purposes that need a word that begins so."""
        return {
            needed: tuple(place for place, rule in enumerate(self.purposes) if needed in rule.needs)
            for needed in {needed for rule in self.purposes for needed in rule.needs}
        }

    @cached_property
    def by_head(self) -> dict[str, Headed]:
        """Word → the ends and the frames that it can begin."""
        heads = {head for frame in (*self.ends, *self.frames) for head in frame.heads}
        return {head: Headed(_begun(self.ends, head), _begun(self.frames, head)) for head in heads}

    @model_validator(mode="after")
    def _ids_and_use_cases_differ(self) -> Self:
        ids = [rule.id for rule in self.purposes]
        cases = [*self.not_a_purpose, *(case for rule in self.purposes for case in rule.use_cases)]
        if twice := {one for one in (*ids, *cases) if ids.count(one) > 1 or cases.count(one) > 1}:
            raise ValueError(f"an id or a use case is there twice: {twice}")
        return self


def _begun(frames: tuple[Frame, ...], head: str) -> tuple[Frame, ...]:
    return tuple(frame for frame in frames if head in frame.heads)


@lru_cache(maxsize=1)
def purpose_rules() -> PurposeRules:
    """Return the table, read once; raise pydantic.ValidationError that names the wrong row and field."""
    return PurposeRules.model_validate(tomllib.loads(table_text("purposes.toml")), strict=False)
