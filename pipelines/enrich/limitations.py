"""Limits that texts state in words: the quotes for a failure mode, and sentences that no failure mode covers."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from pipelines.enrich.templates import quoted
from pipelines.merge.subject import Subject
from pipelines.rules.failure_modes import LIMIT
from pipelines.texts.instructions import instruction_in
from schemas.listing import Claim

MOST_QUOTES = 5
"""Most sentences quoted for one limitation."""

MOST_PLAIN = 5
"""Most plain limitations of one passport."""

PLAIN = "plain-"
"""Beginning of the item of a `limit:` fact that is a sentence which no failure mode covers."""


class PlainLimitation(NamedTuple):
    """A sentence about a limit of the model, in its source's own words."""

    text: str
    claims: tuple[Claim, ...]


def quotes(subject: Subject, names: Iterable[str]) -> list[Claim]:
    """The claims that state any of these limits, the most believed first, without repetitions of the same words."""
    first: dict[object, Claim] = {}
    for name in names:
        for claim in _claims(subject, name):
            first.setdefault(claim.fact.as_stated, claim)
    return [*first.values()][:MOST_QUOTES]


def plain_limitations(subject: Subject, used: Collection[object]) -> list[PlainLimitation]:
    """The sentences that no failure mode covers, without those that are `used` as evidence of one.

    A sentence that reads as an instruction to a model is not repeated as ours: the text is flagged for it.
    """
    found: dict[str, list[Claim]] = {}
    for item in subject.items(LIMIT.rstrip(":")):
        for claim in _claims(subject, LIMIT + item) if item.startswith(PLAIN) else ():
            if claim.fact.as_stated not in used and not instruction_in(str(claim.fact.as_stated)):
                found.setdefault(quoted(claim), []).append(claim)
    return [PlainLimitation(text, tuple(claims[:MOST_QUOTES])) for text, claims in [*found.items()][:MOST_PLAIN]]


def _claims(subject: Subject, name: str) -> list[Claim]:
    claim = subject.claims.get(name)
    return [claim, *subject.others.get(name, ())] if claim else []
