import pytest

from schemas.crawl import FetchFailure
from schemas.listing import Quarantined, RawListing
from spiders.download.addresses import ForeignLinkError
from spiders.openrouter.model_list import ModelList
from spiders.openrouter.pages import ListPage

BASE = "https://openrouter.example"
FIRST = f"{BASE}/api/v1/models?output_modalities=all"
SECOND = f"{BASE}/api/v1/models?offset=2"
AT = "2026-01-01T00:00:00.000Z"


def page(*ids: str, following: str | None = None, announced: int | None = None) -> ListPage:
    return ListPage([{"id": listing_id} for listing_id in ids], announced, following)


def test_a_list_that_moved_while_it_was_read_is_not_whole() -> None:
    walk = ModelList(BASE)
    first = list(walk.take(page("a/a", "a/b", following="?offset=2", announced=4), FIRST, AT))
    second = list(walk.take(page("a/b", "a/d", announced=4), SECOND, AT))
    assert [type(accepted) for accepted in first + second] == [
        RawListing,
        RawListing,
        Quarantined,
        FetchFailure,
        RawListing,
    ]
    assert list(walk.end(SECOND)) == []
    [moved] = [accepted for accepted in second if isinstance(accepted, FetchFailure)]
    assert "is on two pages: the list changed during the crawl" in moved.reason


def test_a_next_link_that_leads_back_is_refused() -> None:
    walk = ModelList(BASE)
    list(walk.take(page("a/a", following="?offset=2"), FIRST, AT))
    assert walk.following(page("a/a", following="?offset=2")) == SECOND
    list(walk.take(page("a/b", following="?offset=2"), SECOND, AT))
    with pytest.raises(ForeignLinkError, match="leads back to an earlier page"):
        walk.following(page("a/b", following="?offset=2"))


def test_one_wanted_listing_is_read_alone_and_missed_when_it_is_not_there() -> None:
    walk = ModelList(BASE, wanted="a/b")
    assert [
        accepted.id for accepted in walk.take(page("a/a", "a/b"), FIRST, AT) if isinstance(accepted, RawListing)
    ] == ["a/b"]
    assert list(walk.end(FIRST)) == []
    walk = ModelList(BASE, wanted="a/c")
    assert list(walk.take(page("a/a", "a/b"), FIRST, AT)) == []
    [failure] = walk.end(FIRST)
    assert (failure.status, failure.reason[:10]) == (404, "not listed")


def test_a_short_list_cannot_say_that_a_model_is_not_listed() -> None:
    walk = ModelList(BASE, wanted="a/c")
    list(walk.take(page("a/a", announced=2), FIRST, AT))
    [failure] = walk.end(FIRST)
    assert (failure.status, "incomplete" in failure.reason) == (200, True)


def test_fewer_models_than_announced_is_a_failure() -> None:
    walk = ModelList(BASE)
    list(walk.take(page("a/a", "a/b", announced=3), FIRST, AT))
    [failure] = walk.end(FIRST)
    assert "total_count is 3, but the pages have 2 models" in failure.reason
