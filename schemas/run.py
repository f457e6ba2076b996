"""The report of a run, stored with what the run published, or alone where it published nothing."""

from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from schemas.base import Frozen, Slug, Stored, Timestamp
from schemas.crawl import CrawlReport
from schemas.listing import Quarantined


class Accounting(Frozen):
    """Where every listing went: `listings` is the sum of the five counts after it."""

    listings: int
    passports: int
    """Listings whose model has a passport, issued by this run or before it."""
    offers_merged: int
    """Variants that became offers of their model."""
    aliases: int
    """Listings that are other names of a model."""
    joined: int
    """Records of a model whose passport is named after a record of another source."""
    quarantined: int
    aliases_without_target: tuple[str, ...]
    """Aliases whose target no source states, so that no passport can name them."""


class Breach(Frozen):
    """A bound of a source's gate that its crawl did not keep."""

    source: str
    gate: str
    reason: str


class IssuedPassport(Frozen):
    """A passport that this run issued."""

    slug: Slug
    cause: str
    """Why it was issued, as in `schemas.registry.Cause`."""


class RunReport(Stored):
    """What a run did and found."""

    run: str
    flow: Literal["refresh", "rescrape", "demo", "keys", "revoke"]
    state: Literal["done", "partial", "failed"]
    """Partial: published, with the last good listings of those sources whose crawl a gate stopped."""
    started_at: Timestamp
    finished_at: Timestamp
    pipeline: str
    rules_sha256: str
    crawls: tuple[CrawlReport, ...]
    breaches: tuple[Breach, ...]
    waived: Annotated[tuple[Breach, ...], Field(validation_alias="accepted", serialization_alias="accepted")] = ()
    """Breaches that a person waived (`--accept-drop`)."""
    accounting: Accounting | None
    """None where the run ended before there was anything to count."""
    changes: tuple[IssuedPassport, ...]
    """The first passports that were issued; the generation's delta has all."""
    issued: dict[str, int]
    """Cause → number of passports issued for it."""
    unchanged: int
    """Passports whose substance did not change, so that they were not issued again."""
    absent: int
    """Passports whose model was no longer listed."""
    not_renewed: Annotated[dict[str, str], Field(validation_alias="kept", serialization_alias="kept")]
    """Source that this run did not renew → date of its last good crawl, whose facts are still used."""
    quarantined: tuple[Quarantined, ...]


class Published(NamedTuple):
    """What a run published."""

    generation: int
    written: dict[str, int]
    """Step → number of keys it wrote; files that existed already are not written again."""
