"""What a model is made or used for, by the closed vocabulary of purposes, each with its evidence."""

from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from pipelines.enrich.evidence import Document, from_claim
from pipelines.merge.subject import Subject
from pipelines.rules.purposes import PurposeRule, purpose_rules
from pipelines.rules.rulebook import rulebook
from pipelines.texts.purposes import PURPOSE
from schemas.listing import Claim

USE_CASE = "use_case:"
"""Beginning of the facts by which a source lists a model under a use case: "use_case:programming"."""

MOST_PURPOSES = 6
"""Most purposes of one passport: those that are stated first."""

MOST_QUOTES = 2
"""Most entries of evidence for one purpose."""


class Purposes(NamedTuple):
    """What a model is for, as a passport states it."""

    documents: list[Document]
    evidence: list[Document]


def purposes_of(subject: Subject) -> Purposes:
    """Derive the purposes: those that texts state, in their order, then those of the source's use cases alone."""
    found = Purposes([], [])
    groups = subject.groups
    if "purpose" not in groups and "use_case" not in groups:
        return found
    shown = ((rule, claims) for rule in _rules(subject) if (claims := _claims(subject, rule)))
    for place, (rule, claims) in enumerate(islice(shown, MOST_PURPOSES)):
        found.documents.append(_documents()[rule.id])
        found.evidence.extend([from_claim(f"/purposes/{place}", claim) for claim in claims])
    return found


def purpose_uri(rule: PurposeRule) -> str:
    """The `purpose://` address of a purpose: its category and its id, with dots between words."""
    return f"purpose://{rule.category.replace('-', '.')}.{rule.id.replace('-', '.')}"


def _rules(subject: Subject) -> list[PurposeRule]:
    """The rules of all purposes that anything states, those of texts first, in the order of their statements."""
    rules = {rule.id: rule for rule in purpose_rules().purposes}
    in_texts = subject.items(PURPOSE.rstrip(":"))
    listed = _listed(subject, rules.values())
    stated = dict.fromkeys([*(purpose for purpose in in_texts if purpose in rules), *listed])
    return [
        rules[purpose]
        for purpose in stated
        if stated.keys().isdisjoint(rules[purpose].unless) and _fits_outputs(subject, rules[purpose])
    ]


def _listed(subject: Subject, rules: Iterable[PurposeRule]) -> list[str]:
    """Ids of the purposes under whose use cases a source lists the model, where models of its kind have purposes."""
    cases = {case for case in subject.items("use_case") if USE_CASE + case in subject.stated}
    kinds = rulebook().capabilities.kinds
    if not cases or any(not subject.stated.isdisjoint(kinds[kind]) for kind in purpose_rules().listed_not_of):
        return []
    return [rule.id for rule in rules if not cases.isdisjoint(rule.use_cases)]


def _fits_outputs(subject: Subject, rule: PurposeRule) -> bool:
    """Whether the model outputs what serves the purpose, where a record lists its outputs."""
    outputs = subject.items("output")
    return not outputs or not rule.outputs or not set(rule.outputs).isdisjoint(outputs)


def _claims(subject: Subject, rule: PurposeRule) -> list[Claim]:
    """Evidence of a purpose: its first text and its first use case, or two different texts."""
    in_texts = _all_claims(subject, PURPOSE + rule.id)
    listed = [claim for case in rule.use_cases for claim in _all_claims(subject, USE_CASE + case)]
    ordered = [*in_texts[:1], *listed[:1], *in_texts[1:], *listed[1:]]
    different = {(claim.fact.as_stated, claim.fact.name): claim for claim in reversed(ordered)}
    return [*reversed(different.values())][:MOST_QUOTES]


def _all_claims(subject: Subject, name: str) -> list[Claim]:
    claim = subject.claims.get(name)
    claims = [claim, *subject.others.get(name, ())] if claim else []
    return [one for one in claims if one.fact.value is not False]


@lru_cache(maxsize=1)
def _documents() -> dict[str, Document]:
    """Id of each purpose → what a passport states of it."""
    return {
        rule.id: {
            "id": rule.id,
            "uri": purpose_uri(rule),
            "name": rule.name,
            "description": rule.description,
            "category": rule.category,
            "intents": rule.intents,
        }
        for rule in purpose_rules().purposes
    }
