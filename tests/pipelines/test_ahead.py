from datetime import datetime, timedelta

import pytest

from flows.demo import recording
from pipelines.ahead import CLOCK_SKEW, earlier, is_ahead, line_known_at, list_crawls_known_at
from schemas.crawl import AdmittedLine, ListQuery
from schemas.registry import ListCrawl
from schemas.times import timestamp
from tests.support.runs import NOON, brought

NOW = NOON
PAST, AHEAD = NOW - timedelta(days=2), NOW + timedelta(days=2)
A_MOMENT = timedelta(milliseconds=1)


def line(observed: datetime, since: datetime | None = None, missed: datetime | None = None) -> AdmittedLine:
    [found] = [one for one in brought(recording.models()[:1], at=observed).lines() if isinstance(one, AdmittedLine)]
    marks = {"missing_since": since and timestamp(since), "missed_at": missed and timestamp(missed)}
    return found.model_copy(update=marks)


def test_a_clock_may_be_ahead_by_the_skew_and_no_more() -> None:
    assert not is_ahead(timestamp(NOW + CLOCK_SKEW), NOW)
    assert is_ahead(timestamp(NOW + CLOCK_SKEW + A_MOMENT), NOW)


def test_a_date_that_is_ahead_becomes_the_present() -> None:
    assert earlier(timestamp(PAST), NOW) == timestamp(PAST)
    assert earlier(timestamp(AHEAD), NOW) == timestamp(NOW)


def test_a_record_that_was_seen_ahead_counts_as_never_seen() -> None:
    assert line_known_at(line(AHEAD), NOW) is None
    assert line_known_at(line(AHEAD), AHEAD) == line(AHEAD)


@pytest.mark.parametrize(
    ("since", "missed", "retained"),
    [
        (None, None, (None, None)),
        (PAST, PAST, (PAST, PAST)),
        (PAST, AHEAD, (PAST, PAST)),
        (AHEAD, AHEAD, (None, None)),
    ],
)
def test_observations_that_missed_it_ahead_are_forgotten(
    since: datetime | None, missed: datetime | None, retained: tuple[datetime | None, ...]
) -> None:
    known = line_known_at(line(PAST, since, missed), NOW)
    assert known
    assert (known.missing_since, known.missed_at) == tuple(date and timestamp(date) for date in retained)


def test_walks_that_began_ahead_are_none_to_build_on() -> None:
    query = ListQuery(minimum_downloads=1)
    walks = tuple(ListCrawl(query=query, began_at=timestamp(at), listings=None) for at in (PAST, AHEAD))
    assert list_crawls_known_at(walks, NOW) == walks[:1]
