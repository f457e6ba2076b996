"""Finds what a listing's description states plainly: limits, and a few abilities. The rest of it is advertising."""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import TypeVar

from pipelines.formats.text import clean
from pipelines.markdown.inline import plain_text
from pipelines.markdown.sentence_splitter import sentence_spans
from pipelines.markdown.sentences import LONGEST_SENTENCE_CHARS
from pipelines.rules.descriptions import (
    AbilityRule,
    DescriptionRules,
    KindRule,
    LimitRule,
    Row,
    Stated,
    description_rules,
)
from pipelines.texts.prefilter import RuleIndex, may_match, possible_words, words_in
from pipelines.texts.rulings import TextClaim
from pipelines.texts.subjects import NO_NAMES, Names, in_own_name, is_own
from schemas.listing import Fact

TRUNCATION_MARKS = ("...", "…")
"""Ends of descriptions that OpenRouter has cut off (since 2026-04-07, at about 220 characters)."""


def is_cut_off(description: str) -> bool:
    """Whether the source has cut a description off, so that its last sentence may lack words."""
    return description.rstrip().endswith(TRUNCATION_MARKS)


def description_facts(description: str, locator: str, names: Names = NO_NAMES) -> list[Fact]:
    """Return what a description states, as facts "limit:<mode>", "limit:plain-<start>" and "described:<capability>".

    `names` are the words of the listing's own name, by which the description may call the model. A sentence with
    characters that a passport must not contain cannot be quoted, so it gives no fact.
    """
    return [
        _fact(claim, locator) for claim in read_description(description, names) if clean(claim.quote) == claim.quote
    ]


def _fact(claim: TextClaim, locator: str) -> Fact:
    if claim.kind == "capability":
        return Fact(f"described:{claim.name}", True, locator, claim.quote, "pattern")
    name = f"limit:{claim.name or f'plain-{claim.start}'}"
    return Fact(name, claim.quote, locator, claim.quote, "pattern")


def read_description(description: str, names: Names = NO_NAMES) -> tuple[TextClaim, ...]:
    """Return what a description states plainly, in its order; each limit and ability once. Never raises.

    Of a description that was cut off, the last sentence does not count.
    """
    words = possible_words(description)
    rows, kinds = _rows().possible(words), _kind_rules().possible(words)
    claims: dict[tuple[str, str | None], TextClaim] = {}
    for start, end in _whole_sentences(description) if rows or kinds else ():
        quote = description[start:end]
        for kind, name in (*_kinds(quote, kinds, names), *_stated(quote, rows, names)):
            claims.setdefault((kind, name or f"plain at {start}"), TextClaim(kind, name, quote, start, end))
    return tuple(claims.values())


def _whole_sentences(description: str) -> Iterator[tuple[int, int]]:
    whole = len(description.rstrip()) - is_cut_off(description)
    for start, end in sentence_spans(description):
        if end <= whole and end - start <= LONGEST_SENTENCE_CHARS:
            yield start, end


def kinds_in(sentence: str, names: Names) -> list[tuple[Stated, str]]:
    """Statements and their names, for each kind that a sentence, as its reader sees it, states a model to be."""
    kinds = _kind_rules().possible(words_in(sentence))
    return [(kind.states, kind.name) for kind in kinds if _is_of_kind(sentence, kind, names)]


def _is_of_kind(sentence: str, kind: KindRule, names: Names) -> bool:
    """Whether a sentence states that the model with these names is of a kind."""
    found = (pattern.match(sentence) for pattern in kind.patterns)
    return any(one and is_own(one["subject"], names) for one in found)


def _kinds(quote: str, possible: list[KindRule], names: Names) -> list[tuple[Stated, str]]:
    return kinds_in(plain_text(quote), names) if _fitting(possible, possible_words(quote)) else []


def _stated(quote: str, possible: list[Row], names: Names) -> list[tuple[Stated, str | None]]:
    """Limits and abilities that a sentence states; none where it compares, asks, promises or is about another model."""
    words, rules = possible_words(quote), description_rules()
    if not (rows := _fitting(possible, words)):
        return []
    sentence = plain_text(quote)
    rows = rows if words is not None else _fitting(rows, words_in(sentence))
    sentence = in_own_name(sentence, names)
    rows = [row for row in rows if isinstance(row, AbilityRule) or not row.unless.search(sentence)]
    found = [claim for clause in _clauses(sentence, rules) for claim in _of_clause(clause, rows, rules)] if rows else []
    speaks_of_it = found and not rules.passed_over.search(sentence) and not rules.named.match(sentence)
    return found if speaks_of_it else []


@lru_cache(maxsize=1)
def _rows() -> RuleIndex[Row]:
    return RuleIndex(description_rules().rows)


@lru_cache(maxsize=1)
def _kind_rules() -> RuleIndex[KindRule]:
    return RuleIndex(description_rules().kinds)


_Rule = TypeVar("_Rule", Row, KindRule)


def _fitting(rows: Iterable[_Rule], words: AbstractSet[str] | None) -> list[_Rule]:
    return [row for row in rows if may_match(words, row.needs)]


def _of_clause(clause: str, rows: list[Row], rules: DescriptionRules) -> list[tuple[Stated, str | None]]:
    """All limits that a clause states, plain ones only where no other is; all abilities where it states no limit."""
    stated = [row for row in rows if row.stated_in(clause, rules)]
    limits: list[tuple[Stated, str | None]] = [
        (row.kind, row.mode or None) for row in stated if isinstance(row, LimitRule)
    ]
    if limits:
        return [limit for limit in limits if limit[1]] or limits
    return [("capability", row.name) for row in stated if isinstance(row, AbilityRule)]


def _clauses(sentence: str, rules: DescriptionRules) -> Iterator[str]:
    """Yield the parts of a sentence between contrasts: a denial after "though" does not apply to words before it."""
    start = 0
    for turn in rules.contrast.finditer(sentence):
        yield sentence[start : turn.start()]
        start = turn.start() + 1
    yield sentence[start:]
