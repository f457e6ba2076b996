"""Judges a passport, given by its slug or as bytes, by its signature and by a generation of its registry."""

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson

from flows.registry.signed_files import TamperedError
from flows.store.base import MissingKeyError, find
from pipelines.registry.layout import object_key
from pipelines.registry.revoked import revocation_of
from pipelines.signing.verification import MAX_PASSPORT_BYTES, verify_passport
from schemas.verdict import Finding, Verdict

if TYPE_CHECKING:
    from flows.registry.reader import Reader


def check(reader: "Reader", target: str | bytes, seen_generation: int | None) -> Finding:
    """Return the verdict on a passport by the reader's generation; see `Reader.check`."""
    finding = _check_served(reader, target) if isinstance(target, str) else _check_given(reader, target)
    return (_standing(reader, seen_generation) or finding) if finding.verdict.good else finding


def _check_served(reader: "Reader", slug: str) -> Finding:
    row = reader.row(slug)
    blob = row and find(reader.store, object_key(row.object), max_bytes=MAX_PASSPORT_BYTES)
    if row is None or not blob:
        return Finding(Verdict.NOT_IN_SNAPSHOT, f"{slug}: no such passport in {reader}")
    finding, passport = verify_passport(blob.body, keys=reader.keys, at=reader.at, generation=row.generation)
    if passport is None or not finding.verdict.good:
        return finding
    if hashlib.sha256(blob.body).hexdigest() != row.object or _slug_of(passport) != slug:
        reason = f"{slug}: the file at {object_key(row.object)} is not what {reader} names"
        return Finding(Verdict.NOT_IN_SNAPSHOT, reason)
    if (found := _revocation(reader, passport)) is not None:
        return found._replace(age=finding.age)
    return finding._replace(verdict=Verdict.OK, reason=f"signed by a trusted key, in date, and the one in {reader}")


def _check_given(reader: "Reader", raw: bytes) -> Finding:
    finding, given = verify_passport(raw, keys=reader.keys, at=reader.at, generation=0)
    if given is None or not finding.verdict.good:
        return finding
    slug = _slug_of(given)
    if (found := _revocation(reader, given)) is not None:
        return found._replace(age=finding.age)
    there = _check_served(reader, slug)
    if not there.verdict.good:
        return there
    compared = _compare(reader, slug, given)
    if compared.verdict is not Verdict.OK:  # of another generation than the one served, which nothing states
        finding, _ = verify_passport(raw, keys=reader.keys, at=reader.at)
    return (compared if finding.verdict.good else finding)._replace(age=finding.age)


def _revocation(reader: "Reader", passport: dict[str, Any]) -> Finding | None:
    """Return the finding that a passport is revoked, else None, also where the list cannot be read."""
    with suppress(MissingKeyError, TamperedError):  # reported by `check` as a freeze
        if found := revocation_of(passport, reader.revoked):
            return Finding(Verdict.REVOKED, f"{found.slug}: revoked at {found.revoked_at}: {found.reason}")
    return None


def _compare(reader: "Reader", slug: str, given: dict[str, Any]) -> Finding:
    served = orjson.loads(reader.passport(slug))["passport"]
    if given["signature"] == served["signature"]:
        return Finding(Verdict.OK, f"signed by a trusted key, in date, and the one in {reader}")
    if given["signedAt"] > served["signedAt"]:
        reason = f"{slug}: signed at {given['signedAt']}, which is later than the one in {reader}"
        return Finding(Verdict.NOT_IN_SNAPSHOT, reason)
    return Finding(
        Verdict.SUPERSEDED,
        f"{slug}: the signature is good, but {reader} has a version signed at {served['signedAt']}",
    )


def _standing(reader: "Reader", seen_generation: int | None) -> Finding | None:
    if seen_generation is not None and seen_generation > reader.served_generation:
        reason = f"generation {reader.served_generation} is served, but generation {seen_generation} was seen before"
        return Finding(Verdict.ROLLBACK, f"{reader.store.name}: {reason}")
    try:
        _ = reader.revoked
    except (MissingKeyError, TamperedError) as error:
        reason = (
            f"{reader} names list {reader.revocations_number} of revocations, which is withheld or damaged: {error}"
        )
        return Finding(Verdict.FREEZE, reason)
    if reader.frozen:
        reason = f"the pointer to {reader} expired at {reader.pointer.expires_at}: newer ones may be withheld from you"
        return Finding(Verdict.FREEZE, reason)
    return None


def _slug_of(passport: dict[str, Any]) -> str:
    return str(passport["unfragile"]["artifact"]["slug"])
