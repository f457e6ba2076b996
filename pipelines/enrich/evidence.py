"""Builds evidence entries: who states something, where, when, and in which words."""

from typing import Any

from pipelines.rules.rulebook import rulebook
from schemas.listing import AsStated, Claim, Listing

Document = dict[str, Any]
"""A part of a passport, with its keys in the order in which they are served; lists in it may be tuples."""

QUOTING = ("section", "pattern")
"""Methods whose evidence is words out of a longer text, and not the whole value at the locator."""

IN_TEXT = "bytes:"
"""How a locator into a text begins; the evidence at such a locator is always a quote."""


def stated(path: str, listing: Listing, locator: str, as_stated: AsStated) -> Document:
    """Evidence that a listing states something at a locator; `path` is a JSON Pointer into `unfragile`."""
    source = listing.source
    entry = {
        "path": path,
        "source": source,
        "url": listing.url,
        "locator": locator,
        "value": as_stated,
        "method": "structured",
        "asserted_by": source,
        "observed_at": listing.observed_at,
        "content_sha256": listing.content_sha256,
    }
    return _quoting(entry) if IN_TEXT in locator and locator.startswith(IN_TEXT) else entry


def from_claim(path: str, claim: Claim) -> Document:
    """Evidence of a claim: the value at its locator, or for methods that read text the words out of it."""
    fact, method = claim.fact, claim.fact.method
    entry = stated(path, claim.listing, fact.locator, fact.as_stated)
    if method == "structured":
        return entry
    return {**(_quoting(entry) if method in QUOTING else entry), "method": method}


def _quoting(entry: Document) -> Document:
    """Evidence with what the record has as a quote."""
    return {("quote" if key == "value" else key): value for key, value in entry.items()}


def from_class(path: str, *, rule: str, text: str, listing: Listing, taxonomy: tuple[str, ...]) -> Document:
    """Evidence that something is true of this kind of model: our own rule with the rules' hash, as no source states it.

    `listing` is the record that shows the model to be of that kind; the evidence has its date.
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
        "content_sha256": rulebook().sha256,
    }
    return classified(entry, taxonomy)


def classified(entry: Document, taxonomy: tuple[str, ...]) -> Document:
    """Evidence with the terms of published taxonomies that say the same, where there are any."""
    return {**entry, "taxonomy": taxonomy} if taxonomy else entry


def from_issuer(path: str, *, issuer: str, locator: str, value: object, observed_at: str) -> Document:
    """Evidence that rests on the issuer's own word; `locator` points into this passport's own `unfragile`."""
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
