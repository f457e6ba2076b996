"""Evidence: who says so, where, when, and word for word."""

from typing import Any

from schemas.listing import Claim, Listing, Method, Said

Document = dict[str, Any]
"""A part of a passport, in the key order in which it is served; lists in it may be tuples."""

QUOTING = ("section", "pattern")
"""Methods whose evidence is words out of a longer text, not the whole value at the locator."""

IN_TEXT = "bytes:"
"""How a locator in a text begins; what stands there is always a quote."""


def stated(path: str, listing: Listing, locator: str, said: Said) -> Document:
    """Evidence that a listing says something at a place; `path` is a JSON Pointer into `unfragile`."""
    source = listing.source
    return {
        "path": path,
        "source": source,
        "url": listing.url,
        "locator": locator,
        "quote" if locator.startswith(IN_TEXT) else "value": said,
        "method": "structured",
        "asserted_by": source,
        "observed_at": listing.observed_at,
        "content_sha256": listing.content_sha256,
    }


def from_claim(path: str, claim: Claim) -> Document:
    """Evidence that a record states a fact, by the value that stands there or by words out of it."""
    fact, listing = claim
    entry = stated(path, listing, fact.locator, fact.said)
    return entry if fact.method == "structured" else _told(entry, fact.method)


def _told(entry: Document, method: Method) -> Document:
    renamed = {("quote" if key == "value" else key): value for key, value in entry.items()}
    return {**(renamed if method in QUOTING else entry), "method": method}


def from_class(
    path: str, *, rule: str, text: str, rules_sha256: str, listing: Listing, taxonomy: tuple[str, ...]
) -> Document:
    """Evidence that something is true of this kind of thing: our own rule, pinned; no source states it.

    `listing` is the one that shows the model to be of that kind; its date is the evidence's.
    """
    return {
        "path": path,
        "source": "rules",
        "url": None,
        "locator": rule,
        "quote": text,
        "method": "class",
        "asserted_by": "class",
        "observed_at": listing.observed_at,
        "content_sha256": rules_sha256,
        "taxonomy": taxonomy,
    }


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
