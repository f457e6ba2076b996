"""Finds a passport by the name that a person gives; where there is none, the error names the most similar slugs."""

import difflib
from collections.abc import Iterable, Iterator

from flows.errors import FlowError
from flows.registry.reader import Reader
from pipelines.formats.slugs import hub_slug, is_slug, slug_of, split_id
from schemas.registry import ShardRow

NEAREST_NAMES = 5
LIST = "`passports list` names them all"
"""What to do where no slug is similar."""


class UnknownSlugError(FlowError):
    """No passport has this slug; the message names the most similar ones."""


def unknown_slug(slug: str, known: Iterable[str], remedy: str = LIST) -> UnknownSlugError:
    """Return the error for a slug that is not among the known ones."""
    near = difflib.get_close_matches(slug.lower().replace("/", "-"), list(known), NEAREST_NAMES, cutoff=0.4)
    meant = f"; nearest: {', '.join(near)}" if near else f": {remedy}"
    return UnknownSlugError(f"no passport has the slug {slug[:200]!r}{meant}")


def row_named(reader: Reader, name: str) -> ShardRow:
    """Return the row of a passport, named by its slug or by its listing's id, in any case of letters.

    "qwen-qwq-32b", "QWEN-QwQ-32B", "qwen/qwq-32b" and "qwen/qwq-32b:free" name the same one. Raise UnknownSlugError.
    """
    for slug in dict.fromkeys(_slugs(name)):
        row = reader.row(slug) if is_slug(slug) else None
        if row and ("/" not in name or row.listing_id.lower() in {name.lower(), split_id(name).base.lower()}):
            return row
    raise unknown_slug(name, (row.slug for row in reader.rows()))


def _slugs(name: str) -> Iterator[str]:
    if "/" not in name:
        yield from (name, name.lower())
        return
    yield hub_slug(name)
    yield slug_of(split_id(name).base).lower()
