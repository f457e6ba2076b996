"""What it means that a record is not there any more.

One miss is no removal: of 267 recorded removals 56 came back within hours. Two looks at least 24 hours apart are, or
one from the day on that the record itself announced as its end. A source that lists everything is looked at by its
roll: the ids that one complete crawl found, kept as a record, in which an absence can be pointed to. One that is asked
for single records answers that there is none.
"""

from datetime import date, timedelta
from typing import NamedTuple

from pipelines.normalise.facts import ANSWERS, MISSING
from schemas.crawl import AdmittedLine
from schemas.listing import Fact, Listing
from schemas.times import instant

CONFIRMED_AFTER = timedelta(hours=24)


class Absence(NamedTuple):
    """The looks that missed a record, and whether they suffice."""

    looks: tuple[Listing, ...]
    """Rolls that do not name it, or the answer that there is none: the first and the latest."""
    confirmed: bool

    @property
    def latest(self) -> Listing:
        """The look that was last to miss it."""
        return self.looks[-1]


def is_gone(line: AdmittedLine) -> bool:
    """Whether a record's absence is certain, as far as it was looked for; one that was renamed is gone at once."""
    if line.moved_to is not None:
        return True
    if line.missing_since is None or line.missed_at is None:
        return False
    return is_confirmed(line.listing, line.missing_since, line.missed_at)


def is_confirmed(listing: Listing, since: str, at: str) -> bool:
    """Whether a listing that was first missed at one instant, and again at another, is gone."""
    return instant(at) - instant(since) >= CONFIRMED_AFTER or _ended_by(listing, at)


def proving_observations(line: AdmittedLine) -> tuple[str, ...]:
    """Dates of the looks that an absence is shown by: the first and the latest, or the latest where one is enough.

    Which of the two it is does not change from look to look: what is shown of a model that stays gone stays the same.
    """
    dates = tuple(dict.fromkeys(date for date in (line.missing_since, line.missed_at) if date is not None))
    return dates[-1:] if dates and _ended_by(line.listing, dates[0]) else dates


def _ended_by(listing: Listing, look: str) -> bool:
    """Whether the end that a record announced had come when it was looked for."""
    end = next((fact.value for fact in listing.facts if fact.name == "expires_on"), None)
    return isinstance(end, str) and date.fromisoformat(end) <= instant(look).date()


def absent_in(look: Listing, listing_id: str) -> Fact:
    """What a look says: nothing, where a roll would name the record; or what was answered or found."""
    answer = next((fact for fact in look.facts if fact.name in ANSWERS), None)
    if answer:
        return answer._replace(name=MISSING, value=True)
    return Fact(MISSING, True, f"/listed/{listing_id.replace('~', '~0').replace('/', '~1')}", None)
