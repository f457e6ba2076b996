"""Verifies the passport that a row names: its hash, its signature and its dates."""

import hashlib
from datetime import datetime
from typing import Any, NamedTuple

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
    """Return the verdict on the passport that a row names, and its content: the `passport` object.

    The content is None unless a trusted key signed it and the row names it, whatever its age.
    """
    keys, at, generation = judging
    blob = row and find(store, object_key(row.object), max_bytes=MAX_PASSPORT_BYTES)
    if row is None or not blob:
        return Finding(Verdict.NOT_IN_SNAPSHOT, f"{slug}: no such passport in {generation}"), None
    finding, passport = verify_passport(blob.body, keys=keys, at=at)
    if passport is None:
        return finding, None
    if hashlib.sha256(blob.body).hexdigest() != row.object or slug_in(passport) != slug:
        reason = f"{slug}: the file at {object_key(row.object)} is not what {generation} names"
        return (Finding(Verdict.NOT_IN_SNAPSHOT, reason) if finding.verdict.good else finding), None
    if not finding.verdict.good:
        return finding, passport
    return finding._replace(
        verdict=Verdict.OK, reason=f"signed by a trusted key, in date, and the one in {generation}"
    ), passport


def slug_in(passport: dict[str, Any]) -> str:
    """Return the slug that a passport states."""
    return str(passport["unfragile"]["artifact"]["slug"])
