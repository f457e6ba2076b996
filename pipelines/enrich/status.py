"""Whether a model is active, deprecated or delisted: by the dates that its source states, and by its absence."""

from datetime import date, timedelta
from typing import NamedTuple

from pipelines.merge.subject import Subject
from pipelines.normalise.facts import MISSING
from schemas.registry import Status

FARTHEST_END = timedelta(days=3650)
"""An end announced this far ahead or further is a placeholder (2098-12-31 and 9999-01-01 were recorded), not an end."""


class StatusFinding(NamedTuple):
    """The status of a model, and the fact that shows it."""

    status: Status
    """Deprecated once its end is announced or its source has disabled it; delisted once it is certainly gone."""
    flags: frozenset[str]
    """Facts that follow from the status: "ending" before the announced end, "past_end" after it, "delisted"."""
    shown_by: str
    """The fact that shows the status."""


ALIVE = StatusFinding("active", frozenset(), "listed")
ENDING = StatusFinding("deprecated", frozenset(["ending"]), "expires_on")
PAST_END = StatusFinding("deprecated", frozenset(["past_end"]), "expires_on")
DISABLED = StatusFinding("deprecated", frozenset(), "disabled")
GONE = StatusFinding("delisted", frozenset(["delisted"]), MISSING)


def status_of(subject: Subject, today: date) -> StatusFinding:
    """The status on a day: gone comes before disabled, and disabled before an announced end.

    From that end on the source may remove the model at any time.
    """
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
    """When a source was last observed for what the status rests on: the model was there, or it was missed."""
    absence = subject.absence
    return absence.latest.observed_at if absence and absence.confirmed else subject.primary.observed_at
