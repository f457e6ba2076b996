"""Signs and reads lists of revocations."""

import hashlib
from typing import NamedTuple

import orjson

from flows.registry.signed_files import opened_record, read_hashed, tampered
from flows.store.base import Store
from pipelines.registry.layout import revocations_key
from pipelines.signing.keys import KeyRing, Signer
from pipelines.signing.registry_files import sign_file
from pipelines.signing.signatures import REVOCATIONS_TYPE
from schemas.revocations import RevocationList, RevocationsRef

MAX_REVOCATIONS_BYTES = 16 * 2**20
"""Some 30,000 revocations with long reasons; the bound of any signed file."""


class SealedRevocations(NamedTuple):
    """A signed list of revocations: a snapshot's reference to it, its content, and its bytes."""

    ref: RevocationsRef
    content: RevocationList
    body: bytes


def seal_revocations(content: RevocationList, signer: Signer) -> SealedRevocations:
    """Sign a list of revocations."""
    payload = content.model_dump(mode="json")
    body = orjson.dumps(sign_file(payload, payload_type=REVOCATIONS_TYPE, signer=signer))
    return SealedRevocations(
        RevocationsRef(number=content.number, sha256=hashlib.sha256(body).hexdigest()), content, body
    )


def read_revocations(store: Store, ref: RevocationsRef, keys: KeyRing) -> RevocationList:
    """Return a list of revocations after checking hash and signature; raise MissingKeyError or TamperedError."""
    key = revocations_key(ref.sha256)
    body = read_hashed(store, key, ref.sha256, max_bytes=MAX_REVOCATIONS_BYTES)
    content = opened_record(RevocationList, body, REVOCATIONS_TYPE, keys, place=f"{store.name}: {key}")
    if content.number != ref.number:
        raise tampered(store, key, f"is list {content.number} of revocations")
    return content
