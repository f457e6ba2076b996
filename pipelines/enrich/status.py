"""Whether a model is active, deprecated or delisted: by the dates that its source states, and by its absence."""

from datetime import UTC, date, datetime
from typing import NamedTuple

from pipelines.formats.dates import end_of
from pipelines.merge.subject import Subject
from pipelines.normalise.facts import MISSING
from schemas.registry import Status


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
    return PAST_END if date.fromisoformat(stated) < today else ENDING


def valid_until(subject: Subject, void: datetime, at: datetime) -> datetime:
    """Until when a passport that is signed at an instant is valid: until `void`, or an announced end that comes before.

    `void` is the instant from which on the last observation is too old. An end that has passed, of a model that is
    still listed, cuts nothing off: the passport states both.
    """
    ends = status_of(subject, at.astimezone(UTC).date()).flags >= ENDING.flags
    return min(void, end_of(str(subject.value("expires_on")))) if ends else void


def last_observed_at(subject: Subject) -> str:
    """When a source was last observed for what the status rests on: the model was there, or it was missed."""
    absence = subject.absence
    return absence.latest.observed_at if absence and absence.confirmed else subject.primary.observed_at
