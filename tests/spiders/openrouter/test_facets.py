import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.facets import FACETS, LIST, SETTINGS
from schemas.sources import CRAWLS
from spiders.openrouter.facets import facets_of, last_week
from tests.support.listings import record
from tests.support.spiders.crawls import EPOCH
from tests.support.spiders.scripted_server import Answer, Crawled, answering, crawl_of

ALL = ",".join(SETTINGS)
MODELS = [record(), record(id="ada/tern", name="Tern"), record(id="ada/owl", name="Owl")]
ZDR = f"{LIST}&zdr=true"
WEEK = "/api/v1/datasets/rankings-daily"


def page(*models: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"data": list(models), "total_count": len(models), "links": {"next": None}, **more}


def facets(came: Crawled) -> dict[str, dict[str, Any]]:
    return {line.raw.id: json.loads(line.raw.body) for line in came.admitted if line.raw.source != "openrouter"}


def refusals(came: Crawled) -> dict[str, str]:
    return {one.id: one.reason for one in came.quarantined}


def test_there_is_a_setting_for_every_facet() -> None:
    assert {facet.setting for facet in FACETS} == set(SETTINGS) == set(CRAWLS["openrouter"].facets)


def test_what_needs_a_key_is_asked_for_with_one_alone() -> None:
    keyed = {facet.id for facet in FACETS} - {facet.id for facet in facets_of(SETTINGS, with_key=False)}
    assert keyed == {"endpoints/zdr", "datasets/rankings-daily"}
    assert [facet.id for facet in facets_of(["regions"], with_key=True)] == ["region=eu", "region=us"]


@pytest.mark.parametrize(
    ("today", "week"),
    [("2026-11-29", ("2026-11-16", "2026-11-22")), ("2026-11-30", ("2026-11-23", "2026-11-29"))],
)
def test_the_last_whole_week_ends_on_a_sunday_before_today(today: str, week: tuple[str, str]) -> None:
    assert last_week(date.fromisoformat(today)) == f"?period=week&start_date={week[0]}&end_date={week[1]}"


def test_an_answer_is_recorded_with_its_query_its_order_and_who_is_not_in_it(tmp_path: Path) -> None:
    answer = json.dumps(page(MODELS[1], MODELS[0])).encode()
    with answering({"/api/v1/models": [Answer(200, page(*MODELS))], ZDR: [Answer(200, answer)]}) as served:
        came = crawl_of("openrouter", served.url, tmp_path, facets="zero_retention")
    assert came.report.complete
    (line,) = [line for line in came.admitted if line.raw.source == "openrouter-facets"]
    assert (line.raw.id, line.raw.url) == ("zdr=true", served.url + ZDR)
    assert json.loads(line.raw.body) == {
        "query": "zdr=true",
        "answer_sha256": hashlib.sha256(answer).hexdigest(),
        "answered": {"ada/tern": 1, "heron-lab/heron-7b": 2},
        "absent": {"ada/owl": True},
        "count": 2,
        "listed": 3,
    }


def test_a_whole_crawl_with_all_facets_costs_fewer_than_forty_requests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-test")
    monday = last_week(datetime.fromtimestamp(EPOCH, UTC).date())
    tokens = [{"date": "2026-07-06", "model_permaslug": "ada/tern-1", "total_tokens": "12"}]
    dates = {"as_of": "2026-07-13T02:00:00Z", "start_date": "2026-07-06", "end_date": "2026-07-12", "version": "v1"}
    answers = {
        "/api/v1/models": [Answer(200, page(*MODELS))],
        "/api/v1/endpoints/zdr": [Answer(200, {"data": [{"model_id": "ada/owl"}, {"model_id": "ada/owl"}]})],
        "/api/v1/providers": [Answer(200, {"data": [{"name": "Marsh", "headquarters": "SE"}]})],
        WEEK: [Answer(200, {"data": tokens, "meta": dates})],
    }
    with answering(answers) as served:
        came = crawl_of("openrouter", served.url, tmp_path, facets=ALL)
    assert came.report.complete
    assert set(facets(came)) == {facet.id for facet in FACETS}
    assert came.report.requests == len(FACETS) + 2 < 40
    assert WEEK + monday in served.paths()
    assert {headers.get("Authorization") for _, headers in served.asked} == {"Bearer sk-or-test"}
    assert facets(came)["endpoints/zdr"]["answered"] == {"ada/owl": 1}
    assert facets(came)["datasets/rankings-daily"]["tokens"] == {"ada/tern-1": "12"}


