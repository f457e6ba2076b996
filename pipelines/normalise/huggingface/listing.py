"""Builds the listing of a repository of the Hub, or of a text in it."""

from typing import Unpack

from pipelines.formats.record_reader import FieldError
from pipelines.formats.slugs import REPOSITORY_TERMS, hub_slug, is_repository
from schemas.listing import Kind, Listing, RawListing, ReadFields


def repository_name(name: str, pointer: str, verb: str = "is") -> str:
    """A name that can be a repository's; raises FieldError, whose reason begins with `verb`."""
    if not is_repository(name):
        raise FieldError(pointer, f"{verb} {name[:80]!r}, not {REPOSITORY_TERMS}")
    return name


def hub_listing(raw: RawListing, repository: str, kind: Kind, **read: Unpack[ReadFields]) -> Listing:
    """A listing of a repository; fields that are not given are empty."""
    read["id"] = repository
    return Listing.of(raw, kind=kind, slug=hub_slug(repository), **read)


def text_listing(raw: RawListing, kind: Kind, **read: Unpack[ReadFields]) -> Listing:
    """A listing of a text in the repository that is its id."""
    read["same_as"] = (f"huggingface:{raw.id}", *read.get("same_as", ()))
    return hub_listing(raw, raw.id, kind, **read)
