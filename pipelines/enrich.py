"""Derives capabilities and failure modes from what the listings state, each with its evidence."""

import re
from functools import lru_cache
from typing import NamedTuple

from pipelines.artifact import access
from pipelines.conditions import Compiled, cited, compiled, fits, reaches
from pipelines.evidence import Document, from_claim, from_class
from pipelines.life import Life
from pipelines.merge import Subject
from pipelines.rulebook import CapabilityRule, FailureMode, rulebook
from pipelines.wording import fill

_NOT_IN_URI = re.compile(r"[^a-z0-9]+")


class Profile(NamedTuple):
    """What a model can do and how it fails."""

    capabilities: list[Document]
    evidence: list[Document]
    shown_by: dict[str, list[Document]]
    """Limitation → its evidence, which is also among `evidence`."""


class Ability(NamedTuple):
    """A row of the capability catalogue, with all laid out that is the same for every model."""

    rule: CapabilityRule
    condition: Compiled
    asks_figures: bool
    document: Document


class Mode(NamedTuple):
    """A row of the failure-mode catalogue, with its condition laid out."""

    rule: FailureMode
    condition: Compiled
    asks_figures: bool
    general: bool
    """Whether it is of any model: true of the class, and named by no capability that it would come with."""


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
    abilities = tuple(_ability(rule, book.issuing.confidence.of(rule.name)) for rule in book.capabilities.capability)
    named = {limit for rule in book.capabilities.capability for limit in rule.limits}
    modes = tuple(_mode(rule, named) for rule in book.failure_modes.failure_mode)
    conditions = [*(row.condition for row in abilities), *(row.condition for row in modes)]
    asked = frozenset().union(*(condition.all | condition.any | condition.none for condition in conditions))
    return Catalogue(abilities, modes, asked, book.sha256)


def capability_uri(category: str, name: str) -> str:
    """`capability://` address: the first category and the name, both in dots; the same ability has the same address."""
    return f"capability://{category.replace('-', '.')}.{_NOT_IN_URI.sub('.', name.lower())}"


def enrich(subject: Subject, *, artifact_id: str, life: Life) -> Profile:
    """Derive a model's profile; a capability is listed only when its facts are stated."""
    claims = subject.claims
    fitting = _fitting((subject.stated | life.flags) & catalogue().asked)
    abilities = [row for row in fitting.abilities if not row.asks_figures or reaches(row.condition, claims)]
    modes = [row for row in fitting.modes if not row.asks_figures or reaches(row.condition, claims)]
    profile, needs = Profile([], [], {}), access(subject)
    for place, (ability, limits) in enumerate(zip(abilities, _place(abilities, modes), strict=True)):
        path = f"/capabilities/{place}"
        profile.evidence.extend([from_claim(path, claim) for claim in cited(ability.condition, claims)])
        capability = ability.document.copy()
        capability["id"] = f"{artifact_id}__cap_{place}"
        capability["requires"] = (*needs, *ability.rule.requires)
        capability["description"] = fill(ability.rule.description, claims)
        capability["limitations"] = [
            _limit(subject, mode, f"{path}/limitations/{n}", profile) for n, mode in enumerate(limits)
        ]
        profile.capabilities.append(capability)
    return profile


class _Fitting(NamedTuple):
    """Rows whose facts are stated; whether the figures are right is still to be seen."""

    abilities: tuple[Ability, ...]
    modes: tuple[Mode, ...]


@lru_cache(maxsize=4096)
def _fitting(stated: frozenset[str]) -> _Fitting:
    """Look the rules through once for all models of which the same is stated."""
    rules = catalogue()
    abilities = tuple(row for row in rules.abilities if fits(row.condition, stated))
    named = {limit for row in abilities for limit in row.rule.limits}
    modes = (row for row in rules.modes if row.rule.stated or row.general or row.rule.id in named)
    return _Fitting(abilities, tuple(row for row in modes if fits(row.condition, stated)))


def _place(abilities: list[Ability], modes: list[Mode]) -> list[list[Mode]]:
    """Put stated failure modes with the first capability, those of a class with the first that names them, if any."""
    first_to_name: dict[str, int] = {}
    for place, ability in enumerate(abilities):
        for limit in ability.rule.limits:
            first_to_name.setdefault(limit, place)
    placed: list[list[Mode]] = [[] for _ in abilities]
    for mode in modes if abilities else ():
        if mode.rule.stated or mode.general:
            placed[0].append(mode)
        elif mode.rule.id in first_to_name:
            placed[first_to_name[mode.rule.id]].append(mode)
    return placed


def _limit(subject: Subject, mode: Mode, path: str, profile: Profile) -> str:
    """Word a limitation and note its evidence."""
    text = fill(mode.rule.text, subject.claims)
    shown_by = _mode_evidence(subject, mode, text, path)
    profile.evidence.extend(shown_by)
    profile.shown_by.setdefault(text, shown_by)
    return text


def _mode_evidence(subject: Subject, mode: Mode, text: str, path: str) -> list[Document]:
    """Evidence of one failure mode: the facts that show it, or our rule where it is true of the class."""
    rule = mode.rule
    if rule.stated:
        return [
            {**from_claim(path, claim), "taxonomy": rule.taxonomy} for claim in cited(mode.condition, subject.claims)
        ]
    at, sha256 = f"/failure_modes/{rule.id}", catalogue().rules_sha256
    return [from_class(path, rule=at, text=text, rules_sha256=sha256, listing=subject.primary, taxonomy=rule.taxonomy)]


def _mode(rule: FailureMode, named: set[str]) -> Mode:
    condition = compiled(rule)
    return Mode(rule, condition, condition.asks_figures, not rule.stated and rule.id not in named)


def _ability(rule: CapabilityRule, confidence: float) -> Ability:
    condition = compiled(rule)
    return Ability(rule, condition, condition.asks_figures, _document(rule, confidence))


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
