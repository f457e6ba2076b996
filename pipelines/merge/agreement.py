"""Compares the claims of several sources on one fact by the rules of precedence.toml: which agree, which conflict."""

from decimal import Decimal

from pipelines.formats.dates import days_apart
from pipelines.merge.joins import key_of
from pipelines.merge.subject import Subject
from pipelines.rules.precedence import Field, field_of
from schemas.listing import Claim, FactValue

PRICE = "price:"


def agree(row: Field, one: FactValue, other: FactValue) -> bool:
    """Whether two values of a fact mean the same, with the tolerance that its row of precedence.toml allows."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return set(one) == set(other)
    if isinstance(one, str) and isinstance(other, str):
        return one == other or _same_text(row, one, other)
    return one == other


def _same_text(row: Field, one: str, other: str) -> bool:
    if row.as_name:
        return one.lower() == other.lower()
    if row.fact.startswith(PRICE):
        return Decimal(one) == Decimal(other)
    return bool(row.tolerance_days) and days_apart(one, other) <= row.tolerance_days


def agreeing(subject: Subject, fact: str) -> list[Claim]:
    """Claims that confirm the believed one of a fact, out of its rivals and those of facts that should be the same."""
    return [claim for claim, same in _compared(subject, fact) if same]


def differing(subject: Subject, fact: str) -> list[Claim]:
    """Claims that conflict with the believed one of a fact: its rivals, and those of facts that should be the same."""
    return [claim for claim, same in _compared(subject, fact) if not same]


def _compared(subject: Subject, fact: str) -> list[tuple[Claim, bool]]:
    """Rivals of the believed claim and claims of facts that should be the same, each with whether it agrees.

    Those that say little or only give a former name are left out, and all where precedence.toml has no row of the fact.
    """
    row, others = field_of(fact), list(subject.others.get(fact, ()))
    for name in row.also if row else ():
        others += [subject.claims[name], *subject.others.get(name, ())] if name in subject.claims else []
    if not others or row is None or fact not in subject.claims:
        return []
    believed = subject.claims[fact]
    telling = [claim for claim in others if claim.fact.value not in row.says_little and not _is_former(claim, believed)]
    return [(claim, agree(row, believed.fact.value, claim.fact.value)) for claim in telling]


def _is_former(claim: Claim, believed: Claim) -> bool:
    """Whether a claim only gives a former name of the record that is believed: a rename is no conflict."""
    listing = believed.listing
    return bool(listing.same_as) and key_of(listing.source, str(claim.fact.value)) in map(str.lower, listing.same_as)
