from datetime import date
from typing import Any

import pytest
from icalendar import Calendar

from pipelines.exports.calendar import Ends
from pipelines.pages.summary import Summary, summary_of
from tests.pipelines.exports.documents import HOSTILE_TEXTS, SITE, SLUG, open_model


def summary(**more: Any) -> Summary:
    return summary_of(SLUG, open_model())._replace(**more)


def read(*summaries: Summary) -> Any:
    ends = Ends()
    for one in summaries:
        ends.add(one)
    body = ends.calendar(SITE)
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert b"\n" not in body.replace(b"\r\n", b"")
    found = Calendar.from_ical(body)
    assert found.errors == []
    assert not [error for event in found.walk() for error in event.errors]
    return found


def test_each_announced_end_is_an_event_of_a_whole_day() -> None:
    calendar = read(summary(), summary(slug="other", ends="", signed=""), summary(slug="gone", status="delisted"))
    (event,) = calendar.walk("VEVENT")
    assert event.decoded("dtstart") == date(2026, 8, 1)
    assert event.decoded("dtend") == date(2026, 8, 2)
    assert str(event["uid"]) == f"{SLUG}@registry.example"
    assert str(event["url"]) == f"https://registry.example/{SLUG}"
    assert str(event["summary"]) == "Last day of Acme: Tern 1.5"
    assert "2026-06-15" in str(event["description"])


def test_an_empty_calendar_is_one() -> None:
    assert read().walk("VEVENT") == []


def test_the_last_day_that_there_is_has_an_event() -> None:
    (event,) = read(summary(ends="9999-12-31")).walk("VEVENT")
    assert event.decoded("dtstart") == date(9999, 12, 31)


def test_a_calendar_has_the_last_ends_of_very_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.exports.calendar.MOST_ENDS", 3)
    days = [f"2026-08-{number:02}" for number in range(1, 20)]
    found = read(*(summary(slug=f"s-{day}", ends=day) for day in days)).walk("VEVENT")
    assert [event.decoded("dtstart").isoformat() for event in found] == days[-3:]


@pytest.mark.parametrize("by", HOSTILE_TEXTS)
def test_a_hostile_name_stays_in_its_line(by: str) -> None:
    (event,) = read(summary(name=by + "ü" * 80)).walk("VEVENT")
    allowed = {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "URL", "TRANSP"}
    assert set(event) == allowed
    assert "\n" not in str(event["summary"])
