"""Judges a passport, given by its slug or as bytes, by its signature and by a generation of its registry."""

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from flows.registry.signed_files import REMEDY, TamperedError
from flows.store.base import MissingKeyError, find
from pipelines.registry.layout import object_key
from pipelines.registry.revoked import revocation_of
from pipelines.signing.verification import MAX_PASSPORT_BYTES, verify_passport
from schemas.verdict import Finding, Verdict

if TYPE_CHECKING:
    from flows.registry.reader import Reader


class ServedPassport(NamedTuple):
    """The passport that a generation serves under a slug, and the verdict on it."""

    finding: Finding
    content: dict[str, Any] | None
    """The `passport` object. None unless a trusted key signed it and the slug's row names it, whatever its age."""
    document: bytes = b""
    """The bytes that the content was read from; empty where there is none."""


def verified(reader: "Reader", slug: str) -> ServedPassport:
    """Return the passport of a slug, with the verdict on it without the registry's own standing."""
    served = _verified_object(reader, slug)
    if served.content and served.finding.verdict.good and (found := _revocation(reader, served.content)):
        return served._replace(finding=found._replace(age=served.finding.age))
    return served


def check_given(reader: "Reader", raw: bytes) -> Finding:
    """Return the verdict on the bytes of a passport, without the registry's own standing."""
    finding, given = verify_passport(raw, keys=reader.keys, at=reader.at, generation=0)
    if given is None or not finding.verdict.good:
        return finding
    if (found := _revocation(reader, given)) is not None:
        return found._replace(age=finding.age)
    slug = slug_in(given)
    there = verified(reader, slug)
    if there.content is None or not there.finding.verdict.good:
        return there.finding
    compared = _compare(reader, slug, given, there.content)
    if compared.verdict is not Verdict.OK:  # of another generation than the one served, which nothing states
        finding, _ = verify_passport(raw, keys=reader.keys, at=reader.at)
    return (compared if finding.verdict.good else finding)._replace(age=finding.age)


def standing(reader: "Reader", seen_generation: int | None) -> Finding | None:
    """Return why nothing of a generation is to be relied on; see `Reader.standing`."""
    served = reader.served.generation
    if seen_generation is not None and seen_generation > served:
        reason = f"generation {served} is served, but generation {seen_generation} was seen before"
        return Finding(Verdict.ROLLBACK, f"{reader.store.name}: {reason}")
    try:
        _ = reader.revoked
    except (MissingKeyError, TamperedError) as error:
        listed = f"{reader} names list {reader.revocations_number} of revocations"
        return Finding(Verdict.FREEZE, f"{listed}, which is withheld or damaged: {error}")
    if reader.frozen:
        reason = f"the pointer to {reader} expired at {reader.pointer.expires_at}: newer ones may be withheld from you"
        return Finding(Verdict.FREEZE, reason)
    return None


def _revocation(reader: "Reader", passport: dict[str, Any]) -> Finding | None:
    """Return the finding that a passport is revoked, else None, also where the list cannot be read."""
    with suppress(MissingKeyError, TamperedError):  # reported by `standing` as a freeze
        if found := revocation_of(passport, reader.revoked):
            return Finding(Verdict.REVOKED, f"{found.slug}: revoked at {found.revoked_at}: {found.reason}")
    return None


def _compare(reader: "Reader", slug: str, given: dict[str, Any], served: dict[str, Any]) -> Finding:
    if given["signature"] == served["signature"]:
        return Finding(Verdict.OK, f"signed by a trusted key, in date, and the one in {reader}")
    if given["signedAt"] > served["signedAt"]:
        reason = f"{slug}: signed at {given['signedAt']}, which is later than the one in {reader}"
        return Finding(Verdict.NOT_IN_SNAPSHOT, reason)
    reason = f"{slug}: the signature is good, but {reader} has a version signed at {served['signedAt']}"
    return Finding(Verdict.SUPERSEDED, reason)


def _verified_object(reader: "Reader", slug: str) -> ServedPassport:
    """Return the object that a slug's row names, with the verdict on it."""
    row = reader.row(slug)
    if row is None:
        return ServedPassport(Finding(Verdict.NOT_IN_SNAPSHOT, f"{slug}: no such passport in {reader}"), None)
    key = object_key(row.object)
    blob = find(reader.store, key, max_bytes=MAX_PASSPORT_BYTES)
    if not blob:
        reason = f"the served object {key} is missing, although {reader} names it: {REMEDY}"
        return ServedPassport(Finding(Verdict.UNREADABLE, reason), None)
    finding, passport = verify_passport(blob.body, keys=reader.keys, at=reader.at, generation=row.generation)
    genuine = hashlib.sha256(blob.body).hexdigest() == row.object
    if not genuine and not finding.verdict.good:
        reason = f"the served object {key} is damaged: {finding.reason}: {REMEDY}"
        return ServedPassport(finding._replace(reason=reason), None)
    if passport and not (genuine and slug_in(passport) == slug):
        reason = f"the served object {key} is damaged: it is not what {reader} names: {REMEDY}"
        return ServedPassport(Finding(Verdict.NOT_IN_SNAPSHOT, reason) if finding.verdict.good else finding, None)
    if passport is None:
        return ServedPassport(finding, None)
    if finding.verdict.good:
        reason = f"signed by a trusted key, in date, and the one in {reader}"
        finding = finding._replace(verdict=Verdict.OK, reason=reason)
    return ServedPassport(finding, passport, blob.body)


def slug_in(passport: dict[str, Any]) -> str:
    """Return the slug that a passport states."""
    return str(passport["unfragile"]["artifact"]["slug"])
