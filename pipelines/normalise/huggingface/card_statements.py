"""Reads what a card's sentences state of weights, base, training data, sampling rate, casing and longest input."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from pipelines.formats.text import clean
from pipelines.markdown.sentences import SectionSentences, Sentence
from pipelines.normalise.huggingface.tags import MOST_BASE_MODELS, REPOSITORY
from pipelines.rules.cards import StatementRule, card_rules
from pipelines.texts.subjects import NO_NAMES, Names
from pipelines.texts.traits import stated_count
from schemas.listing import Fact, FactValue

GROUPS: Final = {"base_model:finetune": MOST_BASE_MODELS, "base_model:quantized": MOST_BASE_MODELS, "training_data": 10}
"""Facts of which a card may state several, and the most that are retained."""

LARGEST_RATE_HZ: Final = 1_000_000
LARGEST_LENGTH: Final = 10_000_000

_NO_REPOSITORIES: Final = frozenset(["datasets", "spaces", "models", "docs", "blog", "papers", "collections"])
"""First parts of the Hub's addresses that are no owner of a model."""

_WEIGHTS: Final = "param"
"""A part of every sentence that states a number of weights, in lower case."""

_HERTZ: Final = {"hz": 1, "khz": 1000}


def stated_facts(
    card: bytes, body: Sequence[SectionSentences], names: Names | None = NO_NAMES, *, declares_base: bool
) -> Iterator[Fact]:
    """Facts that sentences state, each quoted with its bytes; base models only where the front matter declares none.

    `names` are the words of the repository's name, by which the card may call its model; None where the repository has
    an addition to a model, whose number of weights it may state. Of a figure that is stated twice and differently, none
    is taken.
    """
    found: dict[str, list[Fact]] = {}
    for sentence in chain.from_iterable(part.sentences for part in body):
        for fact in _of_sentence(card, sentence, names):
            found.setdefault(fact.name, []).append(fact)
    counts: dict[str, int] = {}
    for name, facts in found.items():
        group = next((group for group in GROUPS if name.startswith(f"{group}:")), None)
        if group is None and len({fact.value for fact in facts}) == 1:
            yield facts[0]
        elif group and counts.setdefault(group, 0) < GROUPS[group] and not (declares_base and group != "training_data"):
            counts[group] += 1
            yield facts[0]


def _of_sentence(card: bytes, sentence: Sentence, names: Names | None) -> Iterator[Fact]:
    quote = card[sentence.start : sentence.end].decode("utf-8", "replace")
    lowered = quote.lower()
    counted = names is not None and _WEIGHTS in lowered
    weights = stated_count(sentence.text, names or NO_NAMES, item=sentence.item) if counted else None
    if weights and clean(quote) == quote:
        yield Fact("parameter_count", weights, f"bytes:{sentence.start}-{sentence.end}", quote, "pattern")
    for rule in card_rules().statements:
        if rule.needs in lowered and (value := _value(rule, quote)) is not None and clean(quote) == quote:
            locator = f"bytes:{sentence.start}-{sentence.end}"
            grouped = rule.fact in GROUPS
            yield Fact(
                f"{rule.fact}:{value}" if grouped else rule.fact, True if grouped else value, locator, quote, "pattern"
            )


def _value(rule: StatementRule, quote: str) -> FactValue | None:
    """The value that a sentence states, in the fact's unit; None where it states none that can be."""
    line = " ".join(quote.split())
    match = next((found for pattern in rule.patterns if (found := pattern.search(line))), None)
    if match is None:
        return None
    words = match["value"]
    if rule.fact == "sampling_rate_hz":
        rate = round(float(words) * _HERTZ[match["unit"].lower()])
        return rate if 0 < rate <= LARGEST_RATE_HZ else None
    if rule.fact == "max_sequence_tokens":
        return int(words) if int(words) <= LARGEST_LENGTH else None
    if rule.fact == "casing":
        return "cased" if words.lower() in {"cased", "case-sensitive", "case sensitive"} else "uncased"
    if rule.fact == "training_data":
        return words
    return words if REPOSITORY.match(words) and words.partition("/")[0] not in _NO_REPOSITORIES else None
