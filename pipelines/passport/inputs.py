"""Digests of all that a passport's substance is composed from: where they are those of last time, it is the same."""

import hashlib
from datetime import UTC
from typing import Protocol

import orjson

from pipelines.enrich.status import status_of
from pipelines.merge.subject import Subject
from pipelines.passport.document import IssueContext, Substance
from pipelines.rules.rulebook import rulebook
from schemas.base import Sha256


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

    When records were observed is left out, as no substance depends on it. None for a model that was missed, whose
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
        digest.update(b"\n" + listing.model_dump_json(exclude={"observed_at"}).encode())
    return digest.hexdigest()
