"""Reads cards.toml: the words by which model cards state limits, as compiled patterns."""

import re
import tomllib
from functools import cached_property, lru_cache
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, InstanceOf

from pipelines.formats.patterns import NEVER, PatternRows, WordPattern
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
"""Kinds of sections about limits, whose sentences are claims unless a cue speaks against it."""


def _compiled(alternatives: object) -> object:
    """Return one pattern that matches any of a list of expressions, ignoring case."""
    if isinstance(alternatives, list):
        return WordPattern(alternatives or [NEVER], re.IGNORECASE)
    return alternatives


Pattern = Annotated[InstanceOf[WordPattern], BeforeValidator(_compiled)]
NOTHING = WordPattern([NEVER])


def _split(words: object) -> object:
    return frozenset(words.split()) if isinstance(words, str) else words


Words = Annotated[frozenset[str], BeforeValidator(_split)]


class HeadingRule(Frozen):
    """Words of a heading that announce what its section is about; the first row that matches applies."""

    kind: SectionKind
    accepts: bool = False
    """Whether its sentences are claims unless a cue speaks against it; elsewhere they need a word of weakness too."""
    mixed: bool = False
    """Whether it announces uses as well ("Intended uses & limitations"), so that a plain sentence may state one."""
    pattern: Pattern = Field(alias="patterns")


def _known_mode(mode: str) -> str:
    if mode not in stated_limits():
        raise ValueError(f"names the failure mode {mode!r}, which failure_modes.toml does not have")
    return mode


StatedMode = Annotated[str, AfterValidator(_known_mode)]
"""Name of a failure mode of the catalogue that texts can state."""


class Wording(Frozen):
    """Words that state a failure mode; the first row that matches applies."""

    mode: StatedMode
    """A failure mode of the catalogue, by its name in facts: "confabulation" for "limit:confabulation"."""
    kind: ClaimKind
    pattern: Pattern = Field(alias="patterns")
    """Words that count in sections about limits."""
    anywhere: Pattern = NOTHING
    """Words that count in every section, because they are plain enough without a heading."""


class Cues(Frozen):
    """Words by which a sentence counts as a claim or is skipped."""

    weakness: Pattern
    """Words of weakness; a sentence without one, in a section about limits, only describes and is no claim."""
    plain: Pattern
    """Words that state a plain limitation, in every section."""
    concession: Pattern
    """"despite efforts to reduce bias,": removed before `denial` is searched."""
    double_negation: Pattern
    """"not free of bias": likewise."""
    denial: Pattern
    """"does not hallucinate", "less biased": the opposite of a claim."""
    advice: Pattern
    """What somebody should do, which states no weakness."""
    imperative: Pattern
    """Advice too, except in sections of uses out of scope, where "Use in …" is such a use."""
    preface: Pattern
    """"Users should be aware that": removed before the rest is read."""
    reference: Pattern
    """Where to read more, which states no weakness."""
    others: Pattern
    """Words about other models, or about things that are not models."""
    named: Pattern
    """A model's `name` and `number`: another model, unless the card calls its own so."""
    comparison: Pattern
    """The part of a sentence that compares ("unlike …,"): removed before the rest is read."""
    praise: Pattern
    """Words of praise: outside sections about limits, a sentence with one is skipped."""
    unpraised: Pattern = NOTHING
    """Praise that is denied ("not state of the art"): removed before `praise` is searched."""
    turn: Pattern = NOTHING
    """Words after which a sentence may state the opposite: "You can use Swedish, but do not expect accuracy"."""
    intention: Pattern
    """What the model is for; in a section about limits, a claim only with a `negation`, as "not" or "only"."""
    negation: Pattern
    task: Pattern = NOTHING
    """What one does with a model: under a heading about uses and limits, a use without a `reservation`."""
    licence: Pattern
    """Terms of the licence."""
    liability: Pattern = NOTHING
    """Who is not liable for what."""
    tested: Pattern = NOTHING
    """How bias and risks were tested, which states none."""
    announcing: Pattern = NOTHING
    """A line that announces what follows it: of the lines that end in a colon, the others may state a limit."""
    labels: Pattern = NOTHING
    """A `label` before a colon or dash that announces what its sentence states: "Warning: …"."""
    neutral: Pattern = NOTHING
    """What the model is, how it was made, or what comes later: no claim without weakness or a `reservation`."""
    reservation: Pattern = NOTHING
    """"only", "mostly", "some"."""
    uses: Pattern
    """A line that introduces a list of uses in scope."""
    misuses: Pattern
    """A line that introduces a list of uses out of scope."""
    limits: Pattern
    """A line that introduces a list of limits."""
    denying: Pattern
    """A line that introduces a list of verbs and denies each of them: "It does not:"."""
    foreign_denial: Pattern
    """`denial` in other languages."""
    foreign_label: Pattern
    """A label with its value ("Lizenz: MIT"), which is no sentence."""
    continuation: Pattern
    """Words that add to the claim before, in the same passage."""
    addition: Pattern = NOTHING
    """Words that add to the claim before, in the same passage or the one before it."""
    column: Pattern = NOTHING
    """Heading of a table's column that states no limits, whatever the section is about."""
    finite: Pattern = NOTHING
    """A verb or a denial, which makes words without a full stop a sentence."""
    boilerplate: Pattern
    """Words of a template that nobody filled in, or that are on every card."""


def _each_compiled(patterns: object) -> object:
    return tuple(WordPattern([one], re.IGNORECASE) for one in patterns) if isinstance(patterns, list) else patterns


class StatementRule(Frozen):
    """Words by which a card states one fact of how its model was made or what it takes."""

    fact: str
    """Name of the fact; "base_model:finetune" and "training_data" are groups, whose items are the values."""
    needs: str
    """A part of every sentence that the patterns match, in lower case, to skip the others."""
    patterns: Annotated[tuple[InstanceOf[WordPattern], ...], BeforeValidator(_each_compiled)]
    """Expressions with a group `value`, and `unit` where the value has one."""


class CardRules(Frozen):
    """Contents of cards.toml."""

    version: str
    english: Words
    """Small words that almost every English text has."""
    foreign: Words
    """Small words of other languages in the Latin script."""
    abbreviations: Words
    beginnings: Words
    """Small words that begin a sentence where its writer uses no capitals."""
    telling: Words
    """Words of which a sentence outside sections about limits has at least one if it states a limit."""
    headings: tuple[HeadingRule, ...] = Field(alias="heading")
    wordings: tuple[Wording, ...] = Field(alias="wording")
    cues: Cues
    statements: tuple[StatementRule, ...] = Field(alias="statement", default=())

    @cached_property
    def anywhere(self) -> PatternRows[Wording]:
        """The wordings by what counts in every section."""
        return PatternRows((row, (row.anywhere,)) for row in self.wordings)

    @cached_property
    def in_section(self) -> PatternRows[Wording]:
        """The wordings by what counts in sections about limits."""
        return PatternRows((row, (row.pattern, row.anywhere)) for row in self.wordings)


@lru_cache(maxsize=1)
def card_rules() -> CardRules:
    """Return the table, read once; raise pydantic.ValidationError that names the wrong row and field."""
    return CardRules.model_validate(tomllib.loads(table_text("cards.toml")), strict=False)
