"""Says that no passport has a slug, and names the nearest ones."""

import difflib
from collections.abc import Iterable

from flows.errors import FlowError

NEAREST_NAMES = 5


class UnknownSlugError(FlowError):
    """No passport has this slug; the message names the nearest ones."""


def unknown_slug(slug: str, known: Iterable[str]) -> UnknownSlugError:
    """Say that there is no such passport, and what was probably meant."""
    near = difflib.get_close_matches(slug, list(known), NEAREST_NAMES, cutoff=0.4)
    meant = (
        f"; nearest: {', '.join(near)}" if near else ": run `passports refresh` first, or name a listing: author/name"
    )
    return UnknownSlugError(f"no passport has the slug {slug[:200]!r}{meant}")
