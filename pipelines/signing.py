"""Sealing passports and registry files, and opening what others have sealed."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pipelines.canonical import NotCanonicalError
from pipelines.dsse import pae, signed_body
from pipelines.errors import PipelineError
from pipelines.keys import KeyRing, Signer
from pipelines.strict_json import MalformedJsonError, parse
from schemas.times import timestamp
from schemas.verdict import Finding, Verdict

__all__ = [
    "ALGORITHM",
    "PASSPORT_TYPE",
    "SNAPSHOT_TYPE",
    "TIMESTAMP_TYPE",
    "SignatureError",
    "objection",
    "open_record",
    "seal_passport",
    "seal_record",
]

ALGORITHM = "Ed25519"
ENVELOPE_VERSION = 1
"""`version` of the passport's envelope, as the published format has it."""
PASSPORT_TYPE = "application/vnd.unfragile.trust-passport+json"
SNAPSHOT_TYPE = "application/vnd.unfragile.registry-snapshot+json"
TIMESTAMP_TYPE = "application/vnd.unfragile.registry-timestamp+json"
MAX_RECORD_BYTES = 16 << 20
"""A snapshot names at most 256 shards, some 100 bytes each; the rest is room for a run report."""
MAX_RECORD_DEPTH = 32
SIGNATURE_BYTES = 64
_RECORD_MEMBERS = {"signed", "signature", "algorithm", "keyId", "payloadType"}


class SignatureError(PipelineError):
    """A sealed registry file cannot be believed; `finding` holds the verdict and the reason."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.verdict}: {finding.reason}")
        self.finding = finding


def seal_passport(
    unfragile: Mapping[str, Any], *, signer: Signer, signed_at: datetime, expires_at: datetime, issuer: str
) -> dict[str, Any]:
    """Sign a passport: the whole document `{"passport": {…}}`, its keys in the order they are served in.

    Raises NotCanonicalError when `unfragile` cannot be said in canonical JSON, and ValueError on instants without a
    time zone or an end before the beginning.
    """
    begin, end = timestamp(signed_at), timestamp(expires_at)
    if end <= begin:
        raise ValueError(f"a passport signed at {begin} cannot expire at {end}: it would never be valid")
    statement = {
        "unfragile": unfragile,
        "signedAt": begin,
        "signedBy": issuer,
        "version": ENVELOPE_VERSION,
        "algorithm": ALGORITHM,
        "keyId": signer.key_id,
        "payloadType": PASSPORT_TYPE,
        "expiresAt": end,
    }
    return {"passport": {"unfragile": unfragile, "signature": _sign(statement, signer), **statement}}


def seal_record(payload: Mapping[str, Any], *, payload_type: str, signer: Signer) -> dict[str, Any]:
    """Sign a registry file: `{"signed": payload, "signature": …, "algorithm": …, "keyId": …, "payloadType": …}`.

    Raises NotCanonicalError when the payload cannot be said in canonical JSON.
    """
    statement = {"signed": payload, "algorithm": ALGORITHM, "keyId": signer.key_id, "payloadType": payload_type}
    return {"signed": payload, "signature": _sign(statement, signer), **statement}


def open_record(raw: bytes, *, payload_type: str, keys: KeyRing) -> dict[str, Any]:
    """Return the payload of a sealed registry file of this type; raises SignatureError unless its signature holds."""
    try:
        record = parse(raw, max_bytes=MAX_RECORD_BYTES, max_depth=MAX_RECORD_DEPTH)
    except MalformedJsonError as error:
        raise SignatureError(Finding(Verdict.MALFORMED, f"{error.reason}; fetch the file again")) from None
    if not isinstance(record, dict) or set(record) != _RECORD_MEMBERS or not isinstance(record["signed"], dict):
        members = ", ".join(sorted(_RECORD_MEMBERS))
        raise SignatureError(Finding(Verdict.MALFORMED, f"not a sealed file: it must have {members} and nothing else"))
    finding = objection(record, payload_type=payload_type, keys=keys)
    if finding:
        raise SignatureError(finding)
    payload: dict[str, Any] = record["signed"]
    return payload


def objection(envelope: Mapping[str, Any], *, payload_type: str, keys: KeyRing) -> Finding | None:
    """Say why the signature of an envelope (a passport, a registry file) does not hold; None when it does."""
    return _objection_to_terms(envelope, payload_type) or _objection_to_signature(envelope, payload_type, keys)


def _objection_to_terms(envelope: Mapping[str, Any], payload_type: str) -> Finding | None:
    for member, expected in (("algorithm", ALGORITHM), ("payloadType", payload_type)):
        if envelope.get(member) != expected:
            reason = (
                f'"{member}" must be "{expected}": this file is of another kind or an older format; fetch a newer one'
            )
            return Finding(Verdict.MALFORMED, reason)
    if not isinstance(envelope.get("keyId"), str):
        return Finding(Verdict.MALFORMED, '"keyId" is missing: the signature names no key; fetch a newer file')
    return None


def _objection_to_signature(envelope: Mapping[str, Any], payload_type: str, keys: KeyRing) -> Finding | None:
    key_id = envelope["keyId"]
    against_key = keys.objection(key_id)
    if against_key is Verdict.KEY_REVOKED:
        return Finding(against_key, f'the key "{key_id}" ("keyId") is revoked: fetch a file signed with a current key')
    if against_key:
        return Finding(against_key, f'the key "{key_id}" ("keyId") is not trusted here: get the issuer\'s current keys')
    signature = _signature_bytes(envelope.get("signature"))
    if signature is None:
        return Finding(Verdict.BAD_SIGNATURE, '"signature" is not 64 bytes in canonical base64: fetch the file again')
    try:
        message = pae(payload_type, signed_body(envelope))
    except NotCanonicalError as error:
        return Finding(Verdict.MALFORMED, f"{error}; fetch the file again")
    if not keys.confirms(signature, message, key_id=key_id):
        return Finding(Verdict.BAD_SIGNATURE, f'"signature" is not what the key "{key_id}" says: the file was altered')
    return None


def _sign(statement: Mapping[str, Any], signer: Signer) -> str:
    return signer.sign(statement["payloadType"], signed_body(statement))


def _signature_bytes(text: object) -> bytes | None:
    """Read 64 bytes; None unless they are spelled in base64's one canonical way (padded, no stray bits)."""
    if not isinstance(text, str):
        return None
    try:
        signature = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return signature if len(signature) == SIGNATURE_BYTES and base64.b64encode(signature).decode() == text else None
