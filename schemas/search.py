"""Rows of the search index, the SQLite file that a publication writes: each model is a table, each field a column."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from schemas.base import Frozen, Sha256, Slug
from schemas.passport.trust import Risk
from schemas.registry import Status


class IndexedPassport(Frozen):
    """What the table `passports` has about one passport."""

    slug: Slug
    object: Sha256
    """Hash of the signed passport that the row was made from."""
    name: str
    type: str
    maker: str | None
    """First part of the listing's id: "qwen" of "qwen/qwq-32b"."""
    listing_id: str | None
    url: str
    page_url: str
    status: Status
    licence: str | None
    open_weights: bool | None
    context_tokens: int | None
    max_output_tokens: int | None
    free: bool
    prompt_usd_per_million: float | None
    """Rounded to a double, for comparisons: the passport has the exact price."""
    completion_usd_per_million: float | None
    data_access_risk: Risk
    score: int
    zero_retention: bool | None
    distillable: bool | None
    knowledge_cutoff: str | None
    released_on: str | None
    ends_on: str | None
    """Announced last day."""
    signed_at: str
    last_scraped_at: str
    due_after: str | None
    stale_after: str | None
    expires_at: str | None


class IndexedCapability(Frozen):
    """A capability of a passport."""

    slug: Slug
    uri: str
    name: str
    category: str
    confidence: float | None


class IndexedPurpose(Frozen):
    """A purpose of a passport."""

    slug: Slug
    uri: str
    name: str
    category: str


class IndexedFailureMode(Frozen):
    """A failure mode of a passport."""

    slug: Slug
    place: int
    """Its position in the passport, from 0."""
    text: str


class IndexedModality(Frozen):
    """A kind of data that a model takes or gives."""

    slug: Slug
    direction: Literal["input", "output"]
    modality: str


class IndexedProvider(Frozen):
    """An endpoint that serves a model."""

    slug: Slug
    name: str
    tag: str
    status: str
    quantization: str | None
    context_tokens: int | None
    prompt_usd_per_million: float | None
    completion_usd_per_million: float | None


class IndexedRecord(Frozen):
    """A record of a source, or a text of it, that a passport's evidence points into."""

    id: int
    """Number of the record in this file."""
    slug: Slug
    source: str
    url: str
    content_sha256: str
    observed_at: str


class IndexedEvidence(Frozen):
    """Where a value of a passport is stated: a place in a record."""

    record: int
    """`IndexedRecord.id`."""
    path: str
    """JSON Pointer to the value in the passport."""
    locator: str
    method: str


Entry = IndexedPassport | IndexedCapability | IndexedPurpose | IndexedFailureMode | IndexedModality | IndexedProvider
"""A row of the tables that say what a model is and does."""


class SearchText(Frozen):
    """The words by which a passport is found."""

    name: str
    maker: str
    uses: str
    """Its purposes and capabilities, what they are good for, and its modalities."""
    text: str
    """Descriptions, failure modes, licence, tags and providers."""


def _integral(value: object) -> object:
    """Return a float without a fraction as an integer: JSON has one kind of number, in which 50.0 is 50."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


INTEGRAL = BeforeValidator(_integral)
"""Lets a whole number be written as JSON may write it; to be named after the bounds, or OpenAPI lacks them."""

Term = Annotated[str, StringConstraints(min_length=1, max_length=500)]

SortKey = Literal["slug", "name", "score", "price", "context", "signed"]
"""Order of a list: by slug, name, falling score, rising price of prompts, falling context, or last signed first."""


class PassportFilter(Frozen):
    """Which passports to list: all conditions that are given must be met."""

    purpose: Term | None = None
    """URI of a purpose, or the last part of one: "code-editing"."""
    capability: Term | None = None
    """URI of a capability, or its name: "tool calling"."""
    input: Term | None = None
    """A kind of data that it takes: "image"."""
    output: Term | None = None
    """A kind of data that it gives."""
    maker: Term | None = None
    provider: Term | None = None
    """Name of a provider that serves it."""
    licence: Term | None = None
    open_weights: bool | None = None
    free: bool | None = None
    max_price: float | None = Field(default=None, ge=0, le=1e9, allow_inf_nan=False)
    """Most US dollars for a million prompt tokens; models without a known price are left out."""
    min_context: Annotated[int, Field(ge=0, le=10**12), INTEGRAL] | None = None
    """Fewest tokens of context; models without a known context are left out."""
    zero_retention: bool | None = None
    """Whether some endpoint keeps nothing of what it is sent."""
    max_risk: Risk | None = None
    """Highest risk to data."""
    min_score: Annotated[int, Field(ge=0, le=100), INTEGRAL] | None = None
    status: Status | None = None
    in_date: bool | None = None
    """Whether it may still be relied on by its signed dates: neither delisted, nor stale, nor expired, nor ended."""
