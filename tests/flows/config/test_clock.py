from datetime import UTC, datetime

import pytest

from flows.config.clock import ClockError, clock_of, source_date_epoch, system_clock


def test_the_clock_stands_still_where_source_date_epoch_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1776845532")
    clock = clock_of(source_date_epoch())
    assert clock() == clock() == datetime(2026, 4, 22, 8, 12, 12, tzinfo=UTC)


def test_the_beginning_of_the_epoch_is_an_instant_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert clock_of(source_date_epoch())() == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", [None, ""])
def test_without_source_date_epoch_it_is_the_systems(text: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if text is not None:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", text)
    assert source_date_epoch() is None
    before, now = datetime.now(UTC), clock_of(None)()
    assert before <= now <= system_clock()
    assert now.tzinfo is UTC


@pytest.mark.parametrize("text", ["yesterday", "1.5", "2026-04-22T08:12:12Z", "9" * 20, "-" + "9" * 20])
def test_a_source_date_epoch_that_is_no_instant_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", text)
    with pytest.raises(ClockError, match=r"SOURCE_DATE_EPOCH is .*: correct it or unset it"):
        source_date_epoch()
