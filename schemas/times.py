"""Timestamps as passports print them: UTC with milliseconds and Z."""

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=1024)
def timestamp(instant: datetime) -> str:
    """Print an aware instant as `2026-06-15T14:50:47.607Z`; raise ValueError on a naive one.

    Cached, because a run has few instants and each is in every passport.
    """
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone: pass an aware instant")
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(maxsize=1024)
def instant(text: str) -> datetime:
    """Read a timestamp as an aware datetime; raise ValueError unless it is an ISO 8601 instant that ends in Z.

    Cached likewise.
    """
    if not text.endswith("Z"):
        raise ValueError(f"{text!r} is not a UTC timestamp ending in Z")
    return datetime.fromisoformat(text)


def http_date(text: str) -> datetime | None:
    """Read the date of an HTTP header, as UTC where it names no zone; None where it is no date.

    The standard library raises OverflowError on numbers that C cannot hold, as in "Wed, 21 Oct 99999999999999999999".
    """
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - takes a while to import, and most commands ask no server

    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
