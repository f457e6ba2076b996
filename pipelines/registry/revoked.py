"""What a revocation applies to, and the document that is served in the place of a revoked passport."""

from collections.abc import Mapping
from html import escape
from typing import Any

import orjson

from schemas.revocations import Revocation


def revocation_of(passport: Mapping[str, Any], revoked: Mapping[str, Revocation]) -> Revocation | None:
    """Return the revocation that applies to a `passport` object; None where none does.

    `revoked` is slug → its last revocation. A passport that was signed later, with other content, is good.
    """
    found = revoked.get(passport["unfragile"]["artifact"]["slug"])
    return found if found and passport["signedAt"] <= found.revoked_at else None


def tombstone(revocation: Revocation) -> bytes:
    """Return what is served at the address of a revoked passport; the list of that number is signed."""
    stated = {
        "slug": revocation.slug,
        "revokedAt": revocation.revoked_at,
        "reason": revocation.reason,
        "list": revocation.number,
    }
    return orjson.dumps({"revoked": stated})


def tombstone_page(revocation: Revocation) -> bytes:
    """Return the page that is served in the place of a revoked passport's."""
    title = f"The passport of {escape(revocation.slug)} is revoked"
    day, reason = escape(revocation.revoked_at[:10]), escape(revocation.reason)
    text = f'<!doctype html><meta charset="utf-8"><title>{title}</title><h1>{title}</h1><p>{day}: {reason}</p>'
    return text.encode()
