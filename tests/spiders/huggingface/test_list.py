import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from schemas.crawl import Bundle, FetchFailure, ListQuery
from schemas.listing import Observation, RawListing
from spiders.huggingface.repository import Fetched
from spiders.huggingface.spider import MOST_AT_ONCE, MOST_CHARACTERS, Record, _bundled
from tests.support.listings import SEEN
from tests.support.spiders.hub import TOP, card, cards, detail, known_file, page, raws, record, under_prefix
from tests.support.spiders.scripted_server import Answer, Crawled, answering, crawl_of

HUB = "huggingface"
NEXT = "/api/models?cursor=abc"
SINCE = TOP.replace("sort=downloads", "sort=lastModified")


def walked(folder: Path, answers: dict[str, list[Answer]], **arguments: Any) -> tuple[Crawled, list[str]]:
    with answering(answers) as source:
        came = crawl_of(HUB, source.url, folder, **{"minimum_downloads": "50", **arguments})
    return came, source.paths()


def item(name: str, downloads: int | None = 70, **fields: Any) -> dict[str, Any]:
    reported = record(f"heron-lab/{name}", downloads=downloads, **fields)
    return {key: value for key, value in reported.items() if value is not None}


def names(came: Crawled) -> list[str]:
    return [raw.id.removeprefix("heron-lab/") for raw in raws(came)]


@pytest.mark.parametrize("following", [NEXT, under_prefix(NEXT)])
def test_pages_are_followed_by_their_link_header_each_item_with_its_card(tmp_path: Path, following: str) -> None:
    answers = {TOP: page(item("a", 90), item("b", 80), following=following), NEXT: page(item("c"))}
    came, paths = walked(tmp_path, answers | card("heron-lab/b"))
    assert [line.raw.id for line in came.admitted] == [f"heron-lab/{n}" for n in "aabbcc"]
    assert {name: bool(raw.body) for name, raw in cards(came).items()} == {
        "heron-lab/a": False, "heron-lab/b": True, "heron-lab/c": False,
    }  # fmt: skip
    assert (paths[0], NEXT in paths, len(paths)) == (TOP, True, 5)
    assert (came.report.complete, came.report.listings, came.report.announced) == (True, 3, None)


def test_the_list_ends_at_the_floor_and_an_item_that_does_not_say_ends_nothing(tmp_path: Path) -> None:
    items = [item("a", 90), item("silent", None), item("hidden", 80, private=True), item("b", 50), item("c", 49)]
    came, paths = walked(tmp_path, {TOP: page(*items, item("d", 60), following=NEXT)})
    assert (names(came), came.report.complete, NEXT in paths) == (["a", "b"], True, False)


def test_a_floor_of_nothing_takes_all(tmp_path: Path) -> None:
    came, _ = walked(tmp_path, {TOP: page(item("a", 0), item("silent", None))}, minimum_downloads="0")
    assert names(came) == ["a", "silent"]


def test_changes_end_at_the_first_item_that_is_older(tmp_path: Path) -> None:
    days = {"new": "03", "few": "02", "edge": "01"}
    items = [item(name, lastModified=f"2026-07-{day}T00:00:00.000Z") for name, day in days.items()]
    items[1]["downloads"] = 3
    undated, old = item("undated"), item("old", lastModified="2026-06-30T23:59:59.000Z")
    answers = {
        SINCE: page(*items, undated, old, item("hidden", lastModified="2026-08-01T00:00:00.000Z"), following=NEXT)
    }
    came, paths = walked(tmp_path, answers, since="2026-07-01T00:00:00.000Z")
    assert (names(came), NEXT in paths) == (["new", "edge", "undated"], False)
    assert (came.report.complete, came.report.scope) == (True, "changes")


