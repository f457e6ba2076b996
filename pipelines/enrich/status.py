"""The life of a listing: from the dates that its source states, and from whether it is there at all."""

from datetime import date, timedelta
from typing import NamedTuple

from pipelines.merge.subject import Subject
from pipelines.normalise.facts import MISSING
from schemas.registry import Status

FARTHEST_END = timedelta(days=3650)
"""An end announced further ahead is a sentinel (2098-12-31, 9999-01-01 in the recordings), not an end."""


class StatusFinding(NamedTuple):
    """What the calendar and the last looks say of a model."""

    status: Status
    """Deprecated once its end is announced, or its source has disabled it; delisted once it is certainly gone."""
    flags: frozenset[str]
    """What they add to the facts: "ending" before the announced end, "past_end" after it, "delisted"."""
    shown_by: str
    """The fact that shows the status."""


ALIVE = StatusFinding("active", frozenset(), "listed")
ENDING = StatusFinding("deprecated", frozenset(["ending"]), "expires_on")
PAST_END = StatusFinding("deprecated", frozenset(["past_end"]), "expires_on")
DISABLED = StatusFinding("deprecated", frozenset(), "disabled")
GONE = StatusFinding("delisted", frozenset(["delisted"]), MISSING)


def status_of(subject: Subject, today: date) -> StatusFinding:
    """Judge whether it is there, and the announced end, if there is one: from then on the source may remove it."""
    if subject.absence and subject.absence.confirmed:
        return GONE
    if "disabled" in subject.stated:
        return DISABLED
    stated = subject.text("expires_on")
    if stated is None:
        return ALIVE
    end = date.fromisoformat(stated)
    if end - today >= FARTHEST_END:
        return ALIVE
    return PAST_END if end < today else ENDING


def last_observed_at(subject: Subject) -> str:
    """When a source last said what the status rests on: that the model is there, or that it is not."""
    absence = subject.absence
    return absence.latest.observed_at if absence and absence.confirmed else subject.primary.observed_at
