"""Judges how old a passport is at an instant, as its reader can: from the signed dates alone."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from pipelines.ahead import is_ahead
from schemas.registry import Lifetime, Status
from schemas.times import instant
from schemas.verdict import Age

AGES: tuple[Age, ...] = ("not_yet_valid", "expired", "stale", "delisted", "due", "fresh")
"""Worst first."""


def age_of(status: Status, last_scraped_at: str, gate: Lifetime, at: datetime) -> Age:
    """Age of a passport at an instant: by its scrape and status, then by the lifetime that its source's gate states."""
    if is_ahead(last_scraped_at, at):
        return "not_yet_valid"
    if status == "delisted":
        return "delisted"
    age = at - instant(last_scraped_at)
    if age > gate.expires_after:
        return "expired"
    if age > gate.stale_after:
        return "stale"
    return "due" if age > gate.refresh_after else "fresh"


class SignedDates(NamedTuple):
    """The dates of a signed passport that its age follows from."""

    status: Status
    signed_at: str
    expires_at: str | None
    due_after: str | None
    """Of the source that names the passport; None where it states none, as passports of the older format."""
    stale_after: str | None


def age_at(passport: Mapping[str, Any], at: datetime) -> Age | None:
    """Age of a signed passport at an instant: by its status, signing and expiry, then by the dates of its first source.

    None where only such dates could decide and it states none, as passports of the older format. The first source is
    the one that names the passport.
    """
    trust = passport["unfragile"]["trust"]
    first: Mapping[str, str] = next(iter(trust.get("freshness", {}).get("sources", ())), {})
    return age_by_dates(
        SignedDates(
            trust["maintenance"]["status"],
            passport["signedAt"],
            passport["expiresAt"],
            first.get("due_after"),
            first.get("stale_after"),
        ),
        at,
    )


def age_by_dates(dates: SignedDates, at: datetime) -> Age | None:
    """Age at an instant of a passport with these dates; None where too few of them are stated to decide."""
    if is_ahead(dates.signed_at, at):
        return "not_yet_valid"
    if dates.status == "delisted":
        return "delisted"
    if dates.expires_at is not None and at >= instant(dates.expires_at):
        return "expired"
    if dates.due_after is None or dates.stale_after is None:
        return None
    if at > instant(dates.stale_after):
        return "stale"
    return "due" if at > instant(dates.due_after) else "fresh"


class Deadlines(NamedTuple):
    """Until when a record may be relied on."""

    due: datetime
    """From then on the record should have been scraped again."""
    stale: datetime
    """From then on the record must not be relied on."""
    void: datetime
    """From then on a passport made from it is no longer valid."""


def deadlines(observed_at: str, gate: Lifetime) -> Deadlines:
    """Return until when a record that was observed at an instant may be relied on."""
    return _deadlines(observed_at, gate.refresh_after_h, gate.stale_after_h, gate.expires_after_h)


@lru_cache(maxsize=1024)
def _deadlines(observed_at: str, refresh_after_h: int, stale_after_h: int, expires_after_h: int) -> Deadlines:
    """Compute the deadlines once for all records of one response, which have the same instant."""
    seen = instant(observed_at)
    return Deadlines(*(seen + timedelta(hours=hours) for hours in (refresh_after_h, stale_after_h, expires_after_h)))
