"""Decides at which time a run may publish: never before the served generation, unless a source confirms our clock."""

from collections.abc import Callable, Iterable
from datetime import datetime
from http.client import HTTPException
from urllib.error import HTTPError

from flows.config.web import Fetching, fetch
from flows.errors import FlowError
from flows.registry.reader import Reader
from pipelines.ahead import CLOCK_SKEW, is_ahead, latest_date
from schemas.times import http_date, instant, timestamp

TIMEOUT_S = 15
SECONDS_PER_HOUR = 3600

Confirm = Callable[[datetime], bool]
"""From our time to whether another clock agrees with it."""


class ClockBehindError(FlowError):
    """Our clock is behind the last publisher's, so nothing that it dates would be accepted."""


def unconfirmed(at: datetime) -> bool:
    """Return False: no other clock is asked, and so none confirms a time."""
    del at
    return False


def time_to_publish(base: Reader | None, at: datetime, confirm: Confirm = unconfirmed) -> datetime:
    """Return the time to publish at: `at`, or the served generation's where `at` is up to `CLOCK_SKEW` before it.

    Where `at` is further behind, `confirm` decides: if it agrees with `at`, the last publisher's clock was ahead and
    `at` is returned; otherwise raises ClockBehindError.
    """
    if base is None:
        return at
    latest = latest_date(base.pointer, base.snapshot)
    if not is_ahead(latest, at):
        return max(at, instant(latest))
    if confirm(at):
        return at
    hours = (instant(latest) - at).total_seconds() / SECONDS_PER_HOUR
    behind = f"this clock ({timestamp(at)}) is {hours:,.1f} h behind that, and the clock of no source agrees with it"
    remedy = "correct the clock or SOURCE_DATE_EPOCH and run again"
    other = "if the last publisher's clock was ahead, run where a source can be reached"
    raise ClockBehindError(f"{base} was published at {latest}; {behind}: {remedy}; {other}")


def confirmed_by(urls: Iterable[str]) -> Confirm:
    """Return a `Confirm` that asks the servers at these addresses for their time; one that agrees is enough."""
    addresses = list(urls)

    def confirm(at: datetime) -> bool:
        dates = (_time_at(f"{url}/robots.txt") for url in addresses)
        return any(abs(theirs - at) <= CLOCK_SKEW for theirs in dates if theirs)

    return confirm


def _time_at(url: str) -> datetime | None:
    """Return the time in a server's `Date` header; None where it does not answer, or sends no valid one."""
    asking = Fetching(max_bytes=0, deadline_s=TIMEOUT_S, private=True, same_host=True)  # the operator's own setting
    try:
        date = fetch(url, asking, **{"User-Agent": "passports"}).headers["Date"]
    except HTTPError as error:
        date = error.headers["Date"]
    except (OSError, ValueError, HTTPException):
        return None
    return http_date(date or "")
