from datetime import timedelta

import pytest

from pipelines.lifecycle.absence import Absence, absent_in, is_confirmed, is_gone, proving_observations
from pipelines.normalise.roll import read_roll, roll_of
from schemas.crawl import AdmittedLine
from schemas.listing import Fact
from schemas.sources import SOURCE_NAMES
from schemas.times import instant, timestamp
from tests.support.hub_records import REPOSITORY, absence, facts, moved, replaced
from tests.support.listings import SEEN, listing, raw, record

A_MOMENT = timedelta(milliseconds=1)
URL = "https://openrouter.example/api/v1/models"


def after(**spent: float) -> str:
    return timestamp(instant(SEEN) + timedelta(**spent))


def line(*, missing_since: str | None, missed_at: str | None, moved_to: str | None = None) -> AdmittedLine:
    marks = {"missing_since": missing_since, "missed_at": missed_at, "moved_to": moved_to}
    return AdmittedLine(raw=raw(record()), listing=listing(), **marks)


@pytest.mark.parametrize(
    ("between", "enough"),
    [
        (timedelta(0), False), (timedelta(hours=24) - A_MOMENT, False), (timedelta(hours=24), True),
        (timedelta(days=9), True),
    ],
)  # fmt: skip
def test_two_observations_are_enough_from_a_day_apart_on(between: timedelta, enough: bool) -> None:
    assert is_confirmed(listing(), SEEN, timestamp(instant(SEEN) + between)) is enough


@pytest.mark.parametrize(
    ("observation", "enough"),
    [("2026-06-29T23:59:59.999Z", False), ("2026-06-30T00:00:00.000Z", True), ("2026-07-01T00:00:00.000Z", True)],
)
def test_one_observation_is_enough_from_the_day_of_the_announced_end_on(observation: str, enough: bool) -> None:
    assert is_confirmed(listing(expiration_date="2026-06-30"), observation, observation) is enough


def test_other_dates_of_a_record_are_no_end_of_it() -> None:
    assert not is_confirmed(listing(knowledge_cutoff="2025-01-31"), SEEN, SEEN)


@pytest.mark.parametrize(
    ("missing_since", "missed_at", "moved_to", "gone"),
    [
        (None, None, None, False),
        (after(hours=1), None, None, False),
        (None, after(days=9), None, False),
        (after(hours=1), after(hours=2), None, False),
        (after(hours=1), after(days=2), None, True),
        (None, None, "heron-lab/heron-8b", True),
    ],
)
def test_a_record_is_gone_once_it_was_missed_twice_or_is_elsewhere(
    missing_since: str | None, missed_at: str | None, moved_to: str | None, gone: bool
) -> None:
    assert is_gone(line(missing_since=missing_since, missed_at=missed_at, moved_to=moved_to)) is gone


@pytest.mark.parametrize(
    ("missing_since", "missed_at", "shown"),
    [
        (None, None, ()),
        (SEEN, None, (SEEN,)),
        (SEEN, SEEN, (SEEN,)),
        (SEEN, after(days=2), (SEEN, after(days=2))),
    ],
)
def test_an_absence_is_shown_by_the_first_observation_and_the_latest(
    missing_since: str | None, missed_at: str | None, shown: tuple[str, ...]
) -> None:
    assert proving_observations(line(missing_since=missing_since, missed_at=missed_at)) == shown


def test_the_latest_observation_is_the_last_of_them() -> None:
    observations = tuple(read_roll(roll_of("openrouter", [], url=URL, observed_at=at)) for at in (SEEN, after(days=2)))
    assert Absence(observations, confirmed=True).latest.observed_at == after(days=2)


def test_a_roll_is_a_record_of_its_own_source_that_states_nothing_but_who_is_there() -> None:
    made = roll_of("openrouter", ["b", "a", "b"], url=URL, observed_at=SEEN)
    assert (made.source, made.id, made.url, made.observed_at) == ("openrouter-roll", SEEN, URL, SEEN)
    assert made.body == '{"listed":{"a":true,"b":true}}'
    assert made.source in SOURCE_NAMES
    roll = read_roll(made)
    assert (roll.source, roll.id, roll.url, roll.observed_at) == (made.source, made.id, made.url, made.observed_at)
    assert (roll.kind, roll.content_sha256, roll.facts) == ("roll", made.content_sha256, ())
    # It is no model, and has a name, a maker and a slug only as every record has them.
    assert (roll.base_id, roll.slug, roll.variant) == (SEEN, "roll", None)
    assert roll.name == roll.author == "openrouter-roll"


def test_a_roll_shows_who_is_not_there_by_where_it_would_name_them() -> None:
    roll = read_roll(roll_of("openrouter", ["heron-lab/heron-7b"], url=URL, observed_at=SEEN))
    assert absent_in(roll, "~fen/m~1") == Fact("missing", True, "/listed/~0fen~1m~01", None)


def test_an_answer_shows_that_a_repository_is_not_there_by_what_it_says() -> None:
    assert facts(absence())["repository_missing"].value == 401
    assert absent_in(absence(), REPOSITORY) == Fact("missing", True, "/status", 401)
    for observation, answer in ((moved(), "repository_moved"), (replaced(), "repository_replaced")):
        stated = facts(observation)[answer]
        assert absent_in(observation, REPOSITORY) == Fact("missing", True, stated.locator, stated.as_stated)
        assert facts(observation)["sought_id"].value == "64f5fd954d3b1dd311d30e28"
