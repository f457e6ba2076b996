"""Verifies the passport that a row names: its hash, its signature and its dates."""

import hashlib
from datetime import datetime
from typing import Any, NamedTuple

from flows.registry.signed_files import REMEDY
from flows.store.base import Store, find
from pipelines.registry.layout import object_key
from pipelines.signing.keys import KeyRing
from pipelines.signing.verification import MAX_PASSPORT_BYTES, verify_passport
from schemas.registry import ShardRow
from schemas.verdict import Finding, Verdict


class Judging(NamedTuple):
    """By which keys and when a passport is judged, and the generation that names it, for messages."""

    keys: KeyRing
    at: datetime
    generation: str


def verified_object(
    store: Store, row: ShardRow | None, slug: str, judging: Judging
) -> tuple[Finding, dict[str, Any] | None]:
    """Return the verdict on the passport that a row names, and its content, None unless trusted keys signed it.

    The content is the `passport` object; None too unless it is the one that the row names, whatever its age.
    """
    keys, at, generation = judging
    if row is None:
        return Finding(Verdict.NOT_IN_SNAPSHOT, f"{slug}: no such passport in {generation}"), None
    key = object_key(row.object)
    blob = find(store, key, max_bytes=MAX_PASSPORT_BYTES)
    if not blob:
        reason = f"the served object {key} is missing, although {generation} names it: {REMEDY}"
        return Finding(Verdict.UNREADABLE, reason), None
    finding, passport = verify_passport(blob.body, keys=keys, at=at)
    genuine = hashlib.sha256(blob.body).hexdigest() == row.object
    if not genuine and not finding.verdict.good:
        return finding._replace(reason=f"the served object {key} is damaged: {finding.reason}: {REMEDY}"), None
    if passport and not (genuine and slug_in(passport) == slug):
        reason = f"the served object {key} is damaged: it is not what {generation} names: {REMEDY}"
        return Finding(Verdict.NOT_IN_SNAPSHOT, reason) if finding.verdict.good else finding, None
    if passport is None or not finding.verdict.good:
        return finding, passport
    reason = f"signed by a trusted key, in date, and the one in {generation}"
    return finding._replace(verdict=Verdict.OK, reason=reason), passport


def slug_in(passport: dict[str, Any]) -> str:
    """Return the slug that a passport states."""
    return str(passport["unfragile"]["artifact"]["slug"])
