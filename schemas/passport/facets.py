"""Parts of `artifact.model` about use and data: popularity, data handling, success of tool calls, reasoning."""

from typing import Literal

from schemas.base import Frozen
from schemas.passport.scalars import Count, Decimal, Instant, Line, Text, Texts, Url


class Popularity(Frozen):
    """How much the model is used at its seller, compared with the others there."""

    rank: Count
    """Its place in the order of all models by the tokens of the week; 1 is the most used."""
    of: Count
    """How many models that order has."""
    tokens_week: Count | None
    """Tokens that it processed in the last whole week; None where the seller does not publish them."""
    as_of: Instant
    """When the order was read."""
    tokens_as_of: Instant | None
    """As of when the tokens are, as the seller states; None where there are none."""
    period: Literal["week"]


class ProviderData(Frozen):
    """Where a provider of the model is, and what it says of data."""

    name: Text
    headquarters: Line | None
    """Country, by its two letters (ISO 3166-1)."""
    datacenters: tuple[Line, ...]
    """Countries of its datacenters; empty where not stated."""
    terms_url: Url | None
    privacy_url: Url | None


class DataHandling(Frozen):
    """What is done with the data that a caller sends."""

    zero_retention: bool | None
    """Whether some endpoint keeps nothing of what it is sent; None where that is not known."""
    regions: Texts
    """Regions with endpoints of the model: "eu", "us"."""
    distillable: bool | None
    """Whether its answers may be used to train other models."""
    providers: tuple[ProviderData, ...]


class ToolCallSuccess(Frozen):
    """The share of tool calls that succeed, between two bounds from 0 to 1."""

    at_least: Decimal
    below: Decimal | None
    """None where even the highest bound that was asked for is reached."""


class Reasoning(Frozen):
    """How a caller can set the model's reasoning."""

    supported_efforts: Texts
    """Efforts that a request may name, highest first; empty where none are listed."""
    default_effort: Text | None
    default_enabled: bool | None
    """Whether it reasons when the request says nothing of it."""
    mandatory: bool | None
    """Whether reasoning cannot be switched off."""
