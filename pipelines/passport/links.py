"""The issuer of a passport, and the addresses in its `_links` and `distribution`."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson


class Issuer(NamedTuple):
    """Who issues passports, and where the pages are."""

    name: str
    """For example "unfragile.ai"."""
    base_url: str
    """Without a trailing slash."""


def distribution(issuer: Issuer, slug: str) -> dict[str, str]:
    """Addresses where a builder claims the artifact, and where people compare it."""
    return {
        "claim_url": f"{issuer.base_url}/submit?claim={slug}",
        "compare_url": f"{issuer.base_url}/compare?artifact={slug}",
    }


def links(issuer: Issuer, slug: str) -> dict[str, str]:
    """The unsigned `_links` of a served copy, for navigation only: a reader must never take keys from them."""
    base = issuer.base_url
    return {
        "self": f"{base}/api/v1/passport/{slug}",
        "artifact": f"{base}/{slug}",
        "verify": f"{base}/api/v1/verify?slug={slug}",
        "publicKey": f"{base}/api/v1/trust-passport-public-key",
        "spec": f"{base}/trust",
        "schema": f"{base}/schema.json",
        "docs": f"{base}/docs",
    }


def copied(document: bytes, issuer: Issuer, slug: str, proof: Mapping[str, Any] | None) -> bytes:
    """The copy of a signed passport that readers fetch.

    Before its last brace are added `_links`, and `_log` where there is a proof of its issue. Neither member is signed.
    """
    added = {"_links": links(issuer, slug), **({"_log": proof} if proof else {})}
    return document[:-1] + b"," + orjson.dumps(added)[1:]
