import json
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from flows.demo.recording import RECORDED_AT, endpoints, facets, models
from flows.demo.replay import LIST_PATH, page, serve
from schemas.facets import FACETS
from schemas.times import timestamp
from tests.support.waiting import LIMIT_S

Record = dict[str, Any]

RECORDS = models()
BY_ID = {record["id"]: record for record in RECORDS}
ENDPOINTS = endpoints()
OFFERED = [endpoint for answer in ENDPOINTS.values() for endpoint in answer["data"]["endpoints"]]
REFUSED = "example-lab/negative-price"
INVENTED = ("example-lab/", "~example-lab/")

MODEL_FIELDS = {
    "id", "canonical_slug", "hugging_face_id", "name", "created", "description", "context_length", "architecture",
    "pricing", "top_provider", "per_request_limits", "supported_parameters", "default_parameters",
    "supported_voices", "knowledge_cutoff", "expiration_date", "links",
}  # fmt: skip
OPTIONAL_MODEL_FIELDS = {"alias_target", "benchmarks", "reasoning"}
ENDPOINT_FIELDS = {
    "name", "model_id", "model_name", "context_length", "pricing", "provider_name", "tag", "quantization",
    "max_completion_tokens", "max_prompt_tokens", "supported_parameters", "status", "uptime_last_30m",
    "uptime_last_5m", "uptime_last_1d", "supports_implicit_caching", "latency_last_30m", "throughput_last_30m",
}  # fmt: skip


def base_of(record: Record) -> str:
    base: str = record["id"].partition(":")[0]
    return base


def is_variant(record: Record, variant: str, *, with_base: bool) -> bool:
    return record["id"].endswith(f":{variant}") and (base_of(record) in BY_ID) == with_base


def is_alias(record: Record) -> bool:
    return bool(record["id"].startswith("~"))


def takes(modality: str) -> Callable[[Record], bool]:
    return lambda record: modality in record["architecture"]["input_modalities"]


def gives(modality: str) -> Callable[[Record], bool]:
    return lambda record: modality in record["architecture"]["output_modalities"]


def describes(pattern: str) -> Callable[[Record], bool]:
    return lambda record: re.search(pattern, record["description"]) is not None


def reasons(key: str, value: object) -> Callable[[Record], bool]:
    return lambda record: record.get("reasoning", {}).get(key) == value


def has_override(condition: str) -> Callable[[Record], bool]:
    return lambda record: any(condition in override for override in record["pricing"].get("overrides", []))


def points_at_a_record(record: Record) -> bool:
    target = record.get("alias_target")
    return is_alias(record) and target is not None and BY_ID[target["slug"]]["name"] == target["name"]


ODDITIES: dict[str, tuple[Callable[[Record], bool], int]] = {
    # oddity: (what shows it, how many records at least)
    "router": (lambda r: r["pricing"]["prompt"] == "-1" and r["id"] == "openrouter/auto", 1),
    "alias with a target that is listed": (points_at_a_record, 1),
    "alias without a target": (lambda r: is_alias(r) and "alias_target" not in r, 1),
    ":free beside its base": (lambda r: is_variant(r, "free", with_base=True), 2),
    ":free without its base": (lambda r: is_variant(r, "free", with_base=False), 1),
    ":batch beside its base": (lambda r: is_variant(r, "batch", with_base=True), 1),
    ":thinking beside its base": (lambda r: is_variant(r, "thinking", with_base=True), 1),
    "end announced": (lambda r: (r["expiration_date"] or "9999") < "2027", 4),
    "end on the very day": (lambda r: r["expiration_date"] == RECORDED_AT.date().isoformat(), 1),
    "end in the far future, meaning none": (lambda r: r["expiration_date"] == "2098-12-31", 1),
    "repeating decimal": (lambda r: r["pricing"]["prompt"] == "0.0000000208333333333333", 1),
    "price above a prompt length": (has_override("min_prompt_tokens"), 1),
    "price by the hour": (has_override("utc_start"), 1),
    "image in": (takes("image"), 5),
    "audio in": (takes("audio"), 2),
    "video in": (takes("video"), 2),
    "file in": (takes("file"), 2),
    "no text in": (lambda r: not takes("text")(r), 1),
    "image out": (gives("image"), 1),
    "audio out": (gives("audio"), 1),
    "embeddings out": (gives("embeddings"), 1),
    "rerank out": (gives("rerank"), 1),
    "speech out": (gives("speech"), 1),
    "transcription out": (gives("transcription"), 1),
    "paid by the request": (lambda r: "request" in r["pricing"], 1),
    "context not stated": (lambda r: r["context_length"] is None, 1),
    "maximum output not stated": (lambda r: r["top_provider"]["max_completion_tokens"] is None, 1),
    "provider serves less context": (
        lambda r: (r["top_provider"]["context_length"] or 10**9) < (r["context_length"] or 0),
        1,
    ),
    "Hugging Face id empty": (lambda r: r["hugging_face_id"] == "", 1),
    "Hugging Face id null": (lambda r: r["hugging_face_id"] is None, 1),
    "Hugging Face id": (lambda r: r["hugging_face_id"] == "Qwen/QwQ-32B", 1),
    "name with an edge space": (lambda r: r["name"] != r["name"].strip(), 1),
    "zero-width characters": (describes("\u200b.*\u2060.*\ufeff"), 1),
    "bidirectional override and isolate": (describes("\u202e.*\u202c.*\u2067.*\u2069"), 1),
    "emoji beyond the first plane, joined": (describes("\U0001f468\u200d\U0001f469"), 1),
    "relative markdown link": (describes(r"\]\(/"), 1),
    "script link": (describes(r"\]\(javascript:"), 1),
    "script element": (describes("<script>"), 1),
    "instruction to the reader": (describes("disregard your earlier instructions"), 1),
    "description cut off": (describes(r"\.\.\.$"), 1),
    "reasoning with efforts": (lambda r: len(r.get("reasoning", {}).get("supported_efforts", [])) > 1, 3),
    "reasoning mandatory": (reasons("mandatory", value=True), 1),
    "reasoning on by default": (reasons("default_enabled", value=True), 1),
    "reasoning off by default": (reasons("default_enabled", value=False), 1),
    "default parameters": (lambda r: (r["default_parameters"] or {}).get("temperature") is not None, 1),
    "default parameters null": (lambda r: r["default_parameters"] is None, 1),
    "default parameters empty": (lambda r: r["default_parameters"] == {}, 1),
    "moderated": (lambda r: r["top_provider"]["is_moderated"] is True, 1),
    "not moderated": (lambda r: r["top_provider"]["is_moderated"] is False, 1),
    "voices": (lambda r: bool(r["supported_voices"]), 1),
    "benchmarks": (lambda r: bool(r.get("benchmarks", {}).get("design_arena")), 1),
    "knowledge cut-off": (lambda r: r["knowledge_cutoff"] is not None, 1),
    "knowledge cut-off not stated": (lambda r: r["knowledge_cutoff"] is None, 1),
}


