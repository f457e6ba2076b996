from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from pipelines.life import ALIVE, DISABLED, ENDING, FARTHEST_END, PAST_END, Life, life_of, stamp
from tests.pipelines.listings import listing, subject
from tests.pipelines.repositories import repository

TODAY = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("expires_on", "life"),
    [
        (None, ALIVE), ("2026-06-30", ENDING), ("2026-06-01", ENDING), ("2026-05-31", PAST_END),
        ("2098-12-31", ALIVE), ("9999-01-01", ALIVE), ((TODAY + FARTHEST_END).isoformat(), ALIVE),
        ((TODAY + FARTHEST_END - timedelta(days=1)).isoformat(), ENDING),
    ],
)  # fmt: skip
def test_a_model_lives_until_a_believable_end_is_announced(expires_on: str | None, life: Life) -> None:
    assert life_of(subject(listing(expiration_date=expires_on)), TODAY) == life


def test_the_end_of_a_further_offer_is_not_the_end_of_the_model() -> None:
    ending = listing(id="heron-lab/heron-7b:free", expiration_date="2026-06-30")
    assert life_of(subject(listing(), ending), TODAY) == ALIVE


@pytest.mark.parametrize(("disabled", "life"), [(True, DISABLED), (False, ALIVE), (None, ALIVE)])
def test_a_repository_that_the_hub_has_disabled_is_deprecated(disabled: bool | None, life: Life) -> None:
    assert life_of(subject(repository(disabled=disabled)), TODAY) == life


def test_an_instant_is_printed_in_utc_with_milliseconds() -> None:
    east = timezone(timedelta(hours=2))
    assert stamp(datetime(2026, 6, 1, 14, 0, tzinfo=east)) == "2026-06-01T12:00:00.000Z"
    assert stamp(datetime(2026, 6, 1, 12, 0, tzinfo=UTC)) == "2026-06-01T12:00:00.000Z"
