"""Composes what a passport states, and the digests by which `issue` decides whether to issue it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from pipelines.enrich.evidence import Document
from pipelines.enrich.profile import enrich
from pipelines.enrich.purposes import purposes_of
from pipelines.enrich.status import status_of
from pipelines.merge.subject import Subject
from pipelines.passport.artifact import artifact_block, artifact_evidence, artifact_id, risk_evidence
from pipelines.passport.conflicts import conflicts
from pipelines.passport.digests import facts_digest, payload_digest
from pipelines.passport.links import Issuer, distribution
from pipelines.passport.model import model_evidence
from pipelines.passport.trust import community_evidence, failure_mode_evidence, trust_block
from pipelines.passport.unknowns import coverage, inapplicable_paths, unknown_evidence, unknowns
from pipelines.rules.gates import Lifetimes
from pipelines.rules.rulebook import rulebook
from schemas.base import Sha256
from schemas.listing import Listing

FORMAT = "1.0"
FORMAT_VERSION = "2026-05"
"""`@version` and `version` of the published format that ours extends."""

PIPELINE = "passports/0.1.0"


@dataclass(frozen=True, slots=True)
class IssueContext:
    """What is the same for every passport of a run."""

    issuer: Issuer
    gates: Lifetimes
    now: datetime
    key_id: str
    """Id of the key that will sign."""
    renew: bool = False
    """Issue also what has not changed and is not due, because a person asked for it."""
    revoked: Mapping[str, str] = field(default_factory=dict)
    """Slug → digest of the substance of its revoked passport, which is not issued again by itself."""


class Substance(NamedTuple):
    """Digests of what a passport would state and of what its sources state, by which it is decided to issue it."""

    payload: Sha256
    facts: Sha256


@dataclass(frozen=True, slots=True)
class Draft:
    """What a passport would state, before it is decided whether to issue it."""

    subject: Subject
    unfragile: Document
    substance: Substance

    @property
    def payload(self) -> Sha256:
        """The digest of what it states."""
        return self.substance.payload


def draft(subject: Subject, terms: IssueContext) -> Draft:
    """Compose a passport without score, cause and date of the last change, which `issue` adds."""
    life = status_of(subject, terms.now.astimezone(UTC).date())
    purposes = purposes_of(subject)
    profile = enrich(subject, artifact_id=artifact_id(subject), life=life)
    artifact = artifact_block(subject, issuer=terms.issuer, life=life)
    trust = trust_block(subject, profile, status=life.status, gates=terms.gates, now=terms.now)
    inapplicable = inapplicable_paths(subject)
    unknown = unknowns(artifact, trust, subject, inapplicable)
    trust["coverage"] = coverage(subject, unknown, inapplicable)
    unfragile: Document = {
        "@version": FORMAT,
        "version": FORMAT_VERSION,
        "artifact": artifact,
        "capabilities": profile.capabilities,
        "purposes": purposes.documents,
        "trust": trust,
        "distribution": distribution(terms.issuer, subject.slug),
        "evidence": [
            *artifact_evidence(subject, life=life),
            *model_evidence(subject),
            *profile.evidence,
            *purposes.evidence,
            *risk_evidence(subject),
            *community_evidence(subject),
            *unknown_evidence(subject),
            *failure_mode_evidence(profile, trust["failure_modes"], issuer=terms.issuer, now=terms.now),
        ],
        "conflicts": conflicts(subject, life=life),
        "unknowns": unknown,
        "provenance": {"pipeline": PIPELINE, "rules_sha256": rulebook().sha256, "cause": ""},
    }
    substance = Substance(payload_digest(unfragile), facts_digest(_stated(subject), life.flags))
    return Draft(subject, unfragile, substance)


def _stated(subject: Subject) -> Iterator[Listing]:
    """All records that state something of a model, with the answers that there is none."""
    yield from subject.listings()
    if subject.absence and subject.absence.confirmed:
        yield from (observation for observation in subject.absence.observations if observation.kind == "absence")
