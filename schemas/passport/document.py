"""The document that is served: a signed passport and its links.

Read one with `SignedDocument.model_validate_json(raw)`; write it with `.model_dump_json(by_alias=True,
exclude_unset=True)`, which keeps the order of keys and leaves out keys that were missing. Tests check that schema.json
and these models refuse the same documents.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from schemas.base import Frozen
from schemas.passport.artifact import Artifact, Capability, Purpose
from schemas.passport.evidence import Conflict, Evidence, Provenance, Unknown
from schemas.passport.scalars import OMISSIBLE, Instant, Line, Month, Url, Whole
from schemas.passport.trust import Trust

SIGNATURE_TERMS = frozenset(("algorithm", "key_id", "payload_type", "expires_at"))
"""Members that describe an envelope's signature: it has all of them or, in the older format, none."""

Signature = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{85}[AQgw]==$")]
"""64 bytes in canonical base64 with padding: the four unused bits of the last digit are zero."""

KeyId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
"""RFC 7638 SHA-256 thumbprint in canonical unpadded base64url."""


LogHash = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$")]
"""32 bytes in canonical base64 with padding."""
MOST_LOGGED = 2**40
"""Most entries of a registry's log."""

PayloadType = Literal["application/vnd.unfragile.trust-passport+json"]
"""Type that is signed together with a passport's content."""


class Distribution(Frozen):
    """Addresses where a builder claims the artifact, and where users compare it with others."""

    claim_url: Url
    compare_url: Url


class Statement(Frozen):
    """Content of the passport: `passport.unfragile`."""

    vocabulary: Annotated[Literal["1.0"], Field(alias="@version")]
    version: Month
    """Edition of the format: "2026-05"."""
    artifact: Artifact
    capabilities: tuple[Capability, ...]
    purposes: Annotated[tuple[Purpose, ...] | None, OMISSIBLE, Field(max_length=6)] = None
    trust: Trust
    distribution: Distribution
    evidence: Annotated[tuple[Evidence, ...] | None, OMISSIBLE] = None
    conflicts: Annotated[tuple[Conflict, ...] | None, OMISSIBLE] = None
    unknowns: Annotated[tuple[Unknown, ...] | None, OMISSIBLE] = None
    provenance: Annotated[Provenance | None, OMISSIBLE] = None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "Statement":
        if self.artifact.status != self.trust.maintenance.status:
            raise ValueError("has one status in artifact and another in trust.maintenance")
        if self.artifact.verified != self.trust.verified:
            raise ValueError("is verified in one of artifact and trust, and not in the other")
        return self

    @model_validator(mode="after")
    def _shows_all_when_it_shows_evidence(self) -> "Statement":
        if self.evidence is not None and None in (self.provenance, self.artifact.model, self.trust.freshness):
            raise ValueError("shows evidence: so it needs provenance, artifact.model and trust.freshness")
        return self


class Passport(Frozen):
    """The envelope: a statement, its signature, and what the signature covers besides."""

    unfragile: Statement
    signature: Signature
    signed_at: Annotated[Instant, Field(alias="signedAt")]
    """Time of the signature alone, which does not show how fresh the content is."""
    signed_by: Annotated[Line, Field(alias="signedBy")]
    """The issuer's name; a claim until the signature verifies."""
    version: Annotated[Whole, Field(ge=1, le=1)]
    algorithm: Annotated[Literal["Ed25519"] | None, OMISSIBLE] = None
    key_id: Annotated[KeyId | None, OMISSIBLE, Field(alias="keyId")] = None
    payload_type: Annotated[PayloadType | None, OMISSIBLE, Field(alias="payloadType")] = None
    expires_at: Annotated[Instant | None, OMISSIBLE, Field(alias="expiresAt")] = None

    @model_validator(mode="after")
    def _describes_its_signature_wholly_or_not(self) -> "Passport":
        if len(SIGNATURE_TERMS & self.model_fields_set) not in (0, len(SIGNATURE_TERMS)):
            raise ValueError("has some of algorithm, keyId, payloadType and expiresAt: give all or none")
        return self


class Links(Frozen):
    """Addresses of related documents; unsigned, so never a source of keys."""

    this: Annotated[Url, Field(alias="self")]
    """This document."""
    artifact: Url
    verify: Url
    public_key: Annotated[Url, Field(alias="publicKey")]
    spec: Url
    schema_url: Annotated[Url, Field(alias="schema")]
    docs: Url


class LogProof(Frozen):
    """Where the registry's public log states the issue, and its proof; unsigned, as the log's checkpoint is signed."""

    index: Annotated[Whole, Field(ge=0, lt=MOST_LOGGED)]
    size: Annotated[Whole, Field(ge=1, le=MOST_LOGGED)]
    """Entries of the log that the proof is about: one more than `index`."""
    proof: Annotated[tuple[LogHash, ...], Field(max_length=40)]
    """Hashes, the nearest to the entry first."""


class SignedDocument(Frozen):
    """A passport as it is served, with or without links and its place in the log."""

    passport: Passport
    links: Annotated[Links | None, OMISSIBLE, Field(alias="_links")] = None
    log: Annotated[LogProof | None, OMISSIBLE, Field(alias="_log")] = None
