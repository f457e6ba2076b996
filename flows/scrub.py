"""Scrubbing: immutable files are read again, hashed and verified, so many a run, and repaired from another copy."""

from datetime import datetime
from typing import NamedTuple

from flows.reachable import Item, reachable
from flows.reader import Reader
from flows.sealed import RegistryError, read_hashed, tampered
from flows.store.base import MissingKeyError, Store, StoreError
from flows.store.pool import each
from pipelines.signing import KeyRing
from pipelines.verify import verify_passport
from schemas.verdict import Verdict

GENUINE = frozenset({Verdict.OK_OFFLINE, Verdict.EXPIRED, Verdict.NOT_YET_VALID})
"""Verdicts on a passport whose signature holds: how old it is does not matter here."""


class Damage(NamedTuple):
    """A file that is not what was signed."""

    key: str
    reason: str
    repaired: bool


class Scrubbed(NamedTuple):
    """What came of a run."""

    looked_at: int
    of: int
    damages: list[Damage]


def scrub(store: Store, reader: Reader, *, trusted: KeyRing, budget: int, copy: Store | None) -> Scrubbed:
    """Read up to `budget` files again, others each day, and repair what is damaged from `copy`.

    A run begins where the day's number times the budget points to, so that daily runs come round. Nothing is kept of
    where the last one ended. Raises TamperedError where the way to the files, snapshots and shards, is damaged.
    """
    files = sorted({item for item in reachable(reader, reader.ancestry()) if item.sha256})
    day = (reader.at - datetime.min.replace(tzinfo=reader.at.tzinfo)).days
    begin = day * budget % len(files)
    chosen = (files[begin:] + files[:begin])[:budget]
    found = each(lambda item: _damage(store, item, trusted, reader.at, copy), chosen, workers=store.workers)
    return Scrubbed(len(chosen), len(files), [damage for damage in found if damage])


def read_genuine(store: Store, item: Item, trusted: KeyRing, at: datetime) -> bytes:
    """Read a file that must hash to what was signed, and if it is a passport be signed; raise TamperedError."""
    body = store.get(item.key).body if item.sha256 is None else read_hashed(store, item.key, item.sha256)
    if item.key.startswith("registry/objects/"):
        finding, _ = verify_passport(body, keys=trusted, at=at)
        if finding.verdict not in GENUINE:
            raise tampered(store, item.key, f"is not to be believed: {finding.reason}")
    return body


def _damage(store: Store, item: Item, trusted: KeyRing, at: datetime, copy: Store | None) -> Damage | None:
    try:
        read_genuine(store, item, trusted, at)
    except (RegistryError, MissingKeyError) as error:
        return Damage(item.key, str(error), copy is not None and _repaired(store, item, trusted, at, copy))
    return None


def _repaired(store: Store, item: Item, trusted: KeyRing, at: datetime, copy: Store) -> bool:
    try:
        body = read_genuine(copy, item, trusted, at)
    except (RegistryError, StoreError):
        return False
    store.put(item.key, body)
    return True
