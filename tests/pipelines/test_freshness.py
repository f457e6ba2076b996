from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipelines.freshness import AGES, age_at, age_of
from pipelines.rules.gates import Gate
from schemas.times import timestamp
from schemas.verdict import Age

SCRAPED = datetime(2026, 4, 22, 12, tzinfo=UTC)
GATE = Gate(
    minimum_listings=1,
    largest_drop=0.2,
    largest_reject_rate=0.05,
    refresh_after_h=72,
    stale_after_h=168,
    expires_after_h=720,
)
A_MOMENT = timedelta(milliseconds=1)


def age(after: timedelta, status: str = "active") -> Age:
    return age_of(status, timestamp(SCRAPED), GATE, SCRAPED + after)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bound", "until", "beyond"),
    [
        (GATE.refresh_after, "fresh", "due"),
        (GATE.stale_after, "due", "stale"),
        (GATE.expires_after, "stale", "expired"),
    ],
)
def test_a_bound_holds_to_the_last_moment_and_not_beyond(bound: timedelta, until: Age, beyond: Age) -> None:
    assert age(bound) == until
    assert age(bound + A_MOMENT) == beyond


def test_what_was_just_scraped_is_fresh_and_so_is_what_a_clock_a_little_fast_scraped() -> None:
    assert age(timedelta(0)) == "fresh"
    assert age(-timedelta(minutes=5)) == "fresh"


@pytest.mark.parametrize("status", ["active", "delisted"])
def test_what_is_dated_ahead_is_not_fresh(status: str) -> None:
    assert age(-timedelta(minutes=5) - A_MOMENT, status) == "not_yet_valid"


@pytest.mark.parametrize("after", [timedelta(0), timedelta(days=365)])
def test_what_is_delisted_is_that_first_of_all(after: timedelta) -> None:
    assert age(after, "delisted") == "delisted"


def test_an_announced_end_does_not_age_a_passport() -> None:
    assert age(timedelta(0), "deprecated") == "fresh"


def test_as_time_passes_a_passport_only_gets_worse() -> None:
    ages = [AGES.index(age(timedelta(hours=hours))) for hours in range(800)]
    assert ages == sorted(ages, reverse=True)
    assert {AGES[place] for place in ages} == set(AGES) - {"delisted", "not_yet_valid"}


def test_the_older_format_says_nothing_of_its_age_unless_it_is_over() -> None:
    old = {"unfragile": {"trust": {"maintenance": {"status": "active"}}}, "expiresAt": timestamp(SCRAPED)}
    old["signedAt"] = timestamp(SCRAPED - timedelta(days=30))
    assert age_at(old, SCRAPED - A_MOMENT) is None
    assert age_at(old, SCRAPED) == "expired"


def signed(status: str = "active") -> dict[str, Any]:
    """A passport's dates: what is asked for next, and after it sources that make it no older and no younger."""
    until = {name: timestamp(SCRAPED + timedelta(days=days)) for name, days in (("due_after", 3), ("stale_after", 7))}
    later = {name: timestamp(SCRAPED + timedelta(days=99)) for name in until}
    trust = {"maintenance": {"status": status}, "freshness": {"sources": [until, later]}}
    dates = {"signedAt": timestamp(SCRAPED), "expiresAt": timestamp(SCRAPED + timedelta(days=30))}
    return {"unfragile": {"trust": trust}, **dates}


@pytest.mark.parametrize(("days", "until", "beyond"), [(3, "fresh", "due"), (7, "due", "stale")])
def test_a_reader_tells_the_age_by_the_dates_of_the_source_that_names_the_passport(
    days: int, until: Age, beyond: Age
) -> None:
    bound = SCRAPED + timedelta(days=days)
    assert (age_at(signed(), bound), age_at(signed(), bound + A_MOMENT)) == (until, beyond)


def test_a_reader_calls_it_expired_from_the_moment_on_that_it_states() -> None:
    end = SCRAPED + timedelta(days=30)
    assert (age_at(signed(), end - A_MOMENT), age_at(signed(), end)) == ("stale", "expired")


@pytest.mark.parametrize("days", [0, 5, 10, 365])
def test_a_reader_calls_what_is_delisted_that_first_of_all(days: int) -> None:
    at = SCRAPED + timedelta(days=days)
    assert age_at(signed("delisted"), at) == "delisted"
    assert age_at(signed("deprecated"), at) != "delisted"


@pytest.mark.parametrize("status", ["active", "delisted"])
def test_a_reader_calls_what_is_signed_ahead_of_its_clock_not_yet_valid(status: str) -> None:
    skew = timedelta(minutes=5)
    assert age_at(signed(status), SCRAPED - skew) != "not_yet_valid"
    assert age_at(signed(status), SCRAPED - skew - A_MOMENT) == "not_yet_valid"


def test_a_passport_that_names_no_source_says_nothing_of_its_age() -> None:
    sourceless = signed()
    sourceless["unfragile"]["trust"]["freshness"]["sources"] = []
    assert age_at(sourceless, SCRAPED) is None


def test_the_worst_age_comes_first() -> None:
    worst_first = ["expired", "stale", "delisted", "due", "fresh"]
    assert [age for age in AGES if age in worst_first] == worst_first
