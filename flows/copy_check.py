"""Judging the copy of a passport that readers fetch: it must be what a publisher writes of what is served."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson

from flows.site import copies_for
from flows.store.base import Store, StoreError, find
from flows.store.keys import passport_copy_key
from pipelines.artifact import Issuer
from pipelines.verify import MAX_PASSPORT_BYTES
from schemas.verdict import Finding, Verdict

REMEDY = "`passports store scrub` writes it anew"
LONGEST_LINK = 200
"""Characters of a link that a reason shows."""


def copy_objection(
    store: Store, slug: str, document: bytes, base_urls: Iterable[str], check: Callable[[bytes], Finding]
) -> Finding | None:
    """Say what is wrong with the copy of a served passport (`document`), None where nothing is.

    Its links must lead to the address that the passport is signed with, or to one of `base_urls`. `check` judges a
    presented passport by the registry. Raises StoreError for a copy that cannot be read.
    """
    key = passport_copy_key(slug)
    try:
        copy = find(store, key, max_bytes=MAX_PASSPORT_BYTES)
    except StoreError as error:
        raise StoreError(f"the copy cannot be read: {error}") from error
    written = list(_written(slug, document, base_urls))
    if copy and copy.body in written:
        return None
    if copy is None:
        finding = Finding(Verdict.NOT_IN_SNAPSHOT, "nothing is stored there")
    else:
        finding = check(copy.body)
        if finding.verdict.good:
            finding = _departure(copy.body, written[0])._replace(age=finding.age)
    return finding._replace(reason=f"the copy at {key}: {finding.reason}: {REMEDY}")


def _written(slug: str, document: bytes, base_urls: Iterable[str]) -> Iterator[bytes]:
    """Give what a publisher writes, with each base address; the first is the one that the passport is signed with."""
    passport = orjson.loads(document)["passport"]
    signed = passport["unfragile"]["artifact"]["page_url"].removesuffix(f"/{slug}")
    for base_url in (signed, *base_urls):
        yield copies_for(Issuer(passport["signedBy"], base_url))(slug, document).passport


def _departure(copy: bytes, written: bytes) -> Finding:
    """Say in what a genuine passport at the copy's key departs from what is written there."""
    here, wanted = orjson.loads(copy), orjson.loads(written)
    if here["passport"]["signature"] != wanted["passport"]["signature"]:
        return Finding(Verdict.NOT_IN_SNAPSHOT, "it is another model's passport")
    reason = _of_links(here.get("_links"), wanted["_links"]) or "it is written otherwise than a publisher writes it"
    return Finding(Verdict.COPY_DIFFERS, reason)


def _of_links(links: Any, wanted: dict[str, str]) -> str | None:  # noqa: ANN401 - any JSON
    if links is None:
        return "it has no _links"
    name = next((name for name in wanted if links[name] != wanted[name]), None)
    return name and f"its _links.{name} is {links[name][:LONGEST_LINK]!r}, not {wanted[name]!r}"
