"""All capabilities and failure modes of the rules, compiled once per process."""

import re
from functools import lru_cache
from typing import NamedTuple

from pipelines.enrich.evidence import Document
from pipelines.rules.capabilities import CapabilityRule
from pipelines.rules.conditions import Compiled, asked_by, compiled
from pipelines.rules.failure_modes import LIMIT, FailureMode
from pipelines.rules.issuing import Certainty, Confidence
from pipelines.rules.rulebook import rulebook

_NOT_IN_URI = re.compile(r"[^a-z0-9]+")


class Ability(NamedTuple):
    """One capability rule, compiled, with everything that is the same for each model that has it."""

    rule: CapabilityRule
    condition: Compiled
    asks_figures: bool
    hearsay: bool
    """Whether texts or claims of others may show it: its confidence then depends on the evidence."""
    document: Document


class Mode(NamedTuple):
    """One failure-mode rule, compiled."""

    rule: FailureMode
    condition: Compiled
    asks_figures: bool
    general: bool
    """Whether it applies to any model: it is true of the class, and no capability names it as one of its limits."""
    stated_in_text: tuple[str, ...]
    """Facts of its condition by which a text states the limit in words."""


class Catalogue(NamedTuple):
    """The capabilities and the failure modes, each in the order of its table."""

    abilities: tuple[Ability, ...]
    modes: tuple[Mode, ...]
    asked: frozenset[str]
    """Names of all facts that some rule asks for."""


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Compile the rules; the result is cached."""
    book = rulebook()
    abilities = tuple(_ability(rule, book.issuing.confidence) for rule in book.capabilities.capability)
    named = {limit for rule in book.capabilities.capability for limit in rule.limits}
    modes = tuple(_mode(rule, named) for rule in book.failure_modes.failure_mode)
    conditions = [*(row.condition for row in abilities), *(row.condition for row in modes)]
    return Catalogue(abilities, modes, asked_by(conditions))


def capability_uri(category: str, name: str) -> str:
    """The `capability://` address of a capability: its first category and its name, with dots between words."""
    return f"capability://{category.replace('-', '.')}.{_NOT_IN_URI.sub('.', name.lower())}"


def _mode(rule: FailureMode, named: set[str]) -> Mode:
    condition = compiled(rule)
    stated_in_text = tuple(name for name in (*rule.all, *rule.any) if name.startswith(LIMIT))
    return Mode(rule, condition, condition.asks_figures, not rule.stated and rule.id not in named, stated_in_text)


def _ability(rule: CapabilityRule, confidence: Confidence) -> Ability:
    condition = compiled(rule)
    names = (*condition.cite, *(start for start, _ in condition.groups))
    hearsay = any(name.partition(":")[0] in confidence.method for name in names)
    return Ability(rule, condition, condition.asks_figures, hearsay, _document(rule, confidence.of(rule.name)))


def _document(rule: CapabilityRule, certainty: Certainty) -> Document:
    return {
        "id": "",
        "uri": capability_uri(rule.categories[0], rule.name),
        "name": rule.name,
        "description": rule.description,
        "intents": rule.intents,
        "best_for": rule.best_for,
        "limitations": (),
        "requires": rule.requires,
        "input_types": rule.input_types,
        "output_types": rule.output_types,
        "categories": rule.categories,
        "confidence": certainty.figure,
        "basis": certainty.basis,
        "matches": 0,
        "success_rate": 0,
    }
