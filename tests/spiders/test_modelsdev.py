import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.recordings import recordings_dir, replay
from tests.support.spiders.crawls import OBSERVED_AT
from tests.support.spiders.scripted_server import Answer, Crawled, answering, crawl_of


def entry(model_id: str, **fields: Any) -> dict[str, Any]:
    return {"id": model_id, "name": "Heron", "open_weights": True, **fields}


def section(*models: dict[str, Any]) -> dict[str, Any]:
    return {"id": "x", "name": "X", "models": {model["id"]: model for model in models}}


def crawled(catalogue: object, folder: Path) -> Crawled:
    with answering({"/api.json": [Answer(200, catalogue)]}) as source:
        return crawl_of("modelsdev", source.url, folder)


def test_each_entry_of_each_section_is_a_record_in_the_files_order(tmp_path: Path) -> None:
    catalogue = {
        "openrouter": section(entry("heron-lab/heron-7b"), entry("heron-lab/heron-7b:free")),
        "marsh": section(entry("heron")),
    }
    came = crawled(catalogue, tmp_path)
    assert came.ids() == ["openrouter/heron-lab/heron-7b", "openrouter/heron-lab/heron-7b:free", "marsh/heron"]
    assert (came.report.complete, came.report.announced, came.report.listings) == (True, 3, 3)
    assert (came.report.leftovers, came.report.unknown_values, came.report.failures) == ({}, {}, ())
    raw = came.admitted[0].raw
    assert (raw.observed_at, raw.url.endswith("/source/api.json")) == (OBSERVED_AT, True)


def test_a_record_is_the_file_cut_down_to_its_entry_with_the_digits_of_the_source(tmp_path: Path) -> None:
    body = b'{"openrouter": {"name": "OR", "models": {"a/b": {"id": "a/b", "cost": {"input": 0.10, "output": 1e-3}}}}}'
    [line] = crawled(body, tmp_path).admitted
    assert line.raw.body == '{"openrouter":{"models":{"a/b":{"cost":{"input":0.10,"output":1e-3},"id":"a/b"}}}}'


def test_what_is_no_section_or_no_entry_is_quarantined_alone(tmp_path: Path) -> None:
    catalogue = {
        "broken": {"models": ["heron"]},
        "text": "soon",
        "a/b": section(entry("c")),
        "hal\ud800f": 1,
        "marsh": {"models": {"heron": entry("heron"), "odd/~one": "soon", "": entry(""), "torn": {"x": "\udfff"}}},
    }
    came = crawled(catalogue, tmp_path)
    assert came.ids() == ["marsh/heron"]
    assert [(q.stage, q.id, q.field) for q in came.quarantined] == [
        ("fetch", "broken", "/broken"),
        ("fetch", "text", "/text"),
        ("fetch", "a/b", "/a~1b"),
        ("fetch", "hal\\ud800f", "/hal\\ud800f"),
        ("fetch", "marsh/odd/~one", "/marsh/models/odd~1~0one"),
        ("fetch", "marsh/", "/marsh/models/"),
        ("fetch", "marsh/torn", ""),
    ]
    assert came.quarantined[0].raw == '{"models": ["heron"]}'
    assert (came.report.complete, came.report.announced, came.report.listings) == (True, 8, 8)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"[]", "an array or a single value instead of an object of providers"),
        (b"{}", "a catalogue without models"),
        (b'{"error": "later", "marsh": {"models": {}}}', "a catalogue without models"),
        (b"<html><title>Wait</title>", "an HTML page titled 'Wait'"),
        (b'{"marsh": {"models"', "a body that is not JSON"),
    ],
)
def test_an_answer_that_is_no_catalogue_is_tried_again_and_then_a_failed_crawl(
    body: bytes, reason: str, tmp_path: Path
) -> None:
    came = crawled(body, tmp_path)
    [reported] = came.reasons()
    assert f"answered 200 with {reason}" in reported
    assert (came.report.complete, came.report.listings, came.report.retries) == (False, 0, 2)


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    with answering({"/api.json": [Answer(301, b"", {"Location": "/source/other.json"})]}) as source:
        came = crawl_of("modelsdev", source.url, tmp_path)
    assert source.paths() == ["/api.json"]
    assert "redirects are not followed" in came.reasons()[0]


@pytest.mark.recordings
def test_the_recorded_catalogue_comes_through_whole(tmp_path: Path) -> None:
    [recorded] = (recordings_dir() / "data/modelsdev").glob("api_*.json")
    catalogue = json.loads(recorded.read_bytes())
    with replay("2026-05-01") as base:
        came = crawl_of("modelsdev", f"{base}/modelsdev", tmp_path)
    listed = [f"{name}/{model_id}" for name, section in catalogue.items() for model_id in section["models"]]
    assert [*sorted([*came.ids(), *(q.id for q in came.quarantined)])] == sorted(listed)
    assert {q.field.rpartition("/")[2] for q in came.quarantined} == {"knowledge", "release_date"}
    assert (came.report.complete, came.report.announced, came.report.quarantined) == (True, len(listed), 3)
    assert (came.report.leftovers, came.report.unknown_values) == ({}, {})
