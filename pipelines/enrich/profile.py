"""Derives capabilities and failure modes from what the listings state, each with its evidence."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from pipelines.enrich.catalogue import Ability, Mode, catalogue
from pipelines.enrich.classification import access
from pipelines.enrich.denials import Speech, denials, speeches_of
from pipelines.enrich.evidence import Document, classified, from_claim, from_class
from pipelines.enrich.limitations import PlainLimitation, plain_limitations, quotes
from pipelines.enrich.ranking import TrustLine, WordedLimit, ranked
from pipelines.enrich.status import StatusFinding
from pipelines.enrich.templates import fill
from pipelines.merge.subject import Subject
from pipelines.rules.conditions import cited, fits, reaches
from pipelines.rules.issuing import Certainty
from pipelines.rules.rulebook import rulebook
from schemas.listing import Claim


class Profile(NamedTuple):
    """What a model can do and how it fails."""

    capabilities: list[Document]
    evidence: list[Document]
    shown_by: dict[str, list[Document]]
    """Limitation → its evidence. That of a capability's limitations is in `evidence` too."""
    limits: list[WordedLimit]
    """All limitations, with those of a model of which no capability is known."""
    listed: list[str]
    """The limitations in the order of the trust block, with those that are one line there."""


def enrich(subject: Subject, *, artifact_id: str, life: StatusFinding) -> Profile:
    """Derive a model's profile; a capability is listed only when the facts that show it are stated."""
    claims = subject.claims
    fitting, limiting = _fitting(subject.stated | life.flags)
    abilities = [row for row in fitting if not row.asks_figures or reaches(row.condition, claims)]
    modes = [row for row in limiting if not row.asks_figures or reaches(row.condition, claims)]
    profile, needs, speeches = Profile([], [], {}, [], []), access(subject), speeches_of(subject)
    for place, (ability, limits) in enumerate(zip(abilities, _place(subject, abilities, modes), strict=True)):
        path, shown = f"/capabilities/{place}", cited(ability.condition, claims)
        profile.evidence.extend([from_claim(path, claim) for claim in shown])
        capability = ability.document.copy()
        capability["id"] = f"{artifact_id}__cap_{place}"
        capability["requires"] = (*needs, *capability["requires"])
        capability["description"] = fill(capability["description"], claims)
        capability["limitations"] = [
            _limit(subject, limit, f"{path}/limitations/{n}", profile) for n, limit in enumerate(limits)
        ]
        _judge(speeches, ability, shown, capability, profile)
        profile.capabilities.append(capability)
    if not abilities:
        _keep_apart(subject, modes, profile)
    _rank(subject, profile)
    return profile


def _rank(subject: Subject, profile: Profile) -> None:
    """List the limitations in the order of the trust block, with the evidence of merged lines."""
    for line in ranked(profile.limits):
        profile.listed.append(line.text)
        if line.merged:
            profile.shown_by[line.text] = [_merged_evidence(subject, line, line.merged.id)]


def _merged_evidence(subject: Subject, line: TrustLine, rule: str) -> Document:
    """Evidence of a line that stands for several modes of the class: our rule, with the terms of them all."""
    return from_class(
        "", rule=f"/merged/{rule}", text=line.text, listing=subject.primary, taxonomy=_terms_of(line.modes)
    )


@lru_cache(maxsize=1024)
def _terms_of(modes: tuple[str, ...]) -> tuple[str, ...]:
    """The terms of published taxonomies of several failure modes; cached, since many models have the same modes."""
    rows = (row for row in catalogue().modes if row.id in modes)
    return tuple(sorted({term for row in rows for term in row.taxonomy}))


def _judge(
    speeches: Mapping[int, Speech], ability: Ability, shown: list[Claim], capability: Document, profile: Profile
) -> None:
    """Set how certain a capability is, where that depends on what shows it or on who denies it, with the evidence."""
    denying = denials(speeches, ability, shown) if speeches else []
    if ability.hearsay or denying:
        sources = tuple(dict.fromkeys([claim.listing.source for claim in denying]))
        certainty = _certainty(capability["name"], groups_of(shown), sources)
        capability["confidence"], capability["basis"] = certainty.figure, certainty.basis
        path = f"/capabilities/{len(profile.capabilities)}/confidence"
        profile.evidence.extend(from_claim(path, claim) for claim in denying)