def test_filters_are_asked_for_and_hold_where_the_list_ignores_them(tmp_path: Path) -> None:
    address = TOP.replace("&expand", "&author=heron-lab&pipeline_tag=text-generation&expand", 1)
    ours = {"pipeline_tag": "text-generation"}
    items = [item("a", **ours), record("tern-lab/a", downloads=80, **ours), item("other", pipeline_tag="text-to-image")]
    answers = {address: page(*items, item("silent"), record("Heron-Lab/B", downloads=60, **ours))}
    came, paths = walked(tmp_path, answers, author="heron-lab", task="text-generation")
    assert (names(came), paths[0], came.report.complete) == (["a", "Heron-Lab/B"], address, True)
    assert came.report.scope == "part"
    assert came.report.query == ListQuery(minimum_downloads=50, author="heron-lab", task="text-generation")


def test_a_limit_counts_what_is_ours_in_all_pages_and_ends_the_walk(tmp_path: Path) -> None:
    top = TOP.replace("limit=1000", "limit=3")
    first = [item("hidden", private=True), item("a"), item("b")]
    later = "/api/models?cursor=def"
    answers = {top: page(*first, following=NEXT), NEXT: page(item("c"), item("d"), following=later)}
    answers |= detail("heron-lab/a")
    came, paths = walked(tmp_path, answers, limit="3", known=known_file(tmp_path, "heron-lab/a"))
    assert names(came) == ["a", "b", "c"], "what came before by its name is one of the three"
    assert (came.report.complete, came.report.scope, later in paths) == (True, "part", False)


def test_a_list_that_is_as_long_as_the_limit_ends_without_another_page(tmp_path: Path) -> None:
    top = TOP.replace("limit=1000", "limit=2")
    came, paths = walked(tmp_path, {top: page(item("a"), item("b"), following=NEXT)}, limit="2")
    assert (names(came), NEXT in paths, came.report.complete) == (["a", "b"], False, True)


def test_changes_of_a_part_end_at_either_bound(tmp_path: Path) -> None:
    top = SINCE.replace("&expand", "&author=heron-lab&expand", 1)
    new = {"lastModified": "2026-07-02T00:00:00.000Z"}
    answers = {top: page(item("few", 3, **new), item("a", **new), item("b", **new), item("c", **new))}
    came, _ = walked(tmp_path, answers, author="heron-lab", limit="2", since="2026-07-01T00:00:00.000Z")
    assert (names(came), came.report.scope) == (["a", "b"], "changes")


def test_filters_that_nothing_fits_end_the_crawl_at_once_with_a_word_on_them(tmp_path: Path) -> None:
    address = TOP.replace("&expand", "&author=heron-lap&expand", 1)
    came, paths = walked(tmp_path, {address: page()}, author="heron-lap")
    assert (came.report.complete, paths) == (False, [address])
    assert "no repository matches the filters" in came.reasons()[0]


def test_what_was_wanted_and_what_moved_between_pages_comes_once(tmp_path: Path) -> None:
    answers = detail("heron-lab/b", downloads=1) | {
        TOP: page(item("a"), record("Heron-Lab/B", downloads=80), following=NEXT),
        NEXT: page(item("a"), item("c")),
    }
    came, _ = walked(tmp_path, answers, known=known_file(tmp_path, "heron-lab/b"))
    assert (names(came), len(cards(came)), came.report.complete) == (["b", "a", "c"], 3, True)


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("https://evil.example/api/models?cursor=abc", "is not a page of"),
        ("/api/datasets?cursor=abc", "is not a page of"),
        ("/api/models/heron-lab/a?cursor=abc", "is not a page of"),
        (TOP, "leads back to an earlier page"),
    ],
)
def test_a_link_that_leads_elsewhere_or_back_ends_the_walk_as_a_failure(tmp_path: Path, link: str, reason: str) -> None:
    came, paths = walked(tmp_path, {TOP: page(item("a"), following=link)})
    assert (names(came), came.report.complete, paths.count(TOP)) == (["a"], False, 1)
    assert reason in came.reasons()[0]


def test_what_is_no_item_is_put_aside_and_the_rest_goes_on(tmp_path: Path) -> None:
    came, _ = walked(tmp_path, {TOP: page("text", {"downloads": 90}, item("a"), record("../../x"), item("b"))})
    assert (names(came), len(came.quarantined), came.report.listings) == (["a", "b"], 3, 5)


