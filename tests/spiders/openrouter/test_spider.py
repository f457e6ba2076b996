from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.ingest.crawl_file import CrawlOutcome
from tests.support.recordings import openrouter_models, replay
from tests.support.spiders.crawls import OBSERVED_AT, admitted, crawled, ids, quarantined
from tests.support.spiders.server import API, Source, model, serving


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CrawlOutcome, Source, str]]:
    folder = tmp_path_factory.mktemp("crawl")
    with pytest.MonkeyPatch.context() as patch, serving(total_count=7) as source:
        patch.setenv("OPENROUTER_API_KEY", "sk-or-secret")
        patch.setenv("PASSPORTS_SIGNING_KEY", "never-for-a-crawl")
        outcome = crawled(source.url, folder)
        yield outcome, source, (folder / "crawl.jsonl").read_text()


def test_a_whole_list_is_complete_and_in_the_sources_order(whole: tuple[CrawlOutcome, Source, str]) -> None:
    outcome, source, _ = whole
    assert ids(outcome) == [f"ada/m{n}" for n in range(7)]
    report = outcome.report
    assert (report.complete, report.finish_reason, report.failures) == (True, "finished", ())
    assert (report.listings, report.announced, report.admitted, report.quarantined) == (7, 7, 7, 0)
    assert (report.started_at, admitted(outcome)[0].raw.observed_at) == (OBSERVED_AT, OBSERVED_AT)
    assert (report.requests, report.responses_by_status) == (2, {"200": 2})
    assert source.asked() == [f"{API}/models?output_modalities=all"]


def test_requests_say_who_asks_and_the_key_goes_to_the_api_alone(whole: tuple[CrawlOutcome, Source, str]) -> None:
    _, source, lines = whole
    robots, listing = source.requests
    assert (robots[0], robots[1].get("Authorization")) == ("/robots.txt", None)
    assert listing[1]["Authorization"] == "Bearer sk-or-secret"
    assert listing[1]["User-Agent"] == "passports/0.1.0 (+https://test.example/about)"
    assert {"Cookie", "Referer"} & listing[1].keys() == set()
    assert "sk-or-secret" not in lines


def test_pages_are_followed_below_the_prefix(tmp_path: Path) -> None:
    with serving(page_size=3, total_count=7) as source:
        outcome = crawled(source.url, tmp_path)
    assert outcome.report.complete
    assert ids(outcome) == [f"ada/m{n}" for n in range(7)]
    assert source.asked()[1:] == [f"{API}/models?offset=3", f"{API}/models?offset=6"]


def test_a_next_link_that_leads_elsewhere_is_not_followed(tmp_path: Path) -> None:
    with serving() as elsewhere, serving(page_size=3, total_count=7) as source:
        source.next_link = f"{elsewhere.url}/api/v1/models?offset=3"
        outcome = crawled(source.url, tmp_path)
    assert elsewhere.requests == []
    assert (outcome.report.complete, outcome.report.listings, outcome.report.announced) == (False, 3, 7)
    assert "is not a page of" in outcome.report.failures[0].reason
    assert len(admitted(outcome)) == 3


def test_what_is_no_record_is_quarantined_and_the_rest_goes_on(tmp_path: Path) -> None:
    deep: object = 1
    for _ in range(300):
        deep = [deep]
    odd = ["not a record", {"name": "nameless"}, {"id": 7}, model("ada/m0", name="Twin"), model("ada/\ud800")]
    with serving(models=[model("ada/m0"), *odd, model("ada/deep", deep=deep), model("ada/m1")]) as source:
        outcome = crawled(source.url, tmp_path)
    assert ids(outcome) == ["ada/m0", "ada/m1"]
    refused = quarantined(outcome)
    assert {q.stage for q in refused} == {"fetch"}
    assert [(q.id, q.field) for q in refused] == [
        ("", ""),
        ("", "/id"),
        ("", "/id"),
        ("ada/m0", "/id"),
        ("ada/\\ud800", ""),
        ("ada/deep", ""),
    ]
    assert [q.raw for q in refused][:3] == ['"not a record"', '{"name": "nameless"}', '{"id": "7"}']
    assert "is in the list twice" in refused[3].reason
    assert "surrogate" in refused[4].reason
    assert (outcome.report.listings, outcome.report.quarantined, outcome.report.complete) == (8, 6, True)


def test_endpoints_come_with_each_model_and_a_model_without_any_is_quarantined(tmp_path: Path) -> None:
    with serving(models=[model("ada/m0"), model("ada/m1:free")], endpoints_of={"ada/m1:free"}) as source:
        outcome = crawled(source.url, tmp_path, endpoints=True)
    assert sorted(source.asked()[1:]) == [f"{API}/models/ada/m0/endpoints", f"{API}/models/ada/m1%3Afree/endpoints"]
    [endpoints] = [line for line in admitted(outcome) if line.raw.source == "openrouter-endpoints"]
    assert (endpoints.raw.id, endpoints.listing.kind) == ("ada/m1:free", "endpoints")
    [missing] = quarantined(outcome)
    assert (missing.source, missing.id) == ("openrouter-endpoints", "ada/m0")
    assert "answered 404" in missing.reason
    assert (outcome.report.complete, outcome.report.listings, outcome.report.admitted) == (True, 2, 3)


def test_single_models_are_fetched_by_themselves(tmp_path: Path) -> None:
    with serving(models=[model("ada/m0"), model("ada/m0:free"), model("ada/m1")]) as source:
        outcome = crawled(source.url, tmp_path, only=["ada/m0", "ada/m0:free"])
    assert sorted(source.asked()) == [f"{API}/model/ada/m0", f"{API}/model/ada/m0%3Afree"]
    assert sorted(ids(outcome)) == ["ada/m0", "ada/m0:free"]
    assert (outcome.report.complete, outcome.report.announced) == (True, None)


def test_a_model_that_is_not_given_by_itself_is_looked_for_in_the_list(tmp_path: Path) -> None:
    with serving(by_itself=False, page_size=3) as source:
        outcome = crawled(source.url, tmp_path, only=["ada/m5", "ada/gone", "../keys"], endpoints=True)
    assert ids(outcome) == ["ada/m5"]
    assert [line.raw.source for line in admitted(outcome)] == ["openrouter", "openrouter-endpoints"]
    reasons = {failure.status: failure.reason for failure in outcome.report.failures}
    assert reasons[404].startswith("not listed: 'ada/gone'")
    assert "'../keys' is not the id of a listing" in reasons[None]
    assert not outcome.report.complete
    assert all("keys" not in path for path in source.asked())


@pytest.mark.recordings
def test_a_recorded_day_comes_through_whole(tmp_path: Path) -> None:
    recorded = openrouter_models("2026-04-22")
    with replay("2026-04-22") as base:
        outcome = crawled(f"{base}/openrouter", tmp_path)
    assert ids(outcome) == [record["id"] for record in recorded]
    assert (outcome.report.complete, outcome.report.announced) == (True, len(recorded))
