"""The report of a run: published with what it made, or alone when it published nothing."""

from typing import Literal, NamedTuple

from schemas.base import Frozen, Slug, Timestamp
from schemas.crawl import CrawlReport
from schemas.listing import Quarantined


class Accounting(Frozen):
    """Where every listing went: `listings` is the sum of the five after it."""

    listings: int
    passports: int
    """Models that have a passport, new or as it was."""
    offers_merged: int
    """Variants that are offers of their model."""
    aliases: int
    """Other names of a model."""
    joined: int
    """Records that are about a model whose passport another source names."""
    quarantined: int
    aliases_without_target: tuple[str, ...]
    """Aliases whose target no source states, so that no passport can name them."""


class Breach(Frozen):
    """A gate that a crawl did not pass."""

    source: str
    gate: str
    reason: str


class IssuedPassport(Frozen):
    """A passport that this run issued."""

    slug: Slug
    cause: str
    """Why, as `schemas.registry.Cause`."""


class RunReport(Frozen):
    """What a run did and found."""

    run: str
    flow: Literal["refresh", "rescrape", "demo"]
    state: Literal["done", "partial", "failed"]
    """Partial: published, but for the sources that a gate stopped, whose last good listings stay."""
    started_at: Timestamp
    finished_at: Timestamp
    pipeline: str
    rules_sha256: str
    crawls: tuple[CrawlReport, ...]
    breaches: tuple[Breach, ...]
    accepted: tuple[Breach, ...] = ()
    """Drops that a person had looked at and let pass (`--accept-drop`)."""
    accounting: Accounting | None
    """None when the run ended before there was anything to count."""
    changes: tuple[IssuedPassport, ...]
    """The first of those that were issued; the generation's delta has all."""
    issued: dict[str, int]
    """Cause → passports issued for it."""
    unchanged: int
    """Passports that still say it all and were not issued again."""
    absent: int
    """Passports whose model was not listed any more."""
    kept: dict[str, str]
    """Source that this run did not renew → the date of its last good crawl, whose facts stand."""
    quarantined: tuple[Quarantined, ...]


class Published(NamedTuple):
    """What came of it."""

    generation: int
    written: dict[str, int]
    """Step → how many keys it wrote; what was there already is not written."""
