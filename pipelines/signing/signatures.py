"""Checks the signature of any signed document against a ring of keys."""

import base64
from collections.abc import Mapping
from typing import Any

from pipelines.formats.canonical_json import NotCanonicalError
from pipelines.signing.dsse import pae, signed_body
from pipelines.signing.keys import KeyRing
from schemas.root import Role
from schemas.verdict import Finding, Verdict

ALGORITHM = "Ed25519"
ENVELOPE_VERSION = 1
"""`version` of a passport's envelope in the published format."""
PASSPORT_TYPE = "application/vnd.unfragile.trust-passport+json"
BRIEF_TYPE = "application/vnd.unfragile.trust-brief+json"
SNAPSHOT_TYPE = "application/vnd.unfragile.registry-snapshot+json"
TIMESTAMP_TYPE = "application/vnd.unfragile.registry-timestamp+json"
PAGES_TYPE = "application/vnd.unfragile.registry-pages+json"
REVOCATIONS_TYPE = "application/vnd.unfragile.registry-revocations+json"
ROOT_TYPE = "application/vnd.unfragile.registry-root+json"

ROLE_OF: Mapping[str, Role] = {
    PASSPORT_TYPE: "passports",
    BRIEF_TYPE: "passports",
    SNAPSHOT_TYPE: "registry",
    TIMESTAMP_TYPE: "registry",
    PAGES_TYPE: "registry",
    REVOCATIONS_TYPE: "revocations",
}
"""Payload type → the role whose keys sign it. Roots are signed by root keys (`pipelines.signing.roots`)."""

SIGNATURE_BYTES = 64


def signature_fault(
    envelope: Mapping[str, Any], *, payload_type: str, keys: KeyRing, generation: int | None = None
) -> Finding | None:
    """Return why the signature of an envelope (a passport, a registry file) is not valid; None where it is.

    `generation` is the one that issued a passport, as the registry states it: a passport that a revoked key signed is
    good only if it was issued by a generation that the root calls good.
    """
    return (
        _objection_to_terms(envelope, payload_type)
        or _objection_to_signature(envelope, payload_type, keys)
        or objection_to_time(envelope, payload_type, keys, generation)
    )


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
    against_key = keys.objection(key_id, ROLE_OF[payload_type])
    if against_key is Verdict.KEY_REVOKED:
        return Finding(against_key, f'the key "{key_id}" ("keyId") is revoked: fetch a file signed with a current key')
    if against_key:
        return Finding(against_key, f'the key "{key_id}" ("keyId") is not trusted here: get the issuer\'s current keys')
    signature = signature_bytes(envelope.get("signature"))
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


def objection_to_time(
    envelope: Mapping[str, Any], payload_type: str, keys: KeyRing, generation: int | None = None
) -> Finding | None:
    """Return why a key may not have signed this at its date or generation, as the root states; None where it may.

    A brief has no date of its own: one is signed anew, of an older passport, whenever the key has changed.
    """
    key = keys.role_key(envelope["keyId"], ROLE_OF[payload_type])
    if key is None:
        return None
    name = f'the key "{envelope["keyId"]}" ("keyId")'
    dated = _date_of(envelope, payload_type)
    if payload_type != BRIEF_TYPE and not (isinstance(dated, str) and key.valid_from <= dated < key.valid_until):
        reason = f"it is dated {dated!s:.30}, and the root allows the key from {key.valid_from} until {key.valid_until}"
        return Finding(Verdict.UNKNOWN_KEY, f"{name} may not sign this: {reason}")
    if key.last_good is None:
        return None
    if payload_type == SNAPSHOT_TYPE:
        generation = envelope["signed"].get("generation")
    elif payload_type != PASSPORT_TYPE:
        return Finding(Verdict.KEY_REVOKED, f"{name} is revoked: fetch the file again, signed with a current key")
    if isinstance(generation, int) and generation <= key.last_good:
        return None
    issued = (
        "its generation is not known here, so compare it with the registry"
        if generation is None
        else f"generation {generation}"
    )
    reason = f"what it signed is good up to generation {key.last_good}, and this is not: {issued}"
    return Finding(Verdict.KEY_REVOKED, f"{name} is revoked: {reason}")


def _date_of(envelope: Mapping[str, Any], payload_type: str) -> object:
    if payload_type == PASSPORT_TYPE:
        return envelope.get("signedAt")
    return envelope["signed"].get("created_at" if payload_type == SNAPSHOT_TYPE else "issued_at")


def signature_bytes(text: object) -> bytes | None:
    """Return the 64 bytes of a signature; None unless the text is their canonical base64 (padded, no stray bits)."""
    if not isinstance(text, str):
        return None
    try:
        signature = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return signature if len(signature) == SIGNATURE_BYTES and base64.b64encode(signature).decode() == text else None