@pytest.mark.parametrize(
    "answer", [Answer(200, []), Answer(200, {"error": "x"}), Answer(400, {"error": "x"}), Answer(500)]
)
def test_a_page_that_does_not_come_makes_the_crawl_incomplete(tmp_path: Path, answer: Answer) -> None:
    came, paths = walked(tmp_path, {TOP: page(item("a"), following=NEXT), NEXT: [answer]})
    assert (names(came), came.report.complete, len(came.report.failures)) == (["a"], False, 1)
    assert paths.count(NEXT) == (1 if answer.status == 400 else 3)


def test_an_exhausted_quota_is_waited_out(tmp_path: Path) -> None:
    spent = page(item("a"))[0]._replace(headers={"RateLimit": '"api";r=0;t=2'})
    begun = time.monotonic()
    came, paths = walked(tmp_path, {TOP: [spent]})
    assert (came.report.complete, came.report.retries, len(paths)) == (True, 0, 2)
    assert time.monotonic() - begun >= 2.0


@pytest.mark.parametrize(
    "arguments",
    [
        {"minimum_downloads": "many"},
        {"since": "yesterday"},
        {"limit": "0"},
        {"author": "a/b"},
        {"task": "x&y"},
        {"known": "/no/such/file"},
    ],
)
def test_an_argument_that_cannot_be_meant_ends_the_crawl_before_it_begins(
    tmp_path: Path, arguments: dict[str, str]
) -> None:
    with answering({}) as source, pytest.raises(Exception, match=r"limit are whole numbers|cannot be read"):
        crawl_of(HUB, source.url, tmp_path, **{"minimum_downloads": "1", **arguments})
    assert source.asked == []


def test_a_repository_that_our_own_code_breaks_on_is_quarantined_and_the_others_are_not(tmp_path: Path) -> None:
    breaking = json.dumps({"tests.support.spiders.faults.BreaksOnOne": 300})
    with answering({TOP: page(item("a"), item("b"), item("c"))}) as source:
        came = crawl_of(HUB, source.url, tmp_path, {"ITEM_PIPELINES": breaking}, minimum_downloads="50")
    assert names(came) == ["a", "c"]
    assert {(one.id, one.stage) for one in came.quarantined} == {("heron-lab/b", "normalise")}
    assert all("AttributeError, a fault of the pipeline" in one.reason for one in came.quarantined)
    assert (came.report.complete, came.report.listings) == (True, 3)


def bundles(brought: list[list[Fetched]]) -> list[Bundle[Record] | FetchFailure]:
    async def come() -> AsyncIterator[list[Fetched]]:
        for found in brought:
            yield found

    async def collected() -> list[Bundle[Record] | FetchFailure]:
        return [output async for output in _bundled(come())]

    return asyncio.run(collected())


def text(number: int, characters: int = 1) -> RawListing:
    return RawListing.of(Observation("huggingface-card", f"heron-lab/{number}", SEEN), "x" * characters)


@pytest.mark.parametrize(("characters", "each"), [(1, MOST_AT_ONCE), (MOST_CHARACTERS // 4, 4), (MOST_CHARACTERS, 1)])
def test_records_come_in_bundles_of_bounded_size_in_their_order(characters: int, each: int) -> None:
    brought = [text(number, characters) for number in range(2 * each + 1)]
    found = bundles([[one] for one in brought])
    sizes = [len(bundle.members) for bundle in found if isinstance(bundle, Bundle)]
    assert sizes == ([each] * 2 + [1])[: len(found)]
    assert [one for bundle in found if isinstance(bundle, Bundle) for one in bundle.members] == brought


def test_a_failure_comes_after_all_that_was_brought_before_it() -> None:
    failure = FetchFailure(url="https://hub.example", status=429, reason="asked too often")
    assert bundles([[text(1)], [text(2), failure]]) == [Bundle((text(1), text(2))), failure]
    assert bundles([[failure]]) == [failure]
    assert bundles([[failure, text(1), failure], [text(2)]]) == [Bundle((text(1),)), failure, failure]
    assert bundles([]) == []
