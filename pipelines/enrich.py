"""Derives capabilities and failure modes from what the listings state, each with its evidence."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from pipelines.artifact import access
from pipelines.conditions import Compiled, cited, compiled, fits, reaches
from pipelines.evidence import Document, from_claim, from_class
from pipelines.life import Life
from pipelines.limitations import Plain, plain_limitations, quotes
from pipelines.merge import Subject
from pipelines.rulebook import LIMIT, CapabilityRule, Confidence, FailureMode, rulebook
from pipelines.weighing import Claim
from pipelines.wording import fill

_NOT_IN_URI = re.compile(r"[^a-z0-9]+")


class Profile(NamedTuple):
    """What a model can do and how it fails."""

    capabilities: list[Document]
    evidence: list[Document]
    shown_by: dict[str, list[Document]]
    """Limitation → its evidence, which is also among `evidence` where it stands with a capability."""
    apart: list[str]
    """Limitations of a model of which no capability is known."""


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


def enrich(subject: Subject, *, artifact_id: str, life: Life) -> Profile:
    """Derive a model's profile; a capability is listed only when its facts are stated."""
    claims = subject.claims
    fitting = _fitting((subject.stated | life.flags) & catalogue().asked)
    abilities = [row for row in fitting.abilities if not row.asks_figures or reaches(row.condition, claims)]
    modes = [row for row in fitting.modes if not row.asks_figures or reaches(row.condition, claims)]
    profile, needs = Profile([], [], {}, []), access(subject)
    for place, (ability, limits) in enumerate(zip(abilities, _place(subject, abilities, modes), strict=True)):
        path, shown = f"/capabilities/{place}", cited(ability.condition, claims)
        profile.evidence.extend([from_claim(path, claim) for claim in shown])
        capability = ability.document.copy()
        capability["id"] = f"{artifact_id}__cap_{place}"
        capability["requires"] = (*needs, *ability.rule.requires)
        capability["description"] = fill(ability.rule.description, claims)
        capability["limitations"] = [
            _limit(subject, limit, f"{path}/limitations/{n}", profile) for n, limit in enumerate(limits)
        ]
        if ability.hearsay:
            capability["confidence"] = rulebook().issuing.confidence.of(ability.rule.name, groups_of(shown))
        profile.capabilities.append(capability)
    if not abilities:
        _keep_apart(subject, modes, profile)
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
    modes = [row for row in rules.modes if row.rule.stated or row.general or row.rule.id in named]
    modes = [row for row in modes if fits(row.condition, stated)]
    said = {twin for row in modes for twin in row.rule.same_as}
    return _Fitting(abilities, tuple(row for row in modes if row.rule.id not in said))


def _place(subject: Subject, abilities: list[Ability], modes: list[Mode]) -> list[list[Mode | Plain]]:
    """Put what is of the model with the first capability, and class modes with the first that names them, if any."""
    first_to_name: dict[str, int] = {}
    for place, ability in enumerate(abilities):
        for limit in ability.rule.limits:
            first_to_name.setdefault(limit, place)
    placed: list[list[Mode | Plain]] = [[] for _ in abilities]
    if abilities:
        placed[0] += _stated(subject, modes)
    for mode in modes if abilities else ():
        if mode.general:
            placed[0].append(mode)
        elif mode.rule.id in first_to_name and not mode.rule.stated:
            placed[first_to_name[mode.rule.id]].append(mode)
    return placed


def _stated(subject: Subject, modes: list[Mode]) -> list[Mode | Plain]:
    """What is stated of the model: failure modes by fields, then by words (so the table has them), then sentences."""
    stated = [mode for mode in modes if mode.rule.stated]
    if "limit" not in subject.groups:
        return [*stated]
    used = {claim.fact.said for mode in stated for claim in quotes(subject, mode.told)}
    return [*stated, *plain_limitations(subject, used)]


def _keep_apart(subject: Subject, modes: list[Mode], profile: Profile) -> None:
    """Note the limitations of a model of which no capability is known."""
    for limit in (*_stated(subject, modes), *(mode for mode in modes if mode.general)):
        text, shown_by = _worded(subject, limit, "")
        profile.apart.append(text)
        profile.shown_by.setdefault(text, shown_by)


def _limit(subject: Subject, limit: Mode | Plain, path: str, profile: Profile) -> str:
    """Word a limitation and note its evidence."""
    text, shown_by = _worded(subject, limit, path)
    profile.evidence.extend(shown_by)
    profile.shown_by.setdefault(text, shown_by)
    return text


def _worded(subject: Subject, limit: Mode | Plain, path: str) -> tuple[str, list[Document]]:
    if isinstance(limit, Plain):
        return limit.text, [from_claim(path, claim) for claim in limit.claims]
    text = fill(limit.rule.text, subject.claims)
    return text, _mode_evidence(subject, limit, text, path)


def _mode_evidence(subject: Subject, mode: Mode, text: str, path: str) -> list[Document]:
    """Evidence of one failure mode: the facts that show it, or our rule where it is true of the class."""
    rule = mode.rule
    if rule.stated:
        shown = cited(mode.condition, subject.claims)
        if mode.told:
            shown = [claim for claim in shown if claim.fact.name not in mode.told] + quotes(subject, mode.told)
        return [{**from_claim(path, claim), "taxonomy": rule.taxonomy} for claim in shown]
    at, sha256 = f"/failure_modes/{rule.id}", catalogue().rules_sha256
    return [from_class(path, rule=at, text=text, rules_sha256=sha256, listing=subject.primary, taxonomy=rule.taxonomy)]


def groups_of(shown: Iterable[Claim]) -> set[str]:
    """The groups of the facts; a fact of none is its own."""
    return {claim.fact.name.partition(":")[0] for claim in shown}


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
