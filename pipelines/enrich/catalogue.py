"""All capabilities and failure modes of the rules, compiled once."""

import re
from functools import lru_cache
from typing import NamedTuple

from pipelines.enrich.evidence import Document
from pipelines.rules.capabilities import CapabilityRule
from pipelines.rules.conditions import Compiled, compiled
from pipelines.rules.failure_modes import LIMIT, FailureMode
from pipelines.rules.issuing import Confidence
from pipelines.rules.rulebook import rulebook

_NOT_IN_URI = re.compile(r"[^a-z0-9]+")


class Ability(NamedTuple):
    """A row of the capability catalogue, with all laid out that is the same for every model."""

    rule: CapabilityRule
    condition: Compiled
    asks_figures: bool
    hearsay: bool
    """Whether facts may show it that are less certain than a listing's own fields."""
    document: Document


class Mode(NamedTuple):
    """A row of the failure-mode catalogue, with its condition laid out."""

    rule: FailureMode
    condition: Compiled
    asks_figures: bool
    general: bool
    """Whether it is of any model: true of the class, and named by no capability that it would come with."""
    told: tuple[str, ...]
    """Facts of its condition that a text states it in words."""


class Catalogue(NamedTuple):
    """Both catalogues, in the order of the tables."""

    abilities: tuple[Ability, ...]
    modes: tuple[Mode, ...]
    asked: frozenset[str]
    """Names of all facts that some row asks for."""
    rules_sha256: str


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Lay the rules out once."""
    book = rulebook()
    abilities = tuple(_ability(rule, book.issuing.confidence) for rule in book.capabilities.capability)
    named = {limit for rule in book.capabilities.capability for limit in rule.limits}
    modes = tuple(_mode(rule, named) for rule in book.failure_modes.failure_mode)
    conditions = [*(row.condition for row in abilities), *(row.condition for row in modes)]
    asked = frozenset().union(*(condition.all | condition.any | condition.none for condition in conditions))
    return Catalogue(abilities, modes, asked, book.sha256)


def capability_uri(category: str, name: str) -> str:
    """`capability://` address: the first category and the name, both in dots; the same ability has the same address."""
    return f"capability://{category.replace('-', '.')}.{_NOT_IN_URI.sub('.', name.lower())}"


def _mode(rule: FailureMode, named: set[str]) -> Mode:
    condition = compiled(rule)
    told = tuple(name for name in (*rule.all, *rule.any) if name.startswith(LIMIT))
    return Mode(rule, condition, condition.asks_figures, not rule.stated and rule.id not in named, told)


def _ability(rule: CapabilityRule, confidence: Confidence) -> Ability:
    condition = compiled(rule)
    names = (*condition.cite, *(start for start, _ in condition.groups))
    hearsay = any(name.partition(":")[0] in confidence.method for name in names)
    return Ability(rule, condition, condition.asks_figures, hearsay, _document(rule, confidence.of(rule.name)))


def _document(rule: CapabilityRule, confidence: float) -> Document:
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
        "confidence": confidence,
        "matches": 0,
        "success_rate": 0,
    }
