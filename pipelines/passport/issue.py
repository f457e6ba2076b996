"""Decides whether a passport is issued again, and records the cause."""

from pipelines.ahead import earlier, row_is_ahead
from pipelines.enrich.evidence import Document
from pipelines.enrich.status import last_observed_at
from pipelines.freshness import deadlines
from pipelines.merge.subject import Subject
from pipelines.passport.document import Draft, IssueContext, Substance
from pipelines.scoring.recompute import recompute
from schemas.registry import Cause, ShardRow
from schemas.times import instant, timestamp


def cause_of(subject: Subject, substance: Substance, last: ShardRow | None, terms: IssueContext) -> Cause | None:
    """The reason to issue a passport, None where the one that is served still holds."""
    if last is None:
        return "first_seen"
    if _is_void(subject, terms) or _is_revoked(subject, substance, terms):
        return None
    if substance.payload != last.payload:
        return "source_changed" if substance.facts != last.facts else "pipeline_changed"
    if terms.key_id != last.key_id:
        return "key_changed"
    renewed = terms.renew or row_is_ahead(last, terms.now) or _is_due(subject, last, terms)
    return "refreshed" if renewed else None


def _is_void(subject: Subject, terms: IssueContext) -> bool:
    """Whether the last observation is too old to sign by: the served passport has expired, and readers see it.

    This happens after a long pause, to a model that is missed for the first time: it cannot be renewed, and is not yet
    certainly gone.
    """
    return deadlines(last_observed_at(subject), terms.gates[subject.primary.source]).void <= terms.now


def _is_revoked(subject: Subject, substance: Substance, terms: IssueContext) -> bool:
    """Whether this substance was revoked, and nobody asked for it: what was revoked must not come back by itself."""
    return not terms.renew and terms.revoked.get(subject.slug) == substance.payload


def _is_due(subject: Subject, last: ShardRow, terms: IssueContext) -> bool:
    """Whether the served passport is past its refresh time, and there is a newer observation to renew it with."""
    is_old = terms.now - instant(last.last_observed_at) > terms.gates[subject.primary.source].refresh_after
    return is_old and last_observed_at(subject) > last.last_observed_at


def issue(candidate: Draft, cause: Cause, last: ShardRow | None, terms: IssueContext) -> Document:
    """Complete a draft with the cause, the date of the last change of substance, and the score."""
    unfragile = candidate.unfragile
    unfragile["provenance"]["cause"] = cause
    unfragile["trust"]["maintenance"]["updated_at"] = last_changed(candidate, last, terms)
    unfragile["trust"] |= recompute(unfragile, signed_at=instant(timestamp(terms.now)))
    return unfragile


def last_changed(candidate: Draft, last: ShardRow | None, terms: IssueContext) -> str:
    """When the substance last changed: now, or at the earlier time that the served passport states."""
    return earlier(last.last_changed, terms.now) if last and last.payload == candidate.payload else timestamp(terms.now)
