"""Slugs: the names of passports in URLs and keys, derived from the ids of the sources."""

import re
from typing import NamedTuple

from schemas.base import SLUG_PATTERN

_SLUG = re.compile(SLUG_PATTERN.removesuffix("$") + r"\Z")
_ALIAS_MARK = "~"
_VARIANT_MARK = ":"


class ListingId(NamedTuple):
    """An OpenRouter id taken apart: `~author/name:variant`."""

    base: str
    """The model's own id, "author/name"."""
    variant: str | None
    alias: bool


def split_id(listing_id: str) -> ListingId:
    """Take an id apart; the base of "qwen/qwen3-coder:free" is "qwen/qwen3-coder"."""
    base, mark, variant = listing_id.partition(_VARIANT_MARK)
    return ListingId(base.removeprefix(_ALIAS_MARK), variant if mark else None, base.startswith(_ALIAS_MARK))


def slug_of(base_id: str) -> str:
    """Slug of an OpenRouter id without its variant: `/` becomes `-`, dots stay."""
    return base_id.replace("/", "-")


def is_slug(text: str) -> bool:
    """Whether the text can name a passport; a trailing newline does not slip through."""
    return _SLUG.match(text) is not None
