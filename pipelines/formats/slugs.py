"""Makes slugs, the names of passports in URLs and keys, from the ids of the sources."""

import re
from typing import NamedTuple

from schemas.base import SLUG_PATTERN

_SLUG = re.compile(SLUG_PATTERN.removesuffix("$") + r"\Z")
_VARIANT = re.compile(r"[a-z0-9][a-z0-9._-]{0,49}\Z")
_REPOSITORY = re.compile(r"(?!.*(?:--|\.\.))(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?(?:/(?!\Z)|\Z)){1,2}\Z")
"""The Hub's rules (`validate_repo_id` of huggingface_hub): no part begins or ends with a dash or dot, or has two
of them side by side. Its bound on length is not applied, as older names are longer."""

ID_TERMS = "author/name of lower-case letters, digits, '.', '_' and single '-', which begins and ends neither"
REPOSITORY_TERMS = "owner/name of letters, digits, '_', and single '.' and '-' within them"
"""What ids must be, for messages."""

_HUB_MARK = "--"
"""Joins owner and name in slugs of the Hub. Listings with it in their slugs are refused: "qwen/-qwq-32b" would have the
slug of the repository "Qwen/QwQ-32B", and "a-/b" that of "a/-b"."""

_ALIAS_MARK = "~"
_VARIANT_MARK = ":"


class ListingId(NamedTuple):
    """Parts of an OpenRouter id, `~author/name:variant`, where `~` marks an alias."""

    base: str
    """The model's own id, "author/name"."""
    variant: str | None
    alias: bool


def split_id(listing_id: str) -> ListingId:
    """Split an id into its parts; the base of "qwen/qwen3-coder:free" is "qwen/qwen3-coder"."""
    base, mark, variant = listing_id.partition(_VARIANT_MARK)
    return ListingId(base.removeprefix(_ALIAS_MARK), variant if mark else None, base.startswith(_ALIAS_MARK))


def slug_of(base_id: str) -> str:
    """Slug of an OpenRouter id without its variant: `/` becomes `-`, dots stay."""
    return base_id.replace("/", "-")


def hub_slug(repository: str) -> str:
    """Slug of a repository on the Hugging Face Hub: "Qwen/QwQ-32B" becomes "qwen--qwq-32b"."""
    return repository.replace("/", _HUB_MARK).lower()


def is_slug(text: str) -> bool:
    """Whether the text can name a passport; a trailing newline is refused."""
    return _SLUG.match(text) is not None


def is_repository(text: str) -> bool:
    """Whether the text can name a repository of the Hub: owner/name, or the name alone, as of the oldest."""
    return _REPOSITORY.match(text) is not None and is_slug(hub_slug(text))


def is_plain(ident: ListingId) -> bool:
    """Whether an id is author/name with a valid slug, and its variant, if it has one, is a word."""
    author, mark, name = ident.base.partition("/")
    slug = slug_of(ident.base)
    named = bool(author and mark and name) and "/" not in name and is_slug(slug) and _HUB_MARK not in slug
    return named and (ident.variant is None or _VARIANT.match(ident.variant) is not None)
