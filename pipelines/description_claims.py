"""What a listing's description states plainly: its limits, and a few abilities. All else in it is advertising."""

import tomllib
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from typing import Literal, NamedTuple, Self

from pydantic import Field, model_validator

from pipelines.card_rules import CardFailureMode, ClaimKind, Pattern
from pipelines.card_sentences import plain_text
from pipelines.sentence_ends import sentence_spans
from schemas.base import Frozen


class LimitRule(Frozen):
    """How a limit is put into words."""

    mode: str
    """Id of a failure mode; "" for a plain limitation."""
    kind: ClaimKind
    pattern: Pattern = Field(alias="patterns")


class AbilityRule(Frozen):
    """How an ability is put into words."""

    name: str
    """Of the capability catalogue."""
    pattern: Pattern = Field(alias="patterns")


class DescriptionRules(Frozen):
    """descriptions.toml."""

    version: str
    catalogue: tuple[str, ...]
    capabilities: tuple[str, ...]
    contrast: Pattern
    passed_over: Pattern
    denied: Pattern
    modes: tuple[CardFailureMode, ...] = Field(alias="failure_mode")
    limits: tuple[LimitRule, ...] = Field(alias="limit")
    abilities: tuple[AbilityRule, ...] = Field(alias="capability")

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        modes = {"", *self.catalogue, *(mode.id for mode in self.modes)}
        unknown = {rule.mode for rule in self.limits} - modes
        unknown |= {rule.name for rule in self.abilities} - set(self.capabilities)
        if unknown:
            raise ValueError(f"rows name what no table has: {unknown}")
        return self


class DescriptionClaim(NamedTuple):
    """One sentence that states a limit or an ability."""

    kind: ClaimKind | Literal["capability"]
    name: str | None
    """Id of the failure mode, None for a plain limitation; the capability's name for a capability."""
    quote: str
    """description[start:end]."""
    start: int
    """First character in the description as stored."""
    end: int
    """The character after its last."""


@lru_cache(maxsize=1)
def description_rules() -> DescriptionRules:
    """Read the table; raise pydantic.ValidationError naming the row and field that is wrong."""
    text = resources.files("pipelines").joinpath("rules", "descriptions.toml").read_text(encoding="utf-8")
    return DescriptionRules.model_validate(tomllib.loads(text), strict=False)


def mine(description: str) -> tuple[DescriptionClaim, ...]:
    """Read what a description states plainly, in its order; each limit and ability once. Never raises."""
    claims: dict[tuple[str, str | None], DescriptionClaim] = {}
    for start, end in sentence_spans(description):
        for kind, name in _stated(plain_text(description[start:end])):
            key = (kind, name or f"plain at {start}")
            claims.setdefault(key, DescriptionClaim(kind, name, description[start:end], start, end))
    return tuple(claims.values())


def _stated(sentence: str) -> Iterator[tuple[ClaimKind | Literal["capability"], str | None]]:
    rules = description_rules()
    if rules.passed_over.search(sentence):
        return
    for clause in _clauses(sentence, rules):
        limit = next((rule for rule in rules.limits if rule.pattern.search(clause)), None)
        if limit:
            yield limit.kind, limit.mode or None
        elif not rules.denied.search(clause):
            yield from (("capability", rule.name) for rule in rules.abilities if rule.pattern.search(clause))


def _clauses(sentence: str, rules: DescriptionRules) -> Iterator[str]:
    """Cut a sentence where it turns: what is denied after "though" does not deny what stands before."""
    start = 0
    for turn in rules.contrast.finditer(sentence):
        yield sentence[start : turn.start()]
        start = turn.start() + 1
    yield sentence[start:]