def is_price(text: object) -> bool:
    try:
        return isinstance(text, str) and Decimal(text).is_finite() and Decimal(text) >= 0
    except InvalidOperation:
        return False


def bad_prices(pricing: Record) -> list[str]:
    if pricing["prompt"] == pricing["completion"] == "-1":
        return []
    plain = {kind: price for kind, price in pricing.items() if kind not in {"overrides", "discount"}}
    return [kind for kind, price in plain.items() if not is_price(price)]


@pytest.mark.parametrize("oddity", ODDITIES)
def test_the_recording_holds(oddity: str) -> None:
    shows, at_least = ODDITIES[oddity]
    assert len([record["id"] for record in RECORDS if shows(record)]) >= at_least


def test_qwq_was_still_listed_without_an_end_that_day() -> None:
    qwq = BY_ID["qwen/qwq-32b"]
    assert timestamp(RECORDED_AT) == "2026-04-22T08:12:12.969Z"
    assert (qwq["expiration_date"], qwq["context_length"], qwq["pricing"]) == (
        None,
        131072,
        {"prompt": "0.00000015", "completion": "0.00000058"},
    )


def test_ids_are_unique_and_none_was_created_after_the_recording() -> None:
    assert max(Counter(record["id"] for record in RECORDS).values()) == 1
    assert all(record["created"] <= RECORDED_AT.timestamp() for record in RECORDS)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record["id"])
def test_each_record_has_the_fields_of_the_api(record: Record) -> None:
    assert record.keys() - OPTIONAL_MODEL_FIELDS == MODEL_FIELDS
    assert record["links"]["details"] == f"{LIST_PATH}/{record['canonical_slug']}/endpoints"


def test_exactly_one_record_has_a_price_that_is_none() -> None:
    assert {r["id"]: bad for r in RECORDS if (bad := bad_prices(r["pricing"]))} == {REFUSED: ["completion"]}


def test_the_record_to_be_refused_and_all_hostile_text_are_invented() -> None:
    hostile = [r["id"] for r in RECORDS if not r["description"].isascii() or "<" in r["description"]]
    assert all(name.startswith(INVENTED) for name in [REFUSED, *hostile])
    assert len(hostile) == 2


def test_no_sentence_of_a_description_is_long() -> None:
    sentences = [s for record in RECORDS for s in re.split(r"(?<=[.!?])\s", record["description"])]
    assert max(map(len, sentences)) <= 300


def test_endpoints_hold_their_oddities_and_fields() -> None:
    assert ENDPOINTS.keys() <= BY_ID.keys()
    assert all(endpoint.keys() == ENDPOINT_FIELDS for endpoint in OFFERED)
    assert not [endpoint["tag"] for endpoint in OFFERED if bad_prices(endpoint["pricing"])]
    assert any(len(answer["data"]["endpoints"]) == 1 for answer in ENDPOINTS.values())
    assert any(endpoint["uptime_last_30m"] is None for endpoint in OFFERED)
    assert any((endpoint["uptime_last_30m"] or 100) < 60 for endpoint in OFFERED)
    assert {"unknown", "fp8", "bf16"} <= {endpoint["quantization"] for endpoint in OFFERED}
    assert {0, -2} <= {endpoint["status"] for endpoint in OFFERED}


