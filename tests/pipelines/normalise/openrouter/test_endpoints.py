from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.normalise.openrouter.vocabulary import ENDPOINT_STATUSES
from schemas.crawl import CRAWL_LINE, AdmittedLine
from schemas.listing import Fact
from tests.support.listings import ENDPOINT, admitted, endpoints, raw_endpoints, refused


def facts(*made: dict[str, Any]) -> dict[str, Fact]:
    return {fact.name: fact for fact in endpoints(*made).facts}


def test_an_endpoint_is_read_with_its_figures() -> None:
    (provider,) = endpoints({}).providers
    assert (provider.name, provider.tag, provider.status, provider.quantization) == ("Marsh", "marsh/fp8", "up", "fp8")
    assert (provider.uptime_percent, provider.uptime_as_stated) == ("99.83", "99.83")
    assert [(price.kind, price.usd) for price in provider.prices] == [
        ("prompt", "0.0000002"),
        ("completion", "0.0000006"),
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("provider_name", None), ("provider_name", ""), ("provider_name", "Mar\u202esh"), ("provider_name", 1),
        ("tag", None), ("tag", ""), ("tag", "a\nb"), ("status", "up"), ("status", True), ("status", []),
        ("status", 0.5), ("quantization", 8), ("quantization", "fp\x008"), ("context_length", -1),
        ("context_length", "1"), ("max_completion_tokens", 1.5), ("uptime_last_30m", 101), ("uptime_last_30m", -0.1),
        ("uptime_last_30m", "all"), ("uptime_last_30m", True), ("uptime_last_30m", {}), ("pricing", None),
        ("pricing", {}), ("pricing", {"prompt": "-1", "completion": "0"}),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_is_quarantined_with_its_place(field: str, value: Any) -> None:
    refusal = refused(raw_endpoints({}, {field: value}))
    assert refusal.stage == "normalise"
    assert refusal.field.startswith(f"/endpoints/1/{field}")


@pytest.mark.parametrize("field", ["id", "name", "endpoints"])
def test_a_record_without_its_mandatory_fields_is_quarantined(field: str) -> None:
    refusal = refused(raw_endpoints({}, **{field: None}))
    assert (refusal.stage, refusal.field) == ("normalise", f"/{field}")


@pytest.mark.parametrize("missing", ["provider_name", "tag", "pricing"])
def test_an_endpoint_without_its_mandatory_fields_is_quarantined(missing: str) -> None:
    endpoint = {key: value for key, value in ENDPOINT.items() if key != missing}
    refusal = refused(raw_endpoints(endpoints=[endpoint]))
    assert (refusal.field, refusal.reason) == (f"/endpoints/0/{missing}", "is missing")


@pytest.mark.parametrize("value", [[1], ["x"], "none", {}])
def test_endpoints_that_are_no_list_of_objects_are_quarantined(value: Any) -> None:
    assert refused(raw_endpoints(endpoints=value)).field.startswith("/endpoints")


def test_endpoints_of_another_model_are_not_taken_for_this_one() -> None:
    refusal = refused(raw_endpoints({}, id="heron-lab/heron-7b").model_copy(update={"id": "heron-lab/egret-1b"}))
    assert refusal.field == "/id"
    assert "egret" in refusal.reason


def test_an_alias_may_be_answered_with_the_endpoints_of_its_target() -> None:
    one = admitted(raw_endpoints({}, id="heron-lab/heron-7b").model_copy(update={"id": "~heron-lab/latest"}))
    assert (one.base_id, one.id) == ("heron-lab/heron-7b", "~heron-lab/latest")


@pytest.mark.parametrize(("code", "status"), [*ENDPOINT_STATUSES.items(), (-99, "unknown"), (None, "unknown")])
def test_a_status_is_what_its_code_says_and_unknown_codes_say_nothing(code: int | None, status: str) -> None:
    (provider,) = endpoints({"status": code}).providers
    assert (provider.status, provider.status_as_stated) == (status, code)


@pytest.mark.parametrize(
    ("stated", "percent"),
    [(100, "100"), (99.996, "100"), (0, "0"), (97.12345678, "97.12"), (99.5, "99.5"), (None, None)],
)
def test_uptime_has_two_decimals_and_keeps_the_words_of_the_source(stated: float | None, percent: str | None) -> None:
    (provider,) = endpoints({"uptime_last_30m": stated}).providers
    assert provider.uptime_percent == percent
    assert provider.uptime_as_stated == (stated if stated is None or isinstance(stated, int) else str(stated))


def test_a_router_among_the_endpoints_has_no_price() -> None:
    (provider,) = endpoints({"pricing": {"prompt": "-1", "completion": "-1"}}).providers
    assert provider.prices == ()


def test_one_provider_alone_is_a_fact() -> None:
    assert facts({}, {"tag": "marsh/bf16"})["only_provider"].value == "Marsh"
    assert "only_provider" not in facts({}, {"provider_name": "Fen", "tag": "fen"})
    assert facts() == {}


def test_precisions_that_differ_or_are_not_stated_are_facts() -> None:
    unknown = {"quantization": "unknown", "tag": "marsh"}
    read = facts({}, {"quantization": "bf16", "tag": "marsh/bf16"}, unknown, {"quantization": None, "tag": "z"})
    assert read["quantizations"] == Fact("quantizations", ("bf16", "fp8"), "/endpoints/1/quantization", "bf16")
    assert read["other_quantizations"].locator == "/endpoints/0/quantization"
    assert read["quantization_unstated"] == Fact("quantization_unstated", 2, "/endpoints/2/quantization", "unknown")


def test_the_best_uptime_is_the_fact() -> None:
    best = facts({"uptime_last_30m": 12.5}, {"uptime_last_30m": 93.218}, {"uptime_last_30m": None})[
        "best_uptime_percent"
    ]
    assert best == Fact("best_uptime_percent", "93.22", "/endpoints/1/uptime_last_30m", "93.218")


def test_unknown_words_and_fields_are_retained_and_counted() -> None:
    one = endpoints(
        {"quantization": "int3", "aura": 1, "pricing": {**ENDPOINT["pricing"], "telepathy": "1"}}, {"aura": 2}
    )
    assert set(one.unfamiliar) == {"quantization:int3", "price:telepathy"}
    assert one.leftovers == ("/endpoints/aura",)


@given(
    st.permutations(
        [{"tag": "a"}, {"tag": "b", "status": -1}, {"provider_name": "Fen", "tag": "a"}, {"quantization": None}]
    )
)
def test_the_order_of_the_source_changes_no_provider(made: list[dict[str, Any]]) -> None:
    one, two = endpoints(*made), endpoints(*sorted(made, key=repr))
    assert [p._replace(locator="", prices=()) for p in one.providers] == [
        p._replace(locator="", prices=()) for p in two.providers
    ]
    assert [fact[:2] for fact in one.facts] == [fact[:2] for fact in two.facts]


def test_a_record_survives_the_crawl_file() -> None:
    came = raw_endpoints({}, {"uptime_last_30m": 100})
    line = AdmittedLine(raw=came, listing=admitted(came))
    assert CRAWL_LINE.validate_json(line.model_dump_json()) == line