def test_a_crawl_of_single_listings_asks_for_no_facets(tmp_path: Path) -> None:
    answers = {"/api/v1/model/heron-lab/heron-7b": [Answer(200, {"data": MODELS[0]})]}
    with answering(answers) as served:
        came = crawl_of("openrouter", served.url, tmp_path, facets=ALL, only="heron-lab/heron-7b", endpoints="0")
    assert came.report.requests == 2
    assert facets(came) == {}


BAD = {
    "nothing": (page(), "an empty list instead of models"),
    "a part": (page(MODELS[0], total_count=3), "a part of a list (1 of 3 models)"),
    "a first page": (page(MODELS[0], links={"next": "/api/v1/models?offset=1"}), "a part of a list (1 of 1 models)"),
    "twice the same": (page(MODELS[0], MODELS[0]), "2 elements of which 1 are repeated"),
    "no ids": (page({"name": "Heron"}), "1 elements without a text as id"),
    "a page": (b"<!doctype html><title>One moment</title>", "an HTML page titled 'One moment'"),
}


@pytest.mark.parametrize("name", BAD)
def test_an_unusable_answer_is_refused_and_the_list_is_none_the_worse(name: str, tmp_path: Path) -> None:
    body, reason = BAD[name]
    with answering({"/api/v1/models": [Answer(200, page(*MODELS))], ZDR: [Answer(200, body)]}) as served:
        came = crawl_of("openrouter", served.url, tmp_path, facets="zero_retention")
    assert came.report.complete
    assert len(came.ids()) == len(MODELS)
    assert reason in refusals(came)["zdr=true"]


ROW = {"model_permaslug": "a/b", "date": "2026-07-06", "total_tokens": "1"}
PATHS = {"providers": "/api/v1/providers", "rankings": WEEK}


@pytest.mark.parametrize(
    ("setting", "body", "reason"),
    [
        ("providers", {"data": []}, "no list with elements under `data`"),
        ("providers", [1], "no list with elements under `data`"),
        ("rankings", {"data": [ROW]}, "no object under `meta`"),
        (
            "rankings",
            {"meta": {}, "data": [ROW, {**ROW, "model_permaslug": "a/c", "date": "2026-07-07"}]},
            "figures of 2 dates",
        ),
    ],
)
def test_answers_of_another_form_are_refused(
    setting: str, body: object, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-test")
    with answering({"/api/v1/models": [Answer(200, page(*MODELS))], PATHS[setting]: [Answer(200, body)]}) as served:
        came = crawl_of("openrouter", served.url, tmp_path, facets=setting)
    assert came.report.complete
    assert reason in next(iter(refusals(came).values()))


def test_after_five_failures_in_a_row_no_further_facet_is_asked_for(tmp_path: Path) -> None:
    answers = {f"{LIST}&{facet.id}": [Answer(503, b"")] for facet in FACETS}
    with answering({LIST: [Answer(200, page(*MODELS))], **answers}) as served:
        came = crawl_of("openrouter", served.url, tmp_path, {"RETRY_TIMES": "0"}, facets=ALL)
    assert came.report.complete
    assert len(served.asked) == 6
    wanted = facets_of(SETTINGS, with_key=False)
    assert set(refusals(came)) == {facet.id for facet in wanted}
    assert sum("was not asked for" in reason for reason in refusals(came).values()) == len(wanted) - 5
