"""Reads gates.toml: what a crawl of each source must bring, and how long its facts stay fresh."""

import tomllib
from collections.abc import Mapping
from importlib import resources

from pydantic import Field

from pipelines.rules.bounds import AnswerBounds, CrawlBounds
from schemas.passport.scalars import Count, Ratio
from schemas.registry import Lifetime


class Gate(Lifetime):
    """Bounds that a crawl of one source must keep, and how long the source's facts stay fresh."""

    minimum_listings: Count
    largest_drop: Ratio
    """Share of the last good crawl's listings that may be gone, 0 to 1."""
    largest_reject_rate: Ratio
    """Share of the records of this kind that may be quarantined, 0 to 1."""
    fill_rates: dict[str, Ratio] = Field(default_factory=dict)
    """Fact name → the smallest share of listings that must state it."""
    bounds: CrawlBounds = CrawlBounds()
    """Bounds at which the crawl is stopped while it runs."""
    answers: dict[str, AnswerBounds] = Field(default_factory=dict)
    """Setting of a facet → what its answers must be like; an answer that is not so is refused."""
    distinct_rates: dict[str, Ratio] = Field(default_factory=dict)
    """Fact name, `name` or `author` → the smallest ratio of distinct values to stated ones."""

    @property
    def rated(self) -> frozenset[str]:
        """Names whose values are counted for the gate."""
        return frozenset([*self.fill_rates, *self.distinct_rates])


Gates = Mapping[str, Gate]
"""Source → its gate."""

Lifetimes = Mapping[str, Lifetime]
"""Source → how long its facts stay fresh: the only part of the gates on which passports depend."""


def read_gates(text: str) -> Gates:
    """Return the gates of a TOML text; raise pydantic.ValidationError that names the wrong bound."""
    return {source: Gate.model_validate(bounds) for source, bounds in tomllib.loads(text).items()}


def default_gates() -> Gates:
    """Return the gates of the gates.toml beside the code."""
    return read_gates(resources.files("pipelines").joinpath("rules", "gates.toml").read_text(encoding="utf-8"))
