"""Derives capabilities and failure modes from what the listings state, each with its evidence."""

import re
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from pipelines.conditions import Compiled, cited, compiled, holds, stated_facts
from pipelines.evidence import Document, from_claim, from_class
from pipelines.life import flags
from pipelines.merge import Subject
from pipelines.rulebook import CapabilityRule, FailureMode, rulebook
from pipelines.wording import fill

_NOT_IN_URI = re.compile(r"[^a-z0-9]+")


class Profile(NamedTuple):
    """What a model can do and how it fails."""

    capabilities: list[Document]
    evidence: list[Document]


class Catalogue(NamedTuple):
    """Both catalogues with their conditions laid out, in the order of the tables."""

    capabilities: tuple[tuple[CapabilityRule, Compiled], ...]
    modes: tuple[tuple[FailureMode, Compiled], ...]
    confidence: float | int
    rules_sha256: str


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Lay the rules out once."""
    book = rulebook()
    return Catalogue(
        tuple((rule, compiled(rule)) for rule in book.capabilities.capability),
        tuple((mode, compiled(mode)) for mode in book.failure_modes.failure_mode),
        book.issuing.confidence["structured"],
        book.sha256,
    )


def capability_uri(category: str, name: str) -> str:
    """`capability://` address: the first category and the name, both in dots; the same ability has the same address."""
    return f"capability://{category.replace('-', '.')}.{_NOT_IN_URI.sub('.', name.lower())}"


def enrich(subject: Subject, *, artifact_id: str, today: date) -> Profile:
    """Derive a model's profile; a capability is listed only when its facts are stated."""
    rules, claims = catalogue(), subject.claims
    stated = stated_facts(claims) | flags(subject, today)
    held = [(rule, condition) for rule, condition in rules.capabilities if holds(condition, stated, claims)]
    modes = [(mode, condition) for mode, condition in rules.modes if holds(condition, stated, claims)]
    placed = _place([rule for rule, _ in held], modes)
    profile = Profile([], [])
    for place, (rule, condition) in enumerate(held):
        path = f"/capabilities/{place}"
        profile.evidence.extend(from_claim(path, claim) for claim in cited(condition, claims))
        limitations = [_limitation(subject, mode, f"{path}/limitations/{n}", profile) for n, mode in enumerate(placed[place])]
        capability_id = f"{artifact_id}__cap_{place}"
        profile.capabilities.append(_capability(rule, capability_id, fill(rule.description, claims), limitations))
    return profile


Held = tuple[FailureMode, Compiled]


def _place(capabilities: list[CapabilityRule], modes: list[Held]) -> list[list[Held]]:
    """Put each failure mode with one capability: stated ones with the first, class ones where they are named first."""
    placed: list[list[Held]] = [[] for _ in capabilities]
    if placed:
        for held in modes:
            mode = held[0]
            named = (place for place, rule in enumerate(capabilities) if mode.id in rule.limits)
            placed[0 if mode.stated else next(named, 0)].append(held)
    return placed


def _limitation(subject: Subject, held: Held, path: str, profile: Profile) -> str:
    mode, condition = held
    text = fill(mode.text, subject.claims)
    profile.evidence.extend(mode_evidence(subject, mode, condition, text, path))
    return text


def mode_evidence(subject: Subject, mode: FailureMode, condition: Compiled, text: str, path: str) -> list[Document]:
    """Evidence of one failure mode: the facts that show it, or our rule where it is true of the class."""
    if mode.stated:
        return [from_claim(path, claim, mode.taxonomy) for claim in cited(condition, subject.claims)]
    rules_sha256 = catalogue().rules_sha256
    rule = f"/failure_modes/{mode.id}"
    return [
        from_class(
            path, rule=rule, text=text, rules_sha256=rules_sha256, listing=subject.primary, taxonomy=mode.taxonomy
        )
    ]


def _capability(rule: CapabilityRule, capability_id: str, description: str, limitations: list[str]) -> Document:
    return {
        "id": capability_id,
        "uri": capability_uri(rule.categories[0], rule.name),
        "name": rule.name,
        "description": description,
        "intents": list(rule.intents),
        "best_for": list(rule.best_for),
        "limitations": limitations,
        "requires": list(rule.requires),
        "input_types": list(rule.input_types),
        "output_types": list(rule.output_types),
        "categories": list(rule.categories),
        "confidence": catalogue().confidence,
        "matches": 0,
        "success_rate": 0,
    }
