from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from pipelines.enrich.status import (
    ALIVE,
    DISABLED,
    ENDING,
    GONE,
    PAST_END,
    StatusFinding,
    last_observed_at,
    status_of,
    valid_until,
)
from pipelines.lifecycle.absence import Absence
from pipelines.merge.gather import gather
from pipelines.merge.subject import Subject
from pipelines.normalise.roll import read_roll, roll_of
from schemas.times import instant, timestamp
from tests.support.listings import NOW, SEEN, listing, subject
from tests.support.repositories import repository

TODAY = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("expires_on", "life"),
    [
        (None, ALIVE), ("2026-06-30", ENDING), ("2026-06-01", ENDING), ("2026-05-31", PAST_END),
        ("2098-12-31", ALIVE), ("9999-01-01", ALIVE), ("2036-05-28", ENDING), ("2036-05-29", ALIVE),
    ],
)  # fmt: skip
def test_a_model_lives_until_a_believable_end_is_announced(expires_on: str | None, life: StatusFinding) -> None:
    assert status_of(subject(listing(expiration_date=expires_on)), TODAY) == life


@pytest.mark.parametrize(
    ("life", "status", "flags", "shown_by"),
    [
        (ALIVE, "active", [], "listed"), (ENDING, "deprecated", ["ending"], "expires_on"),
        (PAST_END, "deprecated", ["past_end"], "expires_on"), (DISABLED, "deprecated", [], "disabled"),
        (GONE, "delisted", ["delisted"], "missing"),
    ],
)  # fmt: skip
def test_each_life_has_a_status_what_it_adds_to_the_facts_and_what_shows_it(
    life: StatusFinding, status: str, flags: list[str], shown_by: str
) -> None:
    assert (life.status, sorted(life.flags), life.shown_by) == (status, flags, shown_by)


@pytest.mark.parametrize(
    ("expires_on", "until"),
    [
        (None, "2026-07-01T09:00:00.000Z"), ("2026-06-20", "2026-06-20T23:59:59.999Z"),
        ("2026-06-01", "2026-06-01T23:59:59.999Z"), ("2026-07-01", "2026-07-01T09:00:00.000Z"),
        ("2026-05-31", "2026-07-01T09:00:00.000Z"), ("2098-12-31", "2026-07-01T09:00:00.000Z"),
    ],
)  # fmt: skip
def test_a_passport_is_valid_no_longer_than_its_model_is_announced_to_last(expires_on: str | None, until: str) -> None:
    void = instant("2026-07-01T09:00:00.000Z")
    assert timestamp(valid_until(subject(listing(expiration_date=expires_on)), void, NOW)) == until


LOOKED_AT = "2026-06-09T09:00:00.000Z"


def missed(*, confirmed: bool, **changes: str) -> Subject:
    observations = (SEEN, LOOKED_AT)
    rolls = tuple(read_roll(roll_of("openrouter", [], url="https://x.example", observed_at=at)) for at in observations)
    one = listing(**changes)
    (only,) = gather([one], absences={(one.source, one.id): Absence(rolls, confirmed)}).subjects
    return only


def test_what_is_certainly_gone_is_delisted_whatever_end_it_announced() -> None:
    assert status_of(missed(confirmed=True), TODAY) == GONE
    assert status_of(missed(confirmed=True, expiration_date="2026-06-30"), TODAY) == GONE


def test_what_was_missed_once_lives_on() -> None:
    assert status_of(missed(confirmed=False), TODAY) == ALIVE
    assert status_of(missed(confirmed=False, expiration_date="2026-06-30"), TODAY) == ENDING


def test_a_status_rests_on_the_record_until_its_absence_is_certain_and_then_on_the_latest_observation() -> None:
    assert last_observed_at(subject(listing())) == SEEN
    assert last_observed_at(missed(confirmed=False)) == SEEN
    assert last_observed_at(missed(confirmed=True)) == LOOKED_AT


def test_the_end_of_a_further_offer_is_not_the_end_of_the_model() -> None:
    ending = listing(id="heron-lab/heron-7b:free", expiration_date="2026-06-30")
    assert status_of(subject(listing(), ending), TODAY) == ALIVE


@pytest.mark.parametrize(("disabled", "life"), [(True, DISABLED), (False, ALIVE), (None, ALIVE)])
def test_a_repository_that_the_hub_has_disabled_is_deprecated(disabled: bool | None, life: StatusFinding) -> None:
    assert status_of(subject(repository(disabled=disabled)), TODAY) == life


def test_an_instant_is_printed_in_utc_with_milliseconds() -> None:
    east = timezone(timedelta(hours=2))
    assert timestamp(datetime(2026, 6, 1, 14, 0, tzinfo=east)) == "2026-06-01T12:00:00.000Z"
    assert timestamp(datetime(2026, 6, 1, 12, 0, tzinfo=UTC)) == "2026-06-01T12:00:00.000Z"
