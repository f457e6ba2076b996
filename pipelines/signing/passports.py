"""Signs passports so that what is signed is exactly what a reader will read.

A document is written, read back and held to the contract; the canonical form of what was read is signed, and the
signature is checked with the keys that readers trust. Only then is it put into the bytes. So each step of a reader's
verification has been done once on the bytes that are published.
"""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from pipelines.errors import PlacedError
from pipelines.signing.contract import explain_first
from pipelines.signing.dsse import pae, signed_body
from pipelines.signing.keys import KeyRing, Signer
from pipelines.signing.signatures import ALGORITHM, ENVELOPE_VERSION, PASSPORT_TYPE, objection_to_time
from pipelines.signing.verification import MAX_PASSPORT_BYTES
from schemas.times import timestamp

_PLACEHOLDER = b"A" * 86 + b"=="
"""Fills the signature's place until it is made: 64 zero bytes in base64, which no Ed25519 signature is."""
_SIGNATURE_AT = b'"signature":"' + _PLACEHOLDER


class PassportError(PlacedError):
    """Raised where a passport that was written is not one that a reader would accept."""

    whole = "the passport"


def unsigned_bytes(
    unfragile: Mapping[str, Any], *, signed_at: datetime, expires_at: datetime, issuer: str, key_id: str
) -> bytes:
    """Return a document that lacks only its signature; raise ValueError if it would expire before it is signed."""
    begin, end = timestamp(signed_at), timestamp(expires_at)
    if end <= begin:
        ends = f"{end}, before it is signed at {begin}"
        raise ValueError(f"its last scrape is so old that the passport would expire at {ends}: crawl its sources again")
    passport = {
        "unfragile": unfragile,
        "signature": _PLACEHOLDER.decode(),
        "signedAt": begin,
        "signedBy": issuer,
        "version": ENVELOPE_VERSION,
        "algorithm": ALGORITHM,
        "keyId": key_id,
        "payloadType": PASSPORT_TYPE,
        "expiresAt": end,
    }
    return orjson.dumps({"passport": passport})


def parse_and_check(document: bytes) -> dict[str, Any]:
    """Return the `passport` object of a written document; raise PassportError where it breaks the contract.

    Readers parse more strictly, since others wrote their bytes: what orjson writes repeats no key, and the contract
    bounds depth and numbers.
    """
    if len(document) > MAX_PASSPORT_BYTES:
        raise PassportError("", f"has {len(document)} bytes, and readers accept at most {MAX_PASSPORT_BYTES}")
    parsed = orjson.loads(document)
    refusal = explain_first(parsed)
    if refusal:
        raise PassportError(refusal.pointer, refusal.reason)
    passport: dict[str, Any] = parsed["passport"]
    return passport


def sign(document: bytes, passport: dict[str, Any], *, signer: Signer, trusted: KeyRing) -> bytes:
    """Return the document with the signature of `passport` in it; raise PassportError unless readers will trust it."""
    message = pae(PASSPORT_TYPE, signed_body(passport))
    signature = signer.sign_as_it_is(message)
    if objection := trusted.objection(signer.key_id, "passports"):
        raise PassportError(
            "/passport/keyId", f"is a key that readers do not trust ({objection}): sign with another one"
        )
    if fault := objection_to_time(passport, PASSPORT_TYPE, trusted):
        raise PassportError("/passport/keyId", f"is a key that readers do not trust now: {fault.reason}")
    if not trusted.confirms(signature, message, key_id=passport["keyId"]):
        raise PassportError("/passport/signature", "cannot be verified with the key: check the key file")
    return document.replace(_SIGNATURE_AT, b'"signature":"' + base64.b64encode(signature), 1)
