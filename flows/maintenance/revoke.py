"""Revokes a passport: publishes a generation with a longer list of revocations, and a tombstone in its place."""

from flows.errors import FlowError
from flows.publish.again import Again
from flows.publish.publication import Publisher, Rendering
from flows.registry.reader import Reader
from flows.registry.revocations import SealedRevocations, seal_revocations
from flows.registry.unknown_slug import unknown_slug
from pipelines.formats.strict_json import parse
from pipelines.registry.revoked import revocation_of
from pipelines.signing.keys import Signer
from pipelines.signing.verification import MAX_PASSPORT_BYTES, MAX_PASSPORT_DEPTH
from schemas.revocations import Revocation, RevocationList
from schemas.run import Published
from schemas.times import timestamp


class AlreadyRevokedError(FlowError):
    """The passport that is served under a slug is revoked already."""


def revoke(publisher: Publisher, rendering: Rendering, signer: Signer, slug: str, reason: str) -> Published:
    """Revoke the passport that is served under a slug, and all that were signed before; raise as `publish` does.

    Raises UnknownSlugError and AlreadyRevokedError. `signer` has the key of revocations.
    """

    def longer(base: Reader) -> SealedRevocations:
        return seal_revocations(_with(base, slug, reason, timestamp(publisher.clock())), signer)

    return Again(publisher, rendering, "revoke", longer).publish()


def _with(base: Reader, slug: str, reason: str, at: str) -> RevocationList:
    row = base.row(slug)
    if row is None:
        raise unknown_slug(slug, (one.slug for one in base.rows()))
    passport = parse(base.object(row.object), max_bytes=MAX_PASSPORT_BYTES, max_depth=MAX_PASSPORT_DEPTH)["passport"]
    if found := revocation_of(passport, base.revoked):
        raise AlreadyRevokedError(f"{slug} was revoked at {found.revoked_at}: {found.reason}")
    number = base.revocations_number + 1
    revocation = Revocation(
        slug=slug, revoked_at=at, reason=reason, object=row.object, payload=row.payload, number=number
    )
    before = base.revocations.revocations if base.revocations else ()
    return RevocationList(number=number, issued_at=at, revocations=(*before, revocation))
