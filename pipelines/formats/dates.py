"""Recognises days and months as sources write them, if they are on the calendar; measures and ends them."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time

_DAY = re.compile(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}\Z")
_MONTH = re.compile(r"[1-9][0-9]{3}-(?:0[1-9]|1[0-2])\Z")


def is_day(text: str) -> bool:
    """Whether the text is a day of the calendar: "2026-04-29"."""
    try:
        return _DAY.match(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def is_month(text: str) -> bool:
    """Whether the text is a month of the calendar: "2026-04"."""
    return _MONTH.match(text) is not None


def end_of(day: str) -> datetime:
    """The last millisecond of a day, in UTC."""
    return datetime.combine(date.fromisoformat(day), time(23, 59, 59, 999_000), UTC)


def days_apart(one: str, other: str) -> int:
    """Days between two dates, each a day or a month; of a month, the day nearest to the other date counts."""
    (_, earlier_end), (later_start, _) = sorted((_span(one), _span(other)))
    return max(0, (later_start - earlier_end).days)


def _span(text: str) -> tuple[date, date]:
    if not is_month(text):
        return date.fromisoformat(text), date.fromisoformat(text)
    year, month = int(text[:4]), int(text[5:])
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])
