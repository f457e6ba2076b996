"""Builds the listing of a repository of the Hub, or of a text in it."""

from typing import Any

from pipelines.formats.record_reader import FieldError
from pipelines.formats.slugs import REPOSITORY_TERMS, hub_slug, is_repository
from schemas.listing import Listing, RawListing


def repository_name(name: str, pointer: str, verb: str = "is") -> str:
    """A name that can be a repository's; raises FieldError, whose reason begins with `verb`."""
    if not is_repository(name):
        raise FieldError(pointer, f"{verb} {name[:80]!r}, not {REPOSITORY_TERMS}")
    return name


def hub_listing(raw: RawListing, repository: str, **read: Any) -> Listing:  # noqa: ANN401 - fields of a listing
    """A listing of a repository; fields that are not given are empty."""
    owner, mark, name = repository.partition("/")
    nothing = dict.fromkeys(("prices", "providers", "results", "same_as", "leftovers", "unfamiliar"), ())
    return Listing.model_construct(
        source=raw.source,
        id=repository,
        base_id=repository,
        slug=hub_slug(repository),
        variant=None,
        name=name if mark else repository,
        author=owner,
        url=raw.url,
        observed_at=raw.observed_at,
        content_sha256=raw.content_sha256,
        **{**nothing, **read},
    )


def text_listing(raw: RawListing, **read: Any) -> Listing:  # noqa: ANN401 - likewise
    """A listing of a text in the repository that is its id."""
    same_as = (f"huggingface:{raw.id}", *read.pop("same_as", ()))
    return hub_listing(raw, raw.id, same_as=same_as, **read)
