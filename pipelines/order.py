"""The order of the steps from a raw listing to a signed and verified passport. No other module states it.

raw listing → normalise → validate                       `admit`, one listing at a time, while the crawl runs
listings    → merge                                      `pipelines.merge.gather`, once all of a batch are there
subject     → enrich → score → issue → verify → sign     `make`, one model at a time; verifies the signature too
"""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

from pipelines.ahead import earlier, is_ahead
from pipelines.enrich.evidence import Document
from pipelines.enrich.status import last_observed_at, valid_until
from pipelines.freshness import deadlines
from pipelines.merge.subject import Subject
from pipelines.normalise.admit import FAULTS, refusal
from pipelines.passport.document import Draft, IssueContext, draft
from pipelines.passport.inputs import FormerSubstances, inputs_digest
from pipelines.passport.issue import cause_of, issue, last_changed
from pipelines.signing.keys import KeyRing, Signer
from pipelines.signing.passports import parse_and_check, sign, unsigned_bytes
from schemas.base import Sha256
from schemas.listing import Quarantined, Stage
from schemas.registry import Cause, ShardRow


class Issued(NamedTuple):
    """A passport that was issued: its row, and its bytes, which are stored under their hash."""

    row: ShardRow
    document: bytes


class Unchanged(NamedTuple):
    """The served passport needs no new issue; its row, with the date on which the model was last observed."""

    row: ShardRow


@dataclass(frozen=True, slots=True)
class Issuance:
    """What all passports of one publication are made with."""

    terms: IssueContext
    signer: Signer
    trusted: KeyRing
    """The keys that readers trust."""
    generation: int
    """The generation that will serve them."""
    former: FormerSubstances | None = None
    """What earlier runs composed, so that a model of which nothing has changed is not composed again."""


def make(subject: Subject, last: ShardRow | None, issuance: Issuance) -> Issued | Unchanged | Quarantined:
    """Return a model's new passport, or its served one where that needs no new issue, or why none can be made.

    `last` is the row that is served now.
    """
    terms = issuance.terms
    stage: Stage = "enrich"
    try:
        inputs = inputs_digest(subject, terms) if issuance.former else None
        if last is not None and _holds(subject, inputs, last, issuance):
            return Unchanged(_seen_again(last, subject, terms))
        candidate = _composed(subject, inputs, issuance)
        cause = cause_of(subject, candidate.substance, last, terms)
        if last is not None and cause is None:
            return Unchanged(_seen_again(last, subject, terms))
        cause, stage = cause or "first_seen", "issue"
        unsigned = _written(issue(candidate, cause, last, terms), subject, terms)
        stage = "verify"
        passport = parse_and_check(unsigned)
        stage = "sign"
        document = sign(unsigned, passport, signer=issuance.signer, trusted=issuance.trusted)
    except FAULTS as error:
        return refusal(subject.primary, stage, error, subject.primary.model_dump_json())
    return Issued(_row(candidate, last, document, cause, issuance), document)


def _holds(subject: Subject, inputs: Sha256 | None, last: ShardRow, issuance: Issuance) -> bool:
    """Whether the served passport needs no new issue, by what was composed from the same inputs before."""
    known = issuance.former.find(subject.slug, inputs) if issuance.former and inputs else None
    return known is not None and cause_of(subject, known, last, issuance.terms) is None


def _composed(subject: Subject, inputs: Sha256 | None, issuance: Issuance) -> Draft:
    """Compose a passport, and note its substance for later runs."""
    candidate = draft(subject, issuance.terms)
    if issuance.former and inputs:
        issuance.former.remember(subject.slug, inputs, candidate.substance)
    return candidate


def _written(unfragile: Document, subject: Subject, terms: IssueContext) -> bytes:
    """Return the unsigned document; it expires by the age of its last observation, or with its model if sooner."""
    void = deadlines(last_observed_at(subject), terms.gates[subject.primary.source]).void
    expires_at = valid_until(subject, void, terms.now)
    return unsigned_bytes(
        unfragile, signed_at=terms.now, expires_at=expires_at, issuer=terms.issuer.name, key_id=terms.key_id
    )


def _row(candidate: Draft, last: ShardRow | None, document: bytes, cause: Cause, issuance: Issuance) -> ShardRow:
    primary, terms = candidate.subject.primary, issuance.terms
    return ShardRow(
        slug=candidate.subject.slug,
        listing_id=primary.base_id,
        object=hashlib.sha256(document).hexdigest(),
        payload=candidate.payload,
        facts=candidate.substance.facts,
        status=candidate.unfragile["artifact"]["status"],
        cause=cause,
        key_id=terms.key_id,
        previous=last.object if last else None,
        first_seen=earlier(last.first_seen, terms.now) if last else primary.observed_at,
        last_seen=primary.observed_at,
        last_changed=last_changed(candidate, last, terms),
        last_scraped_at=primary.observed_at,
        last_observed_at=last_observed_at(candidate.subject),
        generation=issuance.generation,
    )


def _seen_again(last: ShardRow, subject: Subject, terms: IssueContext) -> ShardRow:
    seen = subject.primary.observed_at
    return last.model_copy(
        update={"last_seen": seen if is_ahead(last.last_seen, terms.now) else max(last.last_seen, seen)}
    )
