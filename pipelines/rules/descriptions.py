"""The table of what descriptions say and how: read once and checked; patterns are compiled as they are read."""

import re
import tomllib
from functools import cached_property, lru_cache
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from pipelines.rules.cards import NOTHING, ClaimKind, Pattern
from pipelines.rules.rulebook import rulebook, stated_limits
from pipelines.rules.tables import table_text
from schemas.base import Frozen


def _alternatives(rows: object) -> object:
    return tuple(frozenset(row.split("|")) for row in rows) if isinstance(rows, list) else rows


NeededWords = Annotated[tuple[frozenset[str], ...], BeforeValidator(_alternatives)]
"""Words of plain small letters: of each entry ("tool|function") one stands, whole, in every text that a rule fits."""

Stated = ClaimKind | Literal["capability"]
"""What a sentence states."""


def _of_subject(pattern: object) -> object:
    return re.compile(pattern, re.IGNORECASE) if isinstance(pattern, str) else pattern


class LimitRule(Frozen):
    """How a limit is put into words."""

    mode: str
    """A failure mode of the catalogue, by the name that its fact gives it; "" for a plain limitation."""
    kind: ClaimKind
    affirms: bool
    """Whether a negation turns it round ("is logged"); what is a negation in itself ("not suitable") stands."""
    needs: NeededWords
    pattern: Pattern = Field(alias="patterns")
    unless: Pattern = NOTHING
    """A sentence with such words speaks of something else: another model, a parameter, a text that is looked at."""

    def stated_in(self, clause: str, rules: "DescriptionRules") -> bool:
        """Whether a clause has its words and does not deny them."""
        found = self.pattern.search(clause)
        return found is not None and not (self.affirms and rules.denies(clause, found))


class AbilityRule(Frozen):
    """How an ability is put into words."""

    name: str
    """Of the capability catalogue."""
    needs: NeededWords
    pattern: Pattern = Field(alias="patterns")

    def stated_in(self, clause: str, rules: "DescriptionRules") -> bool:
        """Whether a clause has its words, denies nothing and tells of no support that has ended."""
        cues = (rules.denied, rules.ended)
        return self.pattern.search(clause) is not None and not any(cue.search(clause) for cue in cues)


Row = LimitRule | AbilityRule


class KindRule(Frozen):
    """How a text puts that a model is of a kind which no field tells."""

    states: Stated
    name: str
    """Of the capability, or of the failure mode as its fact has it."""
    needs: NeededWords
    patterns: tuple[Annotated[re.Pattern[str], BeforeValidator(_of_subject)], ...]
    """From the beginning of a sentence on; `subject` is what must be the model's own name."""


class DescriptionRules(Frozen):
    """descriptions.toml."""

    version: str
    contrast: Pattern
    passed_over: Pattern
    denied: Pattern
    predicate: Pattern
    """Where another predicate begins; what is denied before it leaves the words after it as they are."""
    ended: Pattern
    """Support that there was or will be; it denies an ability."""
    named: Pattern = NOTHING
    """A sentence that begins with another model's name."""
    limits: tuple[LimitRule, ...] = Field(alias="limit")
    abilities: tuple[AbilityRule, ...] = Field(alias="capability")
    kinds: tuple[KindRule, ...] = Field(alias="kind", default=())

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """All rows, those of limits first."""
        return (*self.limits, *self.abilities)

    def denies(self, clause: str, found: re.Match[str]) -> bool:
        """Whether words are denied in themselves, or by what stands before them in the same predicate."""
        begins = max((cut.end() for cut in self.predicate.finditer(clause, 0, found.start())), default=0)
        return self.denied.search(clause[begins : found.end()]) is not None

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        kinds = {(kind.states == "capability", kind.name) for kind in self.kinds}
        modes = {rule.mode for rule in self.limits} | {name for able, name in kinds if not able}
        abilities = {rule.name for rule in self.abilities} | {name for able, name in kinds if able}
        unknown = modes - {"", *stated_limits()}
        unknown |= abilities - {row.name for row in rulebook().capabilities.capability}
        if unknown:
            raise ValueError(f"rows name what no catalogue has: {unknown}")
        return self


@lru_cache(maxsize=1)
def description_rules() -> DescriptionRules:
    """Read the table; raise pydantic.ValidationError naming the row and field that is wrong."""
    return DescriptionRules.model_validate(tomllib.loads(table_text("descriptions.toml")), strict=False)
