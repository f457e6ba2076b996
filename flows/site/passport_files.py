"""Renders the files that the site has of each passport: its page, and what other programs read."""

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from flows.publish.publication import Load
from flows.registry.reader import Reader
from flows.registry.signed_files import RegistryError
from flows.store.base import MissingKeyError, find
from pipelines.exports.badge import badge, revoked_badge
from pipelines.exports.bom import bom
from pipelines.exports.feeds import passport_feed
from pipelines.exports.model_card import model_card
from pipelines.pages.passport.page import passport_page
from pipelines.pages.site import Site
from pipelines.registry.export_keys import feed_key
from pipelines.registry.revoked import revocation_of, tombstone_page
from pipelines.signing.dsse import to_dsse
from schemas.registry import ShardRow

Json = dict[str, Any]

PAGE = "page"
_MAX_FEED_BYTES = 2**20


class PassportFiles(NamedTuple):
    """Renders the files of the passports of one generation."""

    site: Site
    reader: Reader
    load: Load

    def render(self, row: ShardRow, document: Json, listed: Mapping[str, str]) -> dict[str, bytes]:
        """Return kind → bytes of the files of a passport; `listed` has the hashes of those that are stored.

        A revoked passport has a tombstone for a page, a badge that says so, and no other file.
        """
        site, slug = self.site, row.slug
        if found := revocation_of(document["passport"], self.reader.revoked):
            return {PAGE: tombstone_page(found), "badge": revoked_badge(slug, found.revoked_at)}
        files = {
            PAGE: passport_page(site, slug, document),
            "badge": badge(document),
            "bom": bom(site, slug, document),
            "card": model_card(site, slug, document),
            "feed": self._feed(row, document, listed.get("feed")),
        }
        if "keyId" in document["passport"]:
            files["dsse"] = orjson.dumps(to_dsse(document))
        return files

    def _feed(self, row: ShardRow, document: Json, sha256: str | None) -> bytes:
        """Return the feed of a passport; entries of the stored one stay where it is as it was signed."""
        blob = find(self.reader.store, feed_key(row.slug), max_bytes=_MAX_FEED_BYTES) if sha256 else None
        earlier = blob.body if blob and hashlib.sha256(blob.body).hexdigest() == sha256 else None
        try:
            before = orjson.loads(self.load(row.previous)) if row.previous else None
        except (MissingKeyError, RegistryError):
            before = None
        return passport_feed(self.site, row.slug, row.generation, document, before=before, earlier=earlier)
