"""The error that no passport has a slug, with the most similar slugs."""

import difflib
from collections.abc import Iterable

from flows.errors import FlowError

NEAREST_NAMES = 5


class UnknownSlugError(FlowError):
    """No passport has this slug; the message names the most similar ones."""


def unknown_slug(slug: str, known: Iterable[str]) -> UnknownSlugError:
    """Return the error for a slug that is not among the known ones."""
    near = difflib.get_close_matches(slug, list(known), NEAREST_NAMES, cutoff=0.4)
    meant = (
        f"; nearest: {', '.join(near)}" if near else ": run `passports refresh` first, or name a listing: author/name"
    )
    return UnknownSlugError(f"no passport has the slug {slug[:200]!r}{meant}")
