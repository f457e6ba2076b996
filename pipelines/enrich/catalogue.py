"""All capabilities and failure modes of the rules, compiled once per process."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from pipelines.enrich.evidence import Document
from pipelines.rules.capabilities import CapabilityRule
from pipelines.rules.conditions import Compiled, ConditionIndex, compiled
from pipelines.rules.failure_modes import LIMIT, FailureMode
from pipelines.rules.issuing import Certainty, Confidence
from pipelines.rules.rulebook import rulebook

_NOT_IN_URI = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Ability:
    """One capability rule, compiled, with everything that is the same for each model that has it."""

    rule: CapabilityRule
    condition: Compiled
    asks_figures: bool
    hearsay: bool
    """Whether texts or claims of others may show it: its confidence then depends on the evidence."""
    limits: tuple[str, ...]
    """Ids of the failure modes of its class that it names, which do not apply to models without it."""
    document: Document


@dataclass(frozen=True, slots=True)
class Mode:
    """One failure-mode rule, compiled, with what is asked of every mode of a model."""

    place: int
    """Its place in the table."""
    id: str
    stated: bool
    same_as: tuple[str, ...]
    condition: Compiled
    asks_figures: bool
    text: str
    taxonomy: tuple[str, ...]
    general: bool
    """Whether it applies to any model: it is true of the class, and no capability names it as one of its limits."""
    stated_in_text: tuple[str, ...]
    """Facts of its condition by which a text states the limit in words."""


class Catalogue(NamedTuple):
    """The capabilities and the failure modes, each in the order of its table."""

    abilities: tuple[Ability, ...]
    modes: tuple[Mode, ...]
    ability_index: ConditionIndex[Ability]
    mode_index: ConditionIndex[Mode]
    """Those that do not depend on which capabilities a model has."""
    of_capabilities: Mapping[str, Mode]
    """The others by id: each is true of models with a capability that names it."""
    conditions: Mapping[str, list[Compiled]]
    """Name of each capability → all conditions by which it is shown."""


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Compile the rules; the result is cached."""
    book = rulebook()
    named = {limit for rule in book.capabilities.capability for limit in rule.limits}
    modes = tuple(_mode(rule, place, named) for place, rule in enumerate(book.failure_modes.failure_mode))
    of_capabilities = {row.id: row for row in modes if not (row.stated or row.general)}
    abilities = tuple(
        _ability(rule, book.issuing.confidence, tuple(limit for limit in rule.limits if limit in of_capabilities))
        for rule in book.capabilities.capability
    )
    conditions: dict[str, list[Compiled]] = {}
    for row in abilities:
        conditions.setdefault(row.rule.name, []).append(row.condition)
    ability_index = ConditionIndex((row, row.condition) for row in abilities)
    mode_index = ConditionIndex((row, row.condition) for row in modes if row.stated or row.general)
    return Catalogue(abilities, modes, ability_index, mode_index, of_capabilities, conditions)


def capability_uri(category: str, name: str) -> str:
    """The `capability://` address of a capability: its first category and its name, with dots between words."""
    return f"capability://{category.replace('-', '.')}.{_NOT_IN_URI.sub('.', name.lower())}"


def _mode(rule: FailureMode, place: int, named: set[str]) -> Mode:
    condition = compiled(rule)
    stated_in_text = tuple(name for name in (*rule.all, *rule.any) if name.startswith(LIMIT))
    general = not rule.stated and rule.id not in named
    return Mode(
        place=place,
        id=rule.id,
        stated=rule.stated,
        same_as=rule.same_as,
        condition=condition,
        asks_figures=condition.asks_figures,
        text=rule.text,
        taxonomy=rule.taxonomy,
        general=general,
        stated_in_text=stated_in_text,
    )


def _ability(rule: CapabilityRule, confidence: Confidence, limits: tuple[str, ...]) -> Ability:
    condition = compiled(rule)
    names = (*condition.cite, *(start for start, _ in condition.groups))
    hearsay = any(name.partition(":")[0] in confidence.method for name in names)
    document = _document(rule, confidence.of(rule.name))
    return Ability(rule, condition, condition.asks_figures, hearsay, limits, document)


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
