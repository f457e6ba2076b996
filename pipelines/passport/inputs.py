"""Digests of all that a passport's substance is composed from: where they are those of last time, it is the same."""

import hashlib
from datetime import UTC
from typing import Final, Protocol

import orjson

from pipelines.enrich.status import status_of
from pipelines.merge.subject import Subject
from pipelines.passport.digests import COUNTS
from pipelines.passport.document import IssueContext, Substance
from pipelines.rules.rulebook import rulebook
from schemas.base import Sha256
from schemas.facets import BY_ID
from schemas.listing import Listing

UNREAD: Final = {"observed_at", "content_sha256"}
"""Fields of a record that no substance depends on: evidence cites them, and the digests leave out what it cites."""
UNREAD_OR_FACTS: Final = {*UNREAD, "facts"}


class FormerSubstances(Protocol):
    """What earlier runs composed with the same code, tables and terms."""

    def find(self, slug: str, inputs: Sha256) -> Substance | None:
        """Return what was composed of a model from the same inputs; None where it has to be composed."""

    def remember(self, slug: str, inputs: Sha256, substance: Substance) -> None:
        """Store what was composed of a model."""


def terms_digest(terms: IssueContext) -> Sha256:
    """SHA-256 of what all passports of a run are composed from, apart from the code: issuer, gates and rules."""
    stated = (terms.issuer, sorted(terms.gates.items()), rulebook().sha256)
    return hashlib.sha256(repr(stated).encode()).hexdigest()


def inputs_digest(subject: Subject, terms: IssueContext) -> Sha256 | None:
    """SHA-256 of what one model's substance is composed from: its records, and its status on the day of the run.

    Left out is what no substance depends on and what differs each day: when a record was observed, its hash, how often
    a model was downloaded or used, and its places in answers about all models. None for a model that was missed, whose
    passport rests on the answers that it is missing: it is composed each time.
    """
    if subject.absence is not None:
        return None
    life = status_of(subject, terms.now.astimezone(UTC).date())
    parts = [
        [subject.slug, life.status, sorted(life.flags), life.shown_by],
        [len(subject.offers), len(subject.aliases), subject.endpoints is not None],
        [[joined.slug, joined.by] for joined in subject.supplements],
    ]
    digest = hashlib.sha256(orjson.dumps(parts))
    for listing in subject.listings():
        digest.update(b"\n" + _read_of(listing, subject).encode())
    return digest.hexdigest()


def _read_of(listing: Listing, subject: Subject) -> str:
    """What a model's substance may depend on of a record, as one text.

    Of a count that is whether it is stated. Of another fact in an answer about all models it is not where it is stated
    and how: evidence alone has that, unless sources disagree on the fact.
    """
    is_about_all = listing.id in BY_ID
    if not is_about_all and COUNTS.isdisjoint([fact.name for fact in listing.facts]):
        return listing.model_dump_json(exclude=UNREAD)
    facts = [
        fact.name if fact.name in COUNTS
        else (fact.name, fact.value, fact.method) if is_about_all and fact.name not in subject.others
        else fact
        for fact in listing.facts
    ]  # fmt: skip
    return f"{listing.model_dump_json(exclude=UNREAD_OR_FACTS)}{facts}"
