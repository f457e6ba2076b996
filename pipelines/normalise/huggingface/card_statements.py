"""Reads what a card's sentences state of its base model, training data, sampling rate, casing and longest input."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from pipelines.formats.text import clean
from pipelines.markdown.sentences import SectionSentences, Sentence
from pipelines.normalise.huggingface.tags import MOST_BASE_MODELS, REPOSITORY
from pipelines.rules.cards import StatementRule, card_rules
from schemas.listing import Fact, FactValue

GROUPS: Final = {"base_model:finetune": MOST_BASE_MODELS, "base_model:quantized": MOST_BASE_MODELS, "training_data": 10}
"""Facts of which a card may state several, and the most that are retained."""

LARGEST_RATE_HZ: Final = 1_000_000
LARGEST_LENGTH: Final = 10_000_000

_NO_REPOSITORIES: Final = frozenset(["datasets", "spaces", "models", "docs", "blog", "papers", "collections"])
"""First parts of the Hub's addresses that are no owner of a model."""

_HERTZ: Final = {"hz": 1, "khz": 1000}


def stated_facts(card: bytes, body: Sequence[SectionSentences], *, declares_base: bool) -> Iterator[Fact]:
    """Facts that sentences state, each quoted with its bytes; base models only where the front matter declares none.

    Of a figure that the card states twice and differently, none is used.
    """
    found: dict[str, list[Fact]] = {}
    for sentence in chain.from_iterable(part.sentences for part in body):
        for fact in _of_sentence(card, sentence):
            found.setdefault(fact.name, []).append(fact)
    counts: dict[str, int] = {}
    for name, facts in found.items():
        group = next((group for group in GROUPS if name.startswith(f"{group}:")), None)
        if group is None and len({fact.value for fact in facts}) == 1:
            yield facts[0]
        elif group and counts.setdefault(group, 0) < GROUPS[group] and not (declares_base and group != "training_data"):
            counts[group] += 1
            yield facts[0]


def _of_sentence(card: bytes, sentence: Sentence) -> Iterator[Fact]:
    quote = card[sentence.start : sentence.end].decode("utf-8", "replace")
    lowered = quote.lower()
    for rule in card_rules().statements:
        if rule.needs in lowered and (value := _value(rule, quote)) is not None and clean(quote) == quote:
            locator = f"bytes:{sentence.start}-{sentence.end}"
            grouped = rule.fact in GROUPS
            yield Fact(
                f"{rule.fact}:{value}" if grouped else rule.fact, True if grouped else value, locator, quote, "pattern"
            )


def _value(rule: StatementRule, quote: str) -> FactValue | None:
    """The value that a sentence states, in the fact's unit; None where it states none that can be."""
    match = next((found for pattern in rule.patterns if (found := pattern.search(" ".join(quote.split())))), None)
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
