"""Whether this clock may publish: not at a time before what is served, unless the sources' own clocks agree with it."""

import urllib.request
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException

from flows.errors import FlowError
from flows.registry.reader import Reader
from pipelines.ahead import CLOCK_SKEW, is_ahead, published_at
from schemas.times import instant, timestamp

TIMEOUT_S = 15
SECONDS_PER_HOUR = 3600

Confirm = Callable[[datetime], bool]
"""Whether somebody else's clock says the same as ours."""


class ClockBehindError(FlowError):
    """This clock is behind the one that published last, so that nothing it dates would be believed."""


def unconfirmed(at: datetime) -> bool:
    """Ask nobody."""
    del at
    return False


def time_to_publish(base: Reader | None, at: datetime, confirm: Confirm = unconfirmed) -> datetime:
    """Give the time to publish at: the clock's, or that of what is served where the clock is behind by a little.

    Raises ClockBehindError where it is behind by more and nobody confirms it. Where somebody does, it was the clock of
    the last publisher that was ahead.
    """
    if base is None:
        return at
    latest = published_at(base.pointer, base.snapshot)
    if not is_ahead(latest, at):
        return max(at, instant(latest))
    if confirm(at):
        return at
    hours = (instant(latest) - at).total_seconds() / SECONDS_PER_HOUR
    behind = f"this clock ({timestamp(at)}) is behind that by {hours:,.1f} hours, and no source's clock confirms it"
    remedy = "set the clock, or SOURCE_DATE_EPOCH, right and run again"
    other = "if the last publisher's was ahead, run where a source can be reached"
    raise ClockBehindError(f"{base} was published at {latest}; {behind}: {remedy}; {other}")


def confirmed_by(urls: Iterable[str]) -> Confirm:
    """Ask the servers at these addresses for their time: one that says the same will do."""
    addresses = list(urls)

    def confirm(at: datetime) -> bool:
        told = (_time_at(f"{url}/robots.txt") for url in addresses)
        return any(abs(theirs - at) <= CLOCK_SKEW for theirs in told if theirs)

    return confirm


def _time_at(url: str) -> datetime | None:
    """Read the time off a server's answer; None where it gives none, or none that can be read."""
    request = urllib.request.Request(url, headers={"User-Agent": "passports"})  # noqa: S310 - settings allow http and https only
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310 - likewise
            headers = response.headers
    except urllib.error.HTTPError as error:
        headers = error.headers
    except (OSError, ValueError, HTTPException):
        return None
    try:
        told = parsedate_to_datetime(headers["Date"] or "")
    except (ValueError, TypeError, OverflowError):
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)
