"""Finds what a person means by a slug, and the names nearest to one that is not there."""

import difflib
from collections.abc import Iterable

from flows.clock import clock_of
from flows.errors import FlowError
from flows.keyfile import open_key
from flows.settings import Settings
from flows.state import Served, starting_point
from flows.store import open_store
from pipelines.keys import KeyRing
from pipelines.slugs import slug_of, split_id

NEAREST_NAMES = 5


class UnknownSlugError(FlowError):
    """No passport has this slug; the message names the nearest ones."""


def listings_to_crawl(target: str, settings: Settings, epoch: int | None) -> tuple[str, ...]:
    """Ids of the listings behind a slug, or behind a listing's id; raise UnknownSlugError for an unknown slug.

    An id ("author/name") may be one that has no passport yet.
    """
    key = open_key(settings)
    state = starting_point(open_store(settings.store), KeyRing([key.signer.public_key]), clock_of(epoch)())
    slug = slug_of(split_id(target).base)
    known = _listing_ids(state, slug)
    if known or "/" in target:
        return tuple(sorted({*known, split_id(target).base} if "/" in target else known))
    raise unknown_slug(target, state.rows)


def unknown_slug(slug: str, known: Iterable[str]) -> UnknownSlugError:
    """Say that there is no such passport, and what was probably meant."""
    near = difflib.get_close_matches(slug, list(known), NEAREST_NAMES, cutoff=0.4)
    meant = (
        f"; nearest: {', '.join(near)}" if near else ": run `passports refresh` first, or name a listing: author/name"
    )
    return UnknownSlugError(f"no passport has the slug {slug[:200]!r}{meant}")


def _listing_ids(state: Served, slug: str) -> list[str]:
    return [listing_id for listing_id in state.listing_ids(slug) if not listing_id.startswith("~")]
