"""Where the values of a passport come from, where sources disagree, and what none of them states."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from schemas.base import Frozen, Sha256
from schemas.passport.scalars import OMISSIBLE, Instant, Line, Locator, Path, Stated, Text, Texts, Url
from schemas.registry import Cause

Method = Literal["structured", "declared", "section", "pattern", "class"]
"""How a value was found: as in `schemas.listing.Method`, or "class", as true of the artifact's kind of thing."""

WITHOUT_SOURCE = ("class", "issuer")
"""Values of `asserted_by` for which no source need be shown."""

Pipeline = Annotated[
    str, StringConstraints(max_length=100, pattern=r"^[a-z][a-z0-9_-]*/[0-9]+\.[0-9]+\.[0-9]+[A-Za-z0-9.+-]*$")
]
"""Program and version: "passports/0.1.0"."""


class Evidence(Frozen):
    """Where one value comes from: either the `value` of a source's record or a `quote` of its text."""

    path: Path
    """JSON Pointer to the value that this is evidence for."""
    source: Line
    url: Url | None
    """Where it was read; None only where a class or the issuer asserts it."""
    locator: Locator
    value: Stated = None
    """What the record has there. None is a value too; `model_fields_set` shows whether a value is given."""
    quote: Annotated[Text | None, OMISSIBLE] = None
    method: Method
    asserted_by: Line
    """A source, a builder, "issuer" or "class"."""
    observed_at: Instant
    content_sha256: Sha256 | None
    """Hash of the record or text; None only where a class or the issuer asserts it."""
    taxonomy: Annotated[Texts | None, OMISSIBLE] = None
    """Terms of published taxonomies for a failure mode or risk: "NIST.AI.600-1:2.12"."""

    citation: Annotated[Text | None, OMISSIBLE] = None
    """How the source asks to be cited where this value is shown."""

    @model_validator(mode="after")
    def _holds_one_of_value_and_quote(self) -> "Evidence":
        if ("value" in self.model_fields_set) == ("quote" in self.model_fields_set):
            raise ValueError("has both a value and a quote, or neither: give one of them")
        return self

    @model_validator(mode="after")
    def _can_be_looked_up(self) -> "Evidence":
        if (self.method == "class") != (self.asserted_by == "class"):
            raise ValueError('has method "class" without being asserted by "class", or the reverse')
        if self.asserted_by not in WITHOUT_SOURCE and None in (self.url, self.content_sha256):
            raise ValueError("has no url or no content_sha256: both are needed to check what a source asserts")
        return self


class ConflictSide(Frozen):
    """What one source states of a disputed value."""

    value: Stated
    source: Line
    scope: Text
    """What the source speaks of: the model, one offer, one provider."""
    locator: Locator
    observed_at: Instant


class Conflict(Frozen):
    """A value on which sources disagree."""

    path: Path
    values: Annotated[tuple[ConflictSide, ...], Field(min_length=2)]


class Unknown(Frozen):
    """A value that no source supports."""

    path: Path
    reason: Literal["not_stated", "not_asked", "not_applicable", "conflicting", "withheld", "cut_off", "stale"]
    sources: Texts
    """Sources that were asked; with "not_asked", those that would state it."""


class Provenance(Frozen):
    """Which program and rules made the passport, and why it was issued."""

    pipeline: Pipeline
    rules_sha256: Sha256
    cause: Cause
