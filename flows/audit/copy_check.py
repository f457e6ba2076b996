"""Checks the copy of a passport that readers fetch: it must be the bytes that a publisher writes for the one served."""

from collections.abc import Iterable
from typing import Any

import orjson

from flows.registry.log import RegistryLog
from flows.registry.reader import Reader
from flows.store.base import StoreError, find
from pipelines.passport.links import Issuer, copied
from pipelines.registry.layout import passport_copy_key
from pipelines.signing.verification import MAX_PASSPORT_BYTES
from schemas.verdict import Finding, Verdict

REMEDY = "run `passports store scrub` to write it again"
LONGEST_LINK = 200
"""Most characters of a link that a reason shows."""


def check_copy(
    reader: Reader,
    slug: str,
    *,
    base_urls: Iterable[str] = (),
    seen_generation: int | None = None,
    log: RegistryLog | None = None,
) -> Finding:
    """Return the verdict on a passport and on its copy, at the address that `_links.self` names.

    The copy must be what a publisher writes for the passport that is served, with the base address that the passport
    is signed with or one of `base_urls`. Raise StoreError for a copy that cannot be read. Give the `log` of the reader
    where many copies are checked.
    """
    log = log or RegistryLog(reader)
    finding, passport, document = log.verified(slug, seen_generation=seen_generation)
    row = reader.row(slug)
    if row is None or passport is None or not finding.verdict.good:
        return finding
    key = passport_copy_key(slug)
    try:
        copy = find(reader.store, key, max_bytes=MAX_PASSPORT_BYTES)
    except StoreError as error:
        raise StoreError(f"the copy cannot be read: {error}") from error
    signed_address = passport["unfragile"]["artifact"]["page_url"].removesuffix(f"/{slug}")
    place = log.place(row)
    proof = place.member() if place else None
    issuers = [Issuer(passport["signedBy"], address) for address in (signed_address, *base_urls)]
    written = [copied(document, issuer, slug, proof) for issuer in issuers]
    if copy and copy.body in written:
        return finding._replace(reason=f"{finding.reason}, as is its copy")
    reason = _departure(reader, copy.body, written[0]) if copy else "nothing is stored there"
    return Finding(Verdict.COPY_DIFFERS, f"the copy at {key}: {reason}: {REMEDY}", finding.age)


def _departure(reader: Reader, copy: bytes, written: bytes) -> str:
    """Return how the file at the copy's key differs from what a publisher writes there."""
    found = reader.check(copy)
    if not found.verdict.good:
        return f"{found.verdict}: {found.reason}"
    here, wanted = orjson.loads(copy), orjson.loads(written)
    if here["passport"]["signature"] != wanted["passport"]["signature"]:
        return "it is another model's passport"
    if reason := _of_links(here.get("_links"), wanted["_links"]):
        return reason
    if here.get("_log") != wanted.get("_log"):
        return "its _log is not the proof that its issue is in the public log"
    return "its bytes are not those that a publisher writes"


def _of_links(links: Any, wanted: dict[str, str]) -> str | None:  # noqa: ANN401 - any JSON
    if links is None:
        return "it has no _links"
    name = next((name for name in wanted if links[name] != wanted[name]), None)
    return name and f"its _links.{name} is {links[name][:LONGEST_LINK]!r}, not {wanted[name]!r}"
