"""Limits that texts state in words: the quotes of a failure mode, and plain sentences that no failure mode covers."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from pipelines.enrich.templates import quoted
from pipelines.merge.subject import Subject
from pipelines.rules.failure_modes import LIMIT
from schemas.listing import Claim

MOST_QUOTES = 5
"""Sentences that are shown for one limitation."""

MOST_PLAIN = 5
"""Plain limitations of one passport."""

PLAIN = "plain-"
"""How the name of a fact begins, behind its group, that is a sentence which no failure mode covers."""


class PlainLimitation(NamedTuple):
    """A sentence against the model, in its source's own words."""

    text: str
    claims: tuple[Claim, ...]


def quotes(subject: Subject, names: Iterable[str]) -> list[Claim]:
    """Who states these limits in words, the most believed first; of what is said again in the same words, the first."""
    first: dict[object, Claim] = {}
    for name in names:
        for claim in _claims(subject, name):
            first.setdefault(claim.fact.said, claim)
    return [*first.values()][:MOST_QUOTES]


def plain_limitations(subject: Subject, used: Collection[object]) -> list[PlainLimitation]:
    """Sentences as limitations of their own, without those that are `used` to show a failure mode."""
    found: dict[str, list[Claim]] = {}
    for item in subject.items(LIMIT.rstrip(":")):
        for claim in _claims(subject, LIMIT + item) if item.startswith(PLAIN) else ():
            if claim.fact.said not in used:
                found.setdefault(quoted(claim), []).append(claim)
    return [PlainLimitation(text, tuple(claims[:MOST_QUOTES])) for text, claims in [*found.items()][:MOST_PLAIN]]


def _claims(subject: Subject, name: str) -> list[Claim]:
    claim = subject.claims.get(name)
    return [claim, *subject.others.get(name, ())] if claim else []
