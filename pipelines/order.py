"""The order of a record's way, from a raw listing to a signed and verified passport. Nothing else states it.

raw listing → normalise → validate                       `admit`, one listing at a time, while the crawl runs
listings    → merge                                      `pipelines.merge.gather`, once a batch is whole
subject     → enrich → score → issue → verify → sign     `make`, one model at a time; the signature is verified too
"""

import hashlib
from collections.abc import Callable
from typing import Literal, NamedTuple

from pipelines.absence import read_roll
from pipelines.ahead import earlier, is_ahead
from pipelines.errors import PipelineError
from pipelines.evidence import Document
from pipelines.gates import deadlines
from pipelines.issue import Draft, Terms, cause_of, draft, issue, last_changed
from pipelines.keys import KeyRing, Signer
from pipelines.life import looked_at
from pipelines.merge import Subject
from pipelines.normalise_card import read_card
from pipelines.normalise_endpoints import read_endpoints
from pipelines.normalise_extraction import read_proposals
from pipelines.normalise_github import read_code
from pipelines.normalise_huggingface import read_repository
from pipelines.normalise_licence import read_licence
from pipelines.normalise_modelsdev import read_entry
from pipelines.normalise_openrouter import read_model
from pipelines.record import FieldError
from pipelines.seal import SealError, read_back, sealed, written
from pipelines.validate import validate
from schemas.listing import Listing, Quarantined, RawListing
from schemas.registry import Cause, ShardRow

Stage = Literal["normalise", "validate", "enrich", "issue", "sign", "verify"]

READERS: dict[str, Callable[[RawListing], Listing]] = {
    "openrouter": read_model,
    "openrouter-endpoints": read_endpoints,
    "openrouter-roll": read_roll,
    "huggingface": read_repository,
    "huggingface-card": read_card,
    "huggingface-licence": read_licence,
    "modelsdev": read_entry,
    "github": read_code,
    "extraction": read_proposals,
}
"""Source → what reads its records."""


FAULTS = (PipelineError, LookupError, ValueError, TypeError, ArithmeticError, RecursionError)
"""What stops a record, and never its batch: a step refuses it, or fails on it."""


class Issued(NamedTuple):
    """A new passport: its row, and the bytes that are stored under their hash."""

    row: ShardRow
    document: bytes


class Unchanged(NamedTuple):
    """The passport that is served still says it all; its row notes that the model was seen again."""

    row: ShardRow


def admit(raw: RawListing) -> Listing | Quarantined:
    """Read one record and check that it holds together, or say what is wrong with it."""
    stage: Stage = "normalise"
    try:
        listing = READERS[raw.source](raw)
        stage = "validate"
        validate(listing)
    except FAULTS as error:
        return _refused(raw, stage, error, raw.body)
    return listing


def make(
    subject: Subject, last: ShardRow | None, *, terms: Terms, signer: Signer, trusted: KeyRing, generation: int
) -> Issued | Unchanged | Quarantined:
    """Make a model's passport, or find that none need be made, or say why none can be.

    `last` is the row that is served now, `trusted` the keys that readers trust, `generation` the one that will serve
    the result.
    """
    stage: Stage = "enrich"
    try:
        candidate = draft(subject, terms)
        cause = cause_of(candidate, last, terms)
        if last is not None and cause is None:
            return Unchanged(_seen_again(last, subject, terms))
        cause, stage = cause or "first_seen", "issue"
        unsigned = _written(issue(candidate, cause, last, terms), subject, terms)
        stage = "verify"
        passport = read_back(unsigned)
        stage = "sign"
        document = sealed(unsigned, passport, signer=signer, trusted=trusted)
    except FAULTS as error:
        return _refused(subject.primary, stage, error, subject.primary.model_dump_json())
    return Issued(_row(candidate, last, document, cause=cause, terms=terms, generation=generation), document)


def _written(unfragile: Document, subject: Subject, terms: Terms) -> bytes:
    """Write the document; it expires by the age of the look that it rests on, not of its signature."""
    expires_at = deadlines(looked_at(subject), terms.gates[subject.primary.source]).void
    return written(unfragile, signed_at=terms.now, expires_at=expires_at, issuer=terms.issuer.name, key_id=terms.key_id)


def _row(
    candidate: Draft, last: ShardRow | None, document: bytes, *, cause: Cause, terms: Terms, generation: int
) -> ShardRow:
    primary = candidate.subject.primary
    return ShardRow(
        slug=candidate.subject.slug,
        listing_id=primary.base_id,
        object=hashlib.sha256(document).hexdigest(),
        payload=candidate.payload,
        facts=candidate.facts,
        status=candidate.unfragile["artifact"]["status"],
        cause=cause,
        key_id=terms.key_id,
        previous=last.object if last else None,
        first_seen=earlier(last.first_seen, terms.now) if last else primary.observed_at,
        last_seen=primary.observed_at,
        last_changed=last_changed(candidate, last, terms),
        last_scraped_at=primary.observed_at,
        looked_at=looked_at(candidate.subject),
        generation=generation,
    )


def _seen_again(last: ShardRow, subject: Subject, terms: Terms) -> ShardRow:
    seen = subject.primary.observed_at
    return last.model_copy(
        update={"last_seen": seen if is_ahead(last.last_seen, terms.now) else max(last.last_seen, seen)}
    )


def _refused(what: RawListing | Listing, stage: Stage, error: Exception, raw: str) -> Quarantined:
    """Put a record aside with the step, place and reason that stopped it."""
    pointer, reason = "", f"{type(error).__name__}: {error}"
    if isinstance(error, FieldError | SealError):
        pointer, reason = error.pointer, error.reason
    return Quarantined(
        stage=stage, source=what.source, id=what.id, field=pointer, reason=reason, observed_at=what.observed_at, raw=raw
    )
