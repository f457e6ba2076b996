"""Decides whether a passport is issued, and assembles what it says."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.ahead import earlier, row_is_ahead
from pipelines.artifact import Issuer, artifact_block, artifact_evidence, artifact_id, risk_evidence
from pipelines.enrich import enrich
from pipelines.evidence import Document
from pipelines.gaps import conflicts, coverage, unknowns
from pipelines.gates import Lifetimes, deadlines
from pipelines.life import life_of, looked_at, stamp
from pipelines.merge import Subject
from pipelines.model_block import model_evidence
from pipelines.rulebook import rulebook
from pipelines.score import rank_breakdown, score
from pipelines.substance import facts_digest, payload_digest
from pipelines.trust import community_evidence, failure_mode_evidence, trust_block
from schemas.listing import Listing
from schemas.registry import Cause, ShardRow
from schemas.times import instant

FORMAT = "1.0"
FORMAT_VERSION = "2026-05"
"""`@version` and `version` of the published format that ours extends."""

PIPELINE = "passports/0.1.0"


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every passport of a run."""

    issuer: Issuer
    gates: Lifetimes
    now: datetime
    key_id: str
    """Of the key that will sign."""
    renew: bool = False
    """Issue even what has not changed and is not due: somebody asked for it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a passport would say, before it is decided whether it must be said anew."""

    subject: Subject
    unfragile: Document
    payload: str
    facts: str


def draft(subject: Subject, terms: Terms) -> Draft:
    """Assemble everything but score, cause and date of change."""
    life = life_of(subject, terms.now.astimezone(UTC).date())
    profile = enrich(subject, artifact_id=artifact_id(subject), life=life)
    artifact = artifact_block(subject, issuer=terms.issuer, life=life)
    trust = trust_block(subject, profile, status=life.status, gates=terms.gates, now=terms.now)
    unknown = unknowns(artifact, trust, subject)
    trust["coverage"] = coverage(subject, unknown)
    unfragile: Document = {
        "@version": FORMAT,
        "version": FORMAT_VERSION,
        "artifact": artifact,
        "capabilities": profile.capabilities,
        "trust": trust,
        "distribution": distribution(terms.issuer, subject.slug),
        "evidence": [
            *artifact_evidence(subject, life=life),
            *model_evidence(subject),
            *profile.evidence,
            *risk_evidence(subject),
            *community_evidence(subject),
            *failure_mode_evidence(profile, trust["failure_modes"], issuer=terms.issuer, now=terms.now),
        ],
        "conflicts": conflicts(subject, life=life),
        "unknowns": unknown,
        "provenance": {"pipeline": PIPELINE, "rules_sha256": rulebook().sha256, "cause": ""},
    }
    return Draft(subject, unfragile, payload_digest(unfragile), facts_digest(_told(subject), life.flags))


def _told(subject: Subject) -> Iterator[Listing]:
    """All that is said of a model, what was answered when it was looked for and not found included."""
    yield from subject.listings()
    if subject.absence and subject.absence.confirmed:
        yield from (look for look in subject.absence.looks if look.kind == "absence")


def cause_of(candidate: Draft, last: ShardRow | None, terms: Terms) -> Cause | None:
    """Say why the passport must be issued, None when the one that is served still says it all."""
    if last is None:
        return "first_seen"
    if _is_void(candidate.subject, terms):
        return None
    if candidate.payload != last.payload:
        return "source_changed" if candidate.facts != last.facts else "pipeline_changed"
    if terms.key_id != last.key_id:
        return "key_changed"
    renewed = terms.renew or row_is_ahead(last, terms.now) or _is_due(candidate.subject, last, terms)
    return "refreshed" if renewed else None


def _is_void(subject: Subject, terms: Terms) -> bool:
    """Whether the last look is so old that nothing can be signed by it: what is served has expired, and says so.

    After a long pause this is what is missed for the first time: not there to be renewed, and not yet certainly gone.
    """
    return deadlines(looked_at(subject), terms.gates[subject.primary.source]).void <= terms.now


def _is_due(subject: Subject, last: ShardRow, terms: Terms) -> bool:
    """Whether the passport that is served looks old, and a newer look is at hand to renew it with."""
    looks_old = terms.now - instant(last.looked_at) > terms.gates[subject.primary.source].refresh_after
    return looks_old and looked_at(subject) > last.looked_at


def issue(candidate: Draft, cause: Cause, last: ShardRow | None, terms: Terms) -> Document:
    """Complete a draft: the cause, the date of the last change of substance, and the score."""
    unfragile = candidate.unfragile
    unfragile["provenance"]["cause"] = cause
    unfragile["trust"]["maintenance"]["updated_at"] = last_changed(candidate, last, terms)
    breakdown = rank_breakdown(unfragile, signed_at=instant(stamp(terms.now)))
    unfragile["trust"]["rank_breakdown"] = breakdown
    unfragile["trust"]["score"] = score(breakdown)
    return unfragile


def last_changed(candidate: Draft, last: ShardRow | None, terms: Terms) -> str:
    """When the substance last changed: now, or when it did before."""
    return earlier(last.last_changed, terms.now) if last and last.payload == candidate.payload else stamp(terms.now)


def distribution(issuer: Issuer, slug: str) -> dict[str, str]:
    """Where a builder claims the artifact, and where it is compared."""
    return {
        "claim_url": f"{issuer.base_url}/submit?claim={slug}",
        "compare_url": f"{issuer.base_url}/compare?artifact={slug}",
    }


def links(issuer: Issuer, slug: str) -> dict[str, str]:
    """The unsigned `_links` of a served copy: for navigation only, never a source of keys."""
    base = issuer.base_url
    return {
        "self": f"{base}/api/v1/passport/{slug}",
        "artifact": f"{base}/{slug}",
        "verify": f"{base}/api/v1/verify?slug={slug}",
        "publicKey": f"{base}/api/v1/trust-passport-public-key",
        "spec": f"{base}/trust",
        "schema": f"{base}/schema.json",
        "docs": f"{base}/docs",
    }
