from typing import Any

import pytest

from pipelines.lifecycle.list_crawls import MOST_LIST_CRAWLS, covers, latest_covering, with_crawl
from schemas.crawl import CrawlReport, ListQuery
from schemas.registry import ListCrawl
from spiders.extensions.tally import Tally

FIRST, SECOND, THIRD = (f"2026-07-0{day}T00:00:00.000Z" for day in (1, 2, 3))


def query(floor: int = 100, **filters: Any) -> ListQuery:
    return ListQuery(minimum_downloads=floor, **filters)


def report(asked: ListQuery | None, began_at: str, *, listings: int = 9, **stated: Any) -> CrawlReport:
    whole = Tally("huggingface").report({}, finish_reason="finished", started_at=began_at, finished_at=began_at)
    return whole.model_copy(update={"query": asked, "listings": listings, **stated})


@pytest.mark.parametrize(
    ("one", "other", "all_of_it"),
    [
        (query(), query(), True),
        (query(100), query(200), True),
        (query(200), query(100), False),
        (query(), query(author="heron-lab", task="text-generation", limit=5), True),
        (query(author="heron-lab"), query(), False),
        (query(author="heron-lab"), query(author="Heron-Lab", task="text-generation"), True),
        (query(author="heron-lab"), query(author="tern-lab"), False),
        (query(task="text-generation"), query(author="heron-lab"), False),
        (query(task="text-generation"), query(task="text-to-image"), False),
        (query(limit=5), query(limit=5), False),
    ],
)
def test_a_walk_has_seen_what_a_narrower_query_asks_for(one: ListQuery, other: ListQuery, all_of_it: bool) -> None:
    assert covers(one, other) is all_of_it


def test_changes_build_on_the_latest_walk_that_saw_as_much() -> None:
    walks = with_crawl(with_crawl((), report(query(), FIRST)), report(query(author="heron-lab"), SECOND))
    for asked, began_at in (
        (query(), FIRST),
        (query(500), FIRST),
        (query(author="heron-lab", limit=3), SECOND),
        (query(author="tern-lab"), FIRST),
        (query(50), None),
        (query(50, author="heron-lab"), None),
    ):
        base = latest_covering(asked, walks)
        assert (base.began_at if base else None) == began_at


def test_a_wide_walk_makes_earlier_narrow_ones_needless_and_not_the_other_way_about() -> None:
    narrow = with_crawl((), report(query(author="heron-lab"), FIRST))
    assert [walk.query for walk in with_crawl(narrow, report(query(50), SECOND))] == [query(50)]
    wide = with_crawl((), report(query(50), FIRST))
    assert [walk.query for walk in with_crawl(wide, report(query(100), SECOND))] == [query(50), query(100)]


@pytest.mark.parametrize(
    "crawl",
    [
        report(query(limit=5), SECOND, scope="part"),
        report(query(), SECOND, complete=False),
        report(None, SECOND),
    ],
    ids=["limited", "cut off", "of named ones alone"],
)
def test_what_did_not_see_all_that_it_asked_for_is_no_walk_to_build_on(crawl: CrawlReport) -> None:
    walks = with_crawl((), report(query(), FIRST))
    assert with_crawl(walks, crawl) == walks


def test_changes_move_the_day_and_leave_the_count_of_the_last_walk_through_all() -> None:
    walks = with_crawl((), report(query(), FIRST, listings=900))
    walks = with_crawl(walks, report(query(), SECOND, listings=3, scope="changes"))
    assert walks == (ListCrawl(query=query(), began_at=SECOND, listings=900),)
    walks = with_crawl(walks, report(query(500), THIRD, listings=1, scope="changes"))
    assert walks[-1] == ListCrawl(query=query(500), began_at=THIRD, listings=None)


def test_only_the_latest_crawls_are_retained() -> None:
    walks: tuple[ListCrawl, ...] = ()
    for number in range(MOST_LIST_CRAWLS + 3):
        walks = with_crawl(walks, report(query(author=f"lab-{number}"), f"2026-07-{number + 1:02}T00:00:00.000Z"))
    assert [walk.query.author for walk in walks] == [f"lab-{number}" for number in range(3, MOST_LIST_CRAWLS + 3)]
