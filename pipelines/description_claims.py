"""What a listing's description states plainly: its limits, and a few abilities. All else in it is advertising."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from functools import cached_property, lru_cache
from typing import Final, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from pipelines.card_rules import NOTHING, ClaimKind, Pattern
from pipelines.card_sentences import LONGEST_SENTENCE_CHARS, plain_text
from pipelines.first_look import Needs, may_hold, words_in, words_of
from pipelines.rule_tables import table_text
from pipelines.rulebook import rulebook, stated_limits
from pipelines.sentence_ends import sentence_spans
from pipelines.text import clean
from schemas.base import Frozen
from schemas.listing import Fact

TRUNCATION_MARKS = ("...", "…")
"""How OpenRouter ends a description that it has cut off (since 2026-04-07, at about 220 characters)."""


MARKUP: Final = re.compile(r"[*_`~\\\[\]!<>&\0]")
"""What a line of Markdown without is read as it stands."""


class LimitRule(Frozen):
    """How a limit is put into words."""

    mode: str
    """A failure mode of the catalogue, by the name that its fact gives it; "" for a plain limitation."""
    kind: ClaimKind
    affirms: bool
    """Whether a negation turns it round ("is logged"); what is a negation in itself ("not suitable") stands."""
    needs: Needs
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
    needs: Needs
    pattern: Pattern = Field(alias="patterns")

    def stated_in(self, clause: str, rules: "DescriptionRules") -> bool:
        """Whether a clause has its words, denies nothing and tells of no support that has ended."""
        cues = (rules.denied, rules.ended)
        return self.pattern.search(clause) is not None and not any(cue.search(clause) for cue in cues)


Row = LimitRule | AbilityRule


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
    limits: tuple[LimitRule, ...] = Field(alias="limit")
    abilities: tuple[AbilityRule, ...] = Field(alias="capability")

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
        unknown = {rule.mode for rule in self.limits} - {"", *stated_limits()}
        unknown |= {rule.name for rule in self.abilities} - {row.name for row in rulebook().capabilities.capability}
        if unknown:
            raise ValueError(f"rows name what no catalogue has: {unknown}")
        return self


Stated = ClaimKind | Literal["capability"]


class DescriptionClaim(NamedTuple):
    """One sentence that states a limit or an ability."""

    kind: Stated
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
    return DescriptionRules.model_validate(tomllib.loads(table_text("descriptions.toml")), strict=False)


def is_cut_off(description: str) -> bool:
    """Whether the source has cut a description off, so that its last sentence may say anything."""
    return description.rstrip().endswith(TRUNCATION_MARKS)


def description_facts(description: str, locator: str) -> list[Fact]:
    """What a description states, as facts: "limit:<mode>", "limit:plain-<start>" and "described:<capability>".

    A sentence that holds characters which may not stand in a passport is not quoted, and so states nothing.
    """
    return [_fact(claim, locator) for claim in mine(description) if clean(claim.quote) == claim.quote]


def _fact(claim: DescriptionClaim, locator: str) -> Fact:
    if claim.kind == "capability":
        return Fact(f"described:{claim.name}", True, locator, claim.quote, "pattern")
    name = f"limit:{claim.name or f'plain-{claim.start}'}"
    return Fact(name, claim.quote, locator, claim.quote, "pattern")


def mine(description: str) -> tuple[DescriptionClaim, ...]:
    """Read what a description states plainly, in its order; each limit and ability once. Never raises.

    The sentence in which it is cut off counts for nothing.
    """
    possible = _fitting(description_rules().rows, words_of(description))
    claims: dict[tuple[str, str | None], DescriptionClaim] = {}
    for start, end in _whole_sentences(description) if possible else ():
        quote = description[start:end]
        for kind, name in _stated(quote, possible):
            claims.setdefault((kind, name or f"plain at {start}"), DescriptionClaim(kind, name, quote, start, end))
    return tuple(claims.values())


def _whole_sentences(description: str) -> Iterator[tuple[int, int]]:
    whole = len(description.rstrip()) - is_cut_off(description)
    for start, end in sentence_spans(description):
        if end <= whole and end - start <= LONGEST_SENTENCE_CHARS:
            yield start, end


def _stated(quote: str, possible: list[Row]) -> list[tuple[Stated, str | None]]:
    """What a sentence states; nothing where it compares, asks or promises."""
    words, rules = words_of(quote), description_rules()
    if not (rows := _fitting(possible, words)):
        return []
    sentence = plain_text(quote) if MARKUP.search(quote) else " ".join(quote.split())
    rows = rows if words is not None else _fitting(rows, words_in(sentence))
    rows = [row for row in rows if isinstance(row, AbilityRule) or not row.unless.search(sentence)]
    found = [claim for clause in _clauses(sentence, rules) for claim in _of_clause(clause, rows, rules)] if rows else []
    return found if found and not rules.passed_over.search(sentence) else []


def _fitting(rows: Iterable[Row], words: AbstractSet[str] | None) -> list[Row]:
    return [row for row in rows if may_hold(words, row.needs)]


def _of_clause(clause: str, rows: list[Row], rules: DescriptionRules) -> list[tuple[Stated, str | None]]:
    """Every limit that a clause states, a plain one where none has a name; or else every ability."""
    stated = [row for row in rows if row.stated_in(clause, rules)]
    limits: list[tuple[Stated, str | None]] = [
        (row.kind, row.mode or None) for row in stated if isinstance(row, LimitRule)
    ]
    if limits:
        return [limit for limit in limits if limit[1]] or limits
    return [("capability", row.name) for row in stated if isinstance(row, AbilityRule)]


def _clauses(sentence: str, rules: DescriptionRules) -> Iterator[str]:
    """Cut a sentence where it turns: what is denied after "though" does not deny what stands before."""
    start = 0
    for turn in rules.contrast.finditer(sentence):
        yield sentence[start : turn.start()]
        start = turn.start() + 1
    yield sentence[start:]
