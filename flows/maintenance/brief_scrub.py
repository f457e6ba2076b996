"""Verifies stored briefs, which only their issuer can sign anew: from another store, or with the key at hand."""

from collections.abc import Iterable
from functools import partial

from flows.publish.publication import RenderCopies
from flows.registry.reader import Reader
from flows.site.rendering import RenderBrief, copies_for, signed_brief, stored_brief
from flows.store.base import Store, find
from pipelines.passport.links import Issuer
from pipelines.registry.layout import brief_key
from pipelines.signing.keys import KeyRing, Signer
from pipelines.signing.registry_files import SignatureError, open_file
from pipelines.signing.signatures import BRIEF_TYPE
from pipelines.views.signed_brief import MAX_BRIEF_BYTES
from schemas.registry import ShardRow


def copies_with_briefs(issuer: Issuer, keys: KeyRing, signer: Signer | None, stores: Iterable[Store]) -> RenderCopies:
    """Return what renders copies with their briefs: signed by `signer`, or else those of the stores that verify."""
    return copies_for(issuer, partial(signed_brief, signer) if signer else _verified_in(tuple(stores), keys))


def spoilt_briefs(reader: Reader, rows: Iterable[ShardRow]) -> list[str]:
    """Return the keys of the stored briefs of some passports that are not signed ones of these passports."""
    found = ((brief_key(row.slug), row) for row in rows if row.slug not in reader.revoked)
    return [
        key
        for key, row in found
        if (blob := find(reader.store, key)) and not _is_of(blob.body, row.object, reader.keys)
    ]


def _verified_in(stores: tuple[Store, ...], keys: KeyRing) -> RenderBrief:
    def brief(slug: str, document: bytes) -> bytes | None:
        bodies = (stored_brief(store, slug, document) for store in stores)
        return next((body for body in bodies if body and _is_signed(body, keys)), None)

    return brief


def _is_of(body: bytes, object_sha256: str, keys: KeyRing) -> bool:
    if len(body) > MAX_BRIEF_BYTES:
        return False
    try:
        return bool(open_file(body, payload_type=BRIEF_TYPE, keys=keys).get("passport_sha256") == object_sha256)
    except SignatureError:
        return False


def _is_signed(body: bytes, keys: KeyRing) -> bool:
    try:
        open_file(body, payload_type=BRIEF_TYPE, keys=keys)
    except SignatureError:
        return False
    return True
