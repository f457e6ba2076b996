"""The life of a listing, from the dates that its source states."""

from datetime import date, timedelta
from typing import Literal

from pipelines.merge import Subject

FARTHEST_END = timedelta(days=3650)
"""An end announced further ahead is a sentinel (2098-12-31, 9999-01-01 in the recordings), not an end."""


def announced_end(subject: Subject, today: date) -> date | None:
    """The day after which the source may remove the model, None where it announces none."""
    stated = subject.text("expires_on")
    end = date.fromisoformat(stated) if stated else None
    return end if end and end - today < FARTHEST_END else None


def status_of(subject: Subject, today: date) -> Literal["active", "deprecated"]:
    """Status of a model that is listed: deprecated once its end is announced."""
    return "deprecated" if announced_end(subject, today) else "active"


def flags(subject: Subject, today: date) -> frozenset[str]:
    """What the calendar adds to the facts: "ending" before the announced end, "past_end" after it."""
    end = announced_end(subject, today)
    return frozenset() if end is None else frozenset(["past_end" if end < today else "ending"])
