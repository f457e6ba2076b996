from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.crawl import ListQuery
from spiders.download.documents import Numeral
from spiders.huggingface.selection import Selection

DAY = datetime(2026, 7, 1, tzinfo=UTC)
FEW, ENOUGH = {"downloads": Numeral("49")}, {"downloads": Numeral("50")}


def selection(since: datetime | None = None, **query: Any) -> Selection:
    return Selection(ListQuery(minimum_downloads=50, **query), since)


def test_a_list_ends_at_its_floor_or_at_the_day_in_the_order_that_it_is_asked_for() -> None:
    by_downloads, by_time = selection(), selection(DAY)
    assert [by_downloads.is_above(item) for item in (FEW, ENOUGH, {}, "text", {"downloads": "many"})] == [
        False, True, True, True, True,
    ]  # fmt: skip
    days = ["2026-07-01T00:00:00.000Z", "2026-06-30T23:59:59.999Z", "2026-06-30", "soon", None]
    assert [by_time.is_above({"lastModified": day}) for day in days] == [True, False, True, True, True]
    assert [by_time.takes(item) for item in (FEW, ENOUGH, {}, {**ENOUGH, "private": True})] == [
        False,
        True,
        False,
        False,
    ]
    assert ("sort=downloads" in by_downloads.address, "sort=lastModified" in by_time.address) == (True, True)


@pytest.mark.parametrize(
    ("limit", "since", "asked"), [(None, None, 1000), (5, None, 5), (5000, None, 1000), (5, DAY, 1000)]
)
def test_a_page_is_no_longer_than_what_is_wanted_of_the_most_downloaded(
    limit: int | None, since: datetime | None, asked: int
) -> None:
    assert f"&limit={asked}&expand" in selection(since, limit=limit).address


def test_a_limit_counts_what_is_ours_and_cuts_the_page_behind_it() -> None:
    ours = [{"id": f"heron-lab/{name}", **ENOUGH} for name in "abc"]
    page: list[object] = ["text", {"id": "../x", **ENOUGH}, {**ours[0], "private": True}, *ours]
    assert selection(limit=4).of_page(page, 2) == (page[:5], 4)
    assert selection(limit=2).of_page(page, 2) == ([], 2)
    assert selection().of_page([*page, FEW, ours[0]], 0) == (page, 3)
