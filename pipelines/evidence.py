"""Evidence: who says so, where, when, and word for word."""

from collections.abc import Iterable
from typing import Any

from pipelines.merge import Claim
from schemas.listing import Listing

Document = dict[str, Any]
"""A part of a passport, in the key order in which it is served."""

QUOTED_FACTS = frozenset(["description_truncated"])
"""Facts whose evidence is words out of a longer text, not the whole value at the locator."""


def from_claim(path: str, claim: Claim, taxonomy: Iterable[str] = ()) -> Document:
    """Evidence that a listing states something; `path` is a JSON Pointer into `unfragile`."""
    fact, listing = claim
    quoted = fact.name in QUOTED_FACTS
    said = list(fact.said) if isinstance(fact.said, tuple) else fact.said
    entry = {
        "path": path,
        "source": listing.source,
        "url": listing.url,
        "locator": fact.locator,
        "quote" if quoted else "value": said,
        "method": "pattern" if quoted else "structured",
        "asserted_by": listing.source,
        "observed_at": listing.observed_at,
        "content_sha256": listing.content_sha256,
    }
    if taxonomy:
        entry["taxonomy"] = list(taxonomy)
    return entry


def from_class(
    path: str, *, rule: str, text: str, rules_sha256: str, listing: Listing, taxonomy: Iterable[str] = ()
) -> Document:
    """Evidence that something is true of this kind of thing: our own rule, pinned; no source states it.

    `listing` is the one that shows the model to be of that kind; its date is the evidence's.
    """
    entry = {
        "path": path,
        "source": "rules",
        "url": None,
        "locator": rule,
        "quote": text,
        "method": "class",
        "asserted_by": "class",
        "observed_at": listing.observed_at,
        "content_sha256": rules_sha256,
    }
    if taxonomy:
        entry["taxonomy"] = list(taxonomy)
    return entry


def from_issuer(path: str, *, issuer: str, locator: str, value: object, observed_at: str) -> Document:
    """Evidence that the issuer answers for; `locator` points into this passport's own `unfragile`."""
    return {
        "path": path,
        "source": issuer,
        "url": None,
        "locator": locator,
        "value": value,
        "method": "structured",
        "asserted_by": "issuer",
        "observed_at": observed_at,
        "content_sha256": None,
    }
