"""The reader's verdict on age: from the signed dates alone, whenever it is asked."""

from datetime import datetime
from typing import Literal

from pipelines.gates import Gate
from schemas.registry import Status
from schemas.times import instant

Age = Literal["fresh", "due", "stale", "expired", "delisted"]

AGES: tuple[Age, ...] = ("expired", "stale", "delisted", "due", "fresh")
"""Worst first."""


def age_of(status: Status, last_scraped_at: str, gate: Gate, at: datetime) -> Age:
    """How old a passport is at an instant, by the bounds of its source."""
    if status == "delisted":
        return "delisted"
    age = at - instant(last_scraped_at)
    if age > gate.expires_after:
        return "expired"
    if age > gate.stale_after:
        return "stale"
    return "due" if age > gate.refresh_after else "fresh"
