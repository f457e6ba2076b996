"""Reads descriptions.toml: the words by which descriptions state limits and abilities, as compiled patterns."""

import re
import tomllib
from functools import cached_property, lru_cache
from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from pipelines.rules.cards import NOTHING, ClaimKind, Pattern
from pipelines.rules.rulebook import rulebook, stated_limits
from pipelines.rules.tables import table_text
from schemas.base import Frozen


def _alternatives(rows: object) -> object:
    return tuple(frozenset(row.split("|")) for row in rows) if isinstance(rows, list) else rows


NeededWords = Annotated[tuple[frozenset[str], ...], BeforeValidator(_alternatives)]
"""Words in lower-case ASCII, to skip a rule early: every text that it matches has, of each entry ("tool|function"), at
least one whole word."""

Stated = ClaimKind | Literal["capability"]
"""What a sentence states."""


_SIGNS: Final = r"\W*(?P<subject>"
BEFORE_SUBJECT: Final = r"(?:\W*+|(?:\W*[,;:!?()])?)"
"""The signs before a subject: all of them; or, where the subject is signs alone ("- Is a router"), those up to the last
that no subject has. To go back over each of a thousand signs would take hundreds of times as long."""


def _of_subject(pattern: object) -> object:
    if not isinstance(pattern, str):
        return pattern
    signs, rest = (BEFORE_SUBJECT, pattern[len(r"\W*") :]) if pattern.startswith(_SIGNS) else ("", pattern)
    return re.compile(signs + rest, re.IGNORECASE)


class LimitRule(Frozen):
    """Words that state a limit."""

    mode: str
    """A failure mode of the catalogue, by its name in facts; "" for a plain limitation."""
    kind: ClaimKind
    affirms: bool
    """Whether a negation denies the words ("is logged"); words that are a negation themselves ("not suitable") stay."""
    needs: NeededWords
    pattern: Pattern = Field(alias="patterns")
    unless: Pattern = NOTHING
    """Words by which a sentence is about something else: another model, a parameter, a text that is examined."""

    def stated_in(self, clause: str, rules: "DescriptionRules") -> bool:
        """Whether a clause has the words of the limit and does not deny them."""
        found = self.pattern.search(clause)
        return found is not None and not (self.affirms and rules.denies(clause, found))


class AbilityRule(Frozen):
    """Words that state an ability."""

    name: str
    """Name of the capability in the catalogue."""
    needs: NeededWords
    pattern: Pattern = Field(alias="patterns")

    def stated_in(self, clause: str, rules: "DescriptionRules") -> bool:
        """Whether a clause has the words of the ability, denies nothing, and states no end of support."""
        cues = (rules.denied, rules.ended)
        return self.pattern.search(clause) is not None and not any(cue.search(clause) for cue in cues)


Row = LimitRule | AbilityRule


class KindRule(Frozen):
    """Words that state the kind of a model, where no field of a record does."""

    states: Stated
    name: str
    """Name of the capability, or of the failure mode in facts."""
    needs: NeededWords
    patterns: tuple[Annotated[re.Pattern[str], BeforeValidator(_of_subject)], ...]
    """Matched at the beginning of a sentence; the group `subject` must be the model's own name."""


class NameRule(Frozen):
    """Words of a model's name that state what it is."""

    states: Stated
    name: str
    """Name of the capability, or of the failure mode in facts."""
    pattern: Pattern = Field(alias="patterns")
    tasks: frozenset[str] = frozenset()
    """The Hub's tasks of repositories whose names count; empty where all do."""


class DescriptionRules(Frozen):
    """Contents of descriptions.toml."""

    version: str
    contrast: Pattern
    passed_over: Pattern
    denied: Pattern
    predicate: Pattern
    """Where another predicate begins: a denial before it does not apply to the words after it."""
    ended: Pattern
    """Support that has ended or is only planned, which is no ability."""
    named: Pattern = NOTHING
    """Beginning of a sentence that names another model."""
    limits: tuple[LimitRule, ...] = Field(alias="limit")
    abilities: tuple[AbilityRule, ...] = Field(alias="capability")
    kinds: tuple[KindRule, ...] = Field(alias="kind", default=())
    names: tuple[NameRule, ...] = Field(alias="name", default=())

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """All rows of limits and abilities, limits first."""
        return (*self.limits, *self.abilities)

    def denies(self, clause: str, found: re.Match[str]) -> bool:
        """Whether the words that were found contain a denial, or follow one in the same predicate."""
        begins = max((cut.end() for cut in self.predicate.finditer(clause, 0, found.start())), default=0)
        return self.denied.search(clause[begins : found.end()]) is not None

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        kinds = {(kind.states == "capability", kind.name) for kind in self.kinds}
        kinds |= {(rule.states == "capability", rule.name) for rule in self.names}
        modes = {rule.mode for rule in self.limits} | {name for able, name in kinds if not able}
        abilities = {rule.name for rule in self.abilities} | {name for able, name in kinds if able}
        unknown = modes - {"", *stated_limits()}
        unknown |= abilities - {row.name for row in rulebook().capabilities.capability}
        if unknown:
            raise ValueError(f"rows name capabilities or failure modes that no catalogue has: {unknown}")
        return self


@lru_cache(maxsize=1)
def description_rules() -> DescriptionRules:
    """Return the table, read once; raise pydantic.ValidationError that names the wrong row and field."""
    return DescriptionRules.model_validate(tomllib.loads(table_text("descriptions.toml")), strict=False)