def test_the_gates_let_the_recording_through_and_little_less() -> None:
    gates = tomllib.loads(files("flows.demo").joinpath("gates.toml").read_text("utf-8"))
    openrouter, offered = gates["openrouter"], gates["openrouter-endpoints"]
    assert len(RECORDS) * 0.8 < openrouter["minimum_listings"] <= len(RECORDS)
    assert 1 / len(RECORDS) <= openrouter["largest_reject_rate"] < 2 / len(RECORDS)
    assert offered["minimum_listings"] == len(ENDPOINTS)


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with serve() as url:
        yield url


def get(url: str) -> Any:
    with urlopen(url, timeout=LIMIT_S) as response:  # noqa: S310 - our own loopback server
        assert response.headers["Content-Type"] == "application/json; charset=utf-8"
        return json.loads(response.read())


def test_the_server_gives_the_whole_list_when_no_page_is_asked_for(base_url: str) -> None:
    answer = get(f"{base_url}{LIST_PATH}?output_modalities=all")
    assert answer == {"data": RECORDS, "total_count": len(RECORDS), "links": {"next": None}}


@pytest.mark.parametrize("limit", [1, 10, 28, 29, 1000])
def test_paging_gives_each_record_exactly_once(base_url: str, limit: int) -> None:
    seen: list[Record] = []
    following: str | None = f"{LIST_PATH}?output_modalities=all&limit={limit}"
    while following:
        answer = get(base_url + following)
        seen += answer["data"]
        following = answer["links"]["next"]
        assert answer["total_count"] == len(RECORDS)
        assert following is None or "output_modalities=all" in following
    assert seen == RECORDS


def test_an_offset_alone_gives_the_rest() -> None:
    assert page(RECORDS, {"offset": "27"})["data"] == RECORDS[27:]


@pytest.mark.parametrize("name", BY_ID)
def test_the_server_gives_each_model_and_its_endpoints(base_url: str, name: str) -> None:
    path = quote(name)
    assert get(f"{base_url}/api/v1/model/{path}") == {"data": BY_ID[name]}
    answer = get(f"{base_url}{LIST_PATH}/{path}/endpoints")
    assert answer["data"]["id"] == name
    assert answer["data"]["endpoints"] == ENDPOINTS.get(name, {"data": {"endpoints": []}})["data"]["endpoints"]


def test_a_shared_canonical_slug_leads_to_the_base(base_url: str) -> None:
    free = BY_ID["google/gemma-4-26b-a4b-it:free"]
    assert get(base_url + free["links"]["details"])["data"]["id"] == "google/gemma-4-26b-a4b-it"


def test_the_server_lets_robots_in(base_url: str) -> None:
    with urlopen(f"{base_url}/robots.txt", timeout=LIMIT_S) as response:  # noqa: S310 - our own loopback server
        assert response.headers["Content-Type"].startswith("text/plain")
        assert response.read() == b"User-agent: *\nAllow: /api/\n"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 404),
        ("/api/v1/generation", 404),
        ("/api/v1/model/example-lab/no-such", 404),
        ("/api/v1/models/example-lab/no-such/endpoints", 404),
        (f"{LIST_PATH}?limit=0", 400),
        (f"{LIST_PATH}?limit=1001", 400),
        (f"{LIST_PATH}?offset=-1", 400),
        (f"{LIST_PATH}?offset=one", 400),
    ],
)
def test_the_server_refuses_what_it_does_not_have(base_url: str, path: str, status: int) -> None:
    with pytest.raises(HTTPError) as refused, urlopen(base_url + path, timeout=LIMIT_S):  # noqa: S310 - our own server
        pass
    with refused.value as answer:
        assert (answer.code, json.loads(answer.read())["error"]["code"]) == (status, status)


def test_the_server_is_quiet_and_gone_afterwards(capfd: pytest.CaptureFixture[str]) -> None:
    with serve() as url:
        get(f"{url}{LIST_PATH}?limit=1")
    with pytest.raises(OSError, match="refused"):
        urlopen(f"{url}/robots.txt", timeout=LIMIT_S)  # noqa: S310 - our own loopback server
    assert capfd.readouterr() == ("", "")


def test_the_invented_facets_are_of_recorded_models_and_filter_the_list(base_url: str) -> None:
    invented = facets()
    assert {one for ids in invented["lists"].values() for one in ids} <= set(BY_ID)
    assert len(invented["lists"]["sort=top-weekly"]) == len(RECORDS)
    for query, ids in invented["lists"].items():
        with urlopen(f"{base_url}{LIST_PATH}?output_modalities=all&{query}", timeout=LIMIT_S) as answer:  # noqa: S310
            assert [record["id"] for record in json.loads(answer.read())["data"]] == ids
    permanent = {record["canonical_slug"] for record in RECORDS}
    assert set(invented["rankings"]) <= permanent


def test_every_facet_is_answered(base_url: str) -> None:
    for facet in FACETS:
        with urlopen(base_url + facet.path, timeout=LIMIT_S) as answer:  # noqa: S310 - our own server
            assert json.loads(answer.read())["data"]
