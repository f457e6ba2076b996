"""Computes how long to wait before asking again: what the source asks for, and a backoff of our own."""

import re
from datetime import UTC, datetime

from schemas.times import http_date

QUOTA = ("X-RateLimit-Remaining", "X-RateLimit-Reset")
"""Headers of a quota, in the order in which `quota_free_at` gets them."""

_EXHAUSTED = re.compile(r";\s*r=0\s*(?=;|$)")
_RESET = re.compile(r";\s*t=(\d{1,9})\s*(?=;|$)")


def retry_after_s(header: str, now: datetime) -> float:
    """Seconds that a Retry-After header (RFC 9110 10.2.3) asks for: a number, or a date; 0 for anything else."""
    if re.fullmatch(r"\d{1,9}", header.strip()):
        return float(header)
    date = http_date(header)
    return max(0.0, (date - now).total_seconds()) if date else 0.0


def rate_limit_reset_s(header: str) -> float:
    """Seconds until a quota in a RateLimit header (IETF draft: `"api";r=0;t=251`) is free again; 0 when it is."""
    resets = [_RESET.search(limit) for limit in header.split(",") if _EXHAUSTED.search(limit)]
    return max((float(reset[1]) for reset in resets if reset), default=0.0)


def quota_free_at(remaining: bytes | None, reset: bytes | None) -> datetime | None:
    """When a quota is free again that X-RateLimit-Remaining states to be used up; None while it is not.

    X-RateLimit-Reset is in seconds since 1970 (GitHub). At most ten digits are read, as other servers send
    milliseconds.
    """
    if (remaining or b"").strip() != b"0" or not re.fullmatch(rb"\d{1,10}", (reset or b"").strip()):
        return None
    return datetime.fromtimestamp(int(reset or b"0"), UTC)


def backoff_s(tries: int, *, first_s: float, longest_s: float, chance: float) -> float:
    """Seconds to wait after so many failed tries: doubling, bounded, half of it random by `chance` (0 to 1)."""
    return min(longest_s, first_s * 2.0 ** (tries - 1)) * (0.5 + chance / 2)