@lru_cache(maxsize=1024)
def _certainty(capability: str, shown_by: frozenset[str], denied_by: tuple[str, ...]) -> Certainty:
    """How certain a capability is; cached, since many models have the same ones by the same groups of facts."""
    return rulebook().issuing.confidence.of(capability, shown_by, denied_by=denied_by)


def _fitting(stated: frozenset[str]) -> tuple[Sequence[Ability], list[Mode]]:
    """Select the rules whose facts are stated, whatever their values."""
    rules = catalogue()
    abilities = rules.ability_index.fitting(stated)
    named = {limit for row in abilities for limit in row.limits}
    modes = [row for name in named if fits((row := rules.of_capabilities[name]).condition, stated)]
    modes = sorted([*modes, *rules.mode_index.fitting(stated)], key=lambda row: row.place)
    as_stated = {twin for row in modes for twin in row.same_as}
    return abilities, [row for row in modes if row.id not in as_stated]


def _place(subject: Subject, abilities: list[Ability], modes: list[Mode]) -> list[list[Mode | PlainLimitation]]:
    """The limitations of each capability: what is stated of the model goes to the first one.

    A failure mode of the class goes to the first capability that names it, one that applies to any model to the first.
    """
    first_to_name: dict[str, int] = {}
    for place, ability in enumerate(abilities):
        for limit in ability.limits:
            first_to_name.setdefault(limit, place)
    placed: list[list[Mode | PlainLimitation]] = [[] for _ in abilities]
    if abilities:
        placed[0] += _stated(subject, modes)
    for mode in modes if abilities else ():
        if mode.general:
            placed[0].append(mode)
        elif mode.id in first_to_name and not mode.stated:
            placed[first_to_name[mode.id]].append(mode)
    return placed


def _stated(subject: Subject, modes: list[Mode]) -> list[Mode | PlainLimitation]:
    """What is stated of the model: failure modes by fields, then by words (the table's order), then sentences."""
    stated = [mode for mode in modes if mode.stated]
    if "limit" not in subject.groups:
        return [*stated]
    used = {claim.fact.as_stated for mode in stated for claim in quotes(subject, mode.stated_in_text)}
    return [*stated, *plain_limitations(subject, used)]


def _keep_apart(subject: Subject, modes: list[Mode], profile: Profile) -> None:
    """Note the limitations, with their evidence, of a model of which no capability is known."""
    for limit in (*_stated(subject, modes), *(mode for mode in modes if mode.general)):
        _note(limit, *_worded(subject, limit, ""), profile)


def _limit(subject: Subject, limit: Mode | PlainLimitation, path: str, profile: Profile) -> str:
    """Word a limitation of a capability, and add its evidence to the profile."""
    text, shown_by = _worded(subject, limit, path)
    profile.evidence.extend(shown_by)
    _note(limit, text, shown_by, profile)
    return text


def _note(limit: Mode | PlainLimitation, text: str, shown_by: list[Document], profile: Profile) -> None:
    profile.limits.append(WordedLimit(None if isinstance(limit, PlainLimitation) else limit.id, text))
    profile.shown_by.setdefault(text, shown_by)


def _worded(subject: Subject, limit: Mode | PlainLimitation, path: str) -> tuple[str, list[Document]]:
    if isinstance(limit, PlainLimitation):
        return limit.text, [from_claim(path, claim) for claim in limit.claims]
    text = fill(limit.text, subject.claims)
    return text, _mode_evidence(subject, limit, text, path)


def _mode_evidence(subject: Subject, mode: Mode, text: str, path: str) -> list[Document]:
    """Evidence of a failure mode: the facts that show it, or our own rule where it is true of the class."""
    if mode.stated:
        shown = cited(mode.condition, subject.claims)
        if mode.stated_in_text:
            shown = [claim for claim in shown if claim.fact.name not in mode.stated_in_text] + quotes(
                subject, mode.stated_in_text
            )
        return [classified(from_claim(path, claim), mode.taxonomy) for claim in shown]
    at = f"/failure_modes/{mode.id}"
    return [from_class(path, rule=at, text=text, listing=subject.primary, taxonomy=mode.taxonomy)]


def groups_of(shown: Iterable[Claim]) -> frozenset[str]:
    """The groups of the claimed facts; a fact without a group counts as one."""
    return frozenset([claim.fact.name.partition(":")[0] for claim in shown])
