"""Checks the signature of any signed document against a ring of keys."""

import base64
from collections.abc import Mapping
from typing import Any

from pipelines.formats.canonical_json import NotCanonicalError
from pipelines.signing.dsse import pae, signed_body
from pipelines.signing.keys import KeyRing
from schemas.verdict import Finding, Verdict

ALGORITHM = "Ed25519"
ENVELOPE_VERSION = 1
"""`version` of a passport's envelope in the published format."""
PASSPORT_TYPE = "application/vnd.unfragile.trust-passport+json"
SNAPSHOT_TYPE = "application/vnd.unfragile.registry-snapshot+json"
TIMESTAMP_TYPE = "application/vnd.unfragile.registry-timestamp+json"
PAGES_TYPE = "application/vnd.unfragile.registry-pages+json"

SIGNATURE_BYTES = 64


def signature_fault(envelope: Mapping[str, Any], *, payload_type: str, keys: KeyRing) -> Finding | None:
    """Return why the signature of an envelope (a passport, a registry file) is not valid; None where it is."""
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
        return Finding(
            Verdict.BAD_SIGNATURE,
            f'"signature" is not one of the key "{key_id}" for this content: the file was changed; fetch it again',
        )
    return None


def _signature_bytes(text: object) -> bytes | None:
    """Return the 64 bytes of a signature; None unless the text is their canonical base64 (padded, no stray bits)."""
    if not isinstance(text, str):
        return None
    try:
        signature = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return signature if len(signature) == SIGNATURE_BYTES and base64.b64encode(signature).decode() == text else None
