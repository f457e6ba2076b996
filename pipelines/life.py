"""The life of a listing, from the dates that its source states."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

from pipelines.merge import Subject
from schemas.times import timestamp

FARTHEST_END = timedelta(days=3650)
"""An end announced further ahead is a sentinel (2098-12-31, 9999-01-01 in the recordings), not an end."""


class Life(NamedTuple):
    """What the calendar says of a model that is listed."""

    status: Literal["active", "deprecated"]
    """Deprecated once its end is announced."""
    flags: frozenset[str]
    """What the calendar adds to the facts: "ending" before the announced end, "past_end" after it."""


ALIVE = Life("active", frozenset())
ENDING = Life("deprecated", frozenset(["ending"]))
PAST_END = Life("deprecated", frozenset(["past_end"]))


def life_of(subject: Subject, today: date) -> Life:
    """Judge the announced end, if there is one: the day after which the source may remove the model."""
    stated = subject.text("expires_on")
    if stated is None:
        return ALIVE
    end = date.fromisoformat(stated)
    if end - today >= FARTHEST_END:
        return ALIVE
    return PAST_END if end < today else ENDING


@lru_cache(maxsize=1024)
def stamp(instant: datetime) -> str:
    """Print an instant as a timestamp; a run has few instants, and each stands in every passport."""
    return timestamp(instant)
