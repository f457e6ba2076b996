"""Reading an immutable file so that it can be kept or copied: only what was signed comes back."""

from datetime import datetime

from flows.reachable import Item
from flows.sealed import checked_delta, read_hashed, tampered
from flows.store.base import MAX_BLOB_BYTES, Store
from flows.store.keys import DELTAS
from pipelines.keys import KeyRing
from pipelines.verify import verify_passport
from schemas.verdict import Verdict

GENUINE = frozenset({Verdict.OK_OFFLINE, Verdict.EXPIRED, Verdict.NOT_YET_VALID})
"""Verdicts on a passport whose signature holds: how old it is does not matter here."""


def read_genuine(store: Store, item: Item, trusted: KeyRing, at: datetime) -> bytes:
    """Read a file that must hash to what was signed, and if it is a passport be signed.

    Raises MissingKeyError and TamperedError.
    """
    if item.sha256 is None:
        return store.get(item.key).body
    if item.key.startswith(DELTAS):
        return checked_delta(store, item.key, item.sha256, item.unpacked_bytes)
    largest = MAX_BLOB_BYTES if item.packed_bytes is None else item.packed_bytes
    body = read_hashed(store, item.key, item.sha256, max_bytes=largest)
    if item.key.startswith("registry/objects/"):
        finding, _ = verify_passport(body, keys=trusted, at=at)
        if finding.verdict not in GENUINE:
            raise tampered(store, item.key, f"is not to be believed: {finding.reason}")
    return body
