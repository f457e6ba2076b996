"""Reads gates.toml: what a crawl of each source must bring, and how long it stays fresh."""

import tomllib
from collections.abc import Mapping
from importlib import resources

from pydantic import Field

from pipelines.rules.bounds import CrawlBounds
from schemas.passport.scalars import Count, Ratio
from schemas.registry import Lifetime


class Gate(Lifetime):
    """The bounds of one source, and how long its facts stay fresh."""

    minimum_listings: Count
    largest_drop: Ratio
    """Share of the last good crawl's listings that may be gone, 0 to 1."""
    largest_reject_rate: Ratio
    """Share of the records of this kind that may be quarantined, 0 to 1."""
    fill_rates: dict[str, Ratio] = Field(default_factory=dict)
    """Fact name → the smallest share of listings that must state it."""
    bounds: CrawlBounds = CrawlBounds()
    """At which the crawl is stopped."""
    distinct_rates: dict[str, Ratio] = Field(default_factory=dict)
    """Fact name, or `name` or `author` → the smallest share of what is stated that must differ from the rest."""

    @property
    def rated(self) -> frozenset[str]:
        """Names of what is counted for it."""
        return frozenset([*self.fill_rates, *self.distinct_rates])


Gates = Mapping[str, Gate]
"""Source → its gate."""

Lifetimes = Mapping[str, Lifetime]
"""Source → how long its facts stay fresh: all that passports are made by, of the gates."""


def read_gates(text: str) -> Gates:
    """Read a table of gates; raise pydantic.ValidationError naming the bound that is wrong."""
    return {source: Gate.model_validate(bounds) for source, bounds in tomllib.loads(text).items()}


def default_gates() -> Gates:
    """The gates beside the code."""
    return read_gates(resources.files("pipelines").joinpath("rules", "gates.toml").read_text(encoding="utf-8"))
