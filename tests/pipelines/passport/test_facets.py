import json
from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from pipelines.passport.digests import payload_digest
from pipelines.passport.document import draft
from schemas.listing import Listing, RawListing
from tests.support.facets import HERON, MARSH, facet, providers, rankings, subject_of
from tests.support.listings import SEEN, TERMS, endpoints, listing, raw, raw_endpoints, record, unshown

OTHERS = ["ada/tern", "ada/owl"]
IN_ALL = [
    facet("sort=top-weekly", ["ada/tern", HERON, "ada/owl"]),
    facet("category=programming", [HERON], OTHERS),
    facet("category=legal", OTHERS, [HERON]),
    facet("zdr=true", [HERON], OTHERS),
    facet("region=us", [HERON], OTHERS),
    facet("distillable=true", ["ada/tern"], [HERON]),
    facet("min_tool_success_rate=0.9", [HERON], OTHERS),
    facet("min_tool_success_rate=0.95", [HERON], OTHERS),
    facet("min_tool_success_rate=0.99", ["ada/tern"], [HERON]),
    providers(MARSH),
    rankings({"heron-lab/heron-7b-2026-01": "1234"}),
]


def stated(raws: Sequence[RawListing], *listings: Listing) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(orjson.dumps(draft(subject_of(raws, *listings), TERMS).unfragile))
    return made


def test_a_passport_says_what_the_answers_about_all_models_say_of_it() -> None:
    unfragile = stated(IN_ALL, listing(), endpoints({}))
    model = unfragile["artifact"]["model"]
    assert model["popularity"] == {
        "rank": 2,
        "of": 3,
        "tokens_week": 1234,
        "as_of": SEEN,
        "tokens_as_of": "2026-05-31T02:00:00.000Z",
        "period": "week",
    }
    assert model["use_cases"] == ["programming"]
    assert model["tool_call_success"] == {"at_least": "0.95", "below": "0.99"}
    assert model["data_handling"] == {
        "zero_retention": True,
        "regions": ["us"],
        "distillable": False,
        "providers": [
            {
                "name": "Marsh",
                "headquarters": "SE",
                "datacenters": ["FI", "SE"],
                "terms_url": "https://marsh.example/terms",
                "privacy_url": "https://marsh.example/privacy#data",
            }
        ],
    }
    assert unshown(unfragile, [raw(record()), raw_endpoints({}), *IN_ALL]) == []


def test_each_statement_has_evidence_and_the_rankings_are_cited() -> None:
    evidence = stated(IN_ALL, listing(), endpoints({}))["evidence"]
    shown = {entry["path"].removeprefix("/artifact/model/"): entry for entry in evidence}
    for path in (
        "popularity/rank", "popularity/of", "data_handling/zero_retention", "data_handling/distillable",
        "data_handling/regions/0", "data_handling/providers/0", "tool_call_success/at_least",
        "tool_call_success/below", "use_cases/0",
    ):  # fmt: skip
        assert shown[path]["source"].startswith("openrouter-"), path
    assert shown["popularity/tokens_week"]["citation"] == (
        "Source: OpenRouter (openrouter.ai/rankings), as of 2026-05-31"
    )
    assert sum("citation" in entry for entry in evidence) == 1
    assert shown["data_handling/distillable"]["locator"] == "/absent/heron-lab~1heron-7b"


def test_a_passport_names_the_answers_that_speak_of_it_and_how_fresh_they_are() -> None:
    unfragile = stated(IN_ALL, listing(), endpoints({}))
    named = [one["id"] for one in unfragile["artifact"]["model"]["records"] if "-facets" in one["source"]]
    assert "category=programming" in named
    assert "category=legal" not in named
    fresh = [one["source"] for one in unfragile["trust"]["freshness"]["sources"]]
    assert fresh[2:] == ["openrouter-facets", "openrouter-providers", "openrouter-rankings"]


def test_where_no_answer_speaks_of_a_model_nothing_is_stated() -> None:
    model = stated([facet("zdr=true", OTHERS)], listing())["artifact"]["model"]
    keys = ("popularity", "data_handling", "tool_call_success")
    assert [model[key] for key in keys] == [None, None, None]
    assert model["use_cases"] == []
    assert len(model["records"]) == 1


@pytest.mark.parametrize(
    ("reached", "missed", "bounds"),
    [
        (["0.8"], ["0.9", "0.95"], {"at_least": "0.8", "below": "0.9"}),
        (["0.8", "0.9", "0.95", "0.99"], [], {"at_least": "0.99", "below": None}),
        ([], ["0.8", "0.9"], None),  # it may have made no calls at all
        (["0.95"], ["0.9"], None),  # answers of different moments, which contradict each other
    ],
)
def test_tool_calls_succeed_between_two_bounds(
    reached: list[str], missed: list[str], bounds: dict[str, str | None] | None
) -> None:
    raws = [facet(f"min_tool_success_rate={rate}", [HERON]) for rate in reached]
    raws += [facet(f"min_tool_success_rate={rate}", OTHERS, [HERON]) for rate in missed]
    unfragile = stated(raws, listing())
    assert unfragile["artifact"]["model"]["tool_call_success"] == bounds
    shown = [entry["path"] for entry in unfragile["evidence"] if "tool_call" in entry["path"]]
    assert len(shown) == sum(bound is not None for bound in (bounds or {}).values())


def test_two_answers_that_contradict_each_other_are_a_conflict() -> None:
    raws = [facet("zdr=true", OTHERS, [HERON]), facet("endpoints/zdr", [HERON])]
    unfragile = stated(raws, listing())
    assert unfragile["artifact"]["model"]["data_handling"]["zero_retention"] is False
    (conflict,) = unfragile["conflicts"]
    assert conflict["path"] == "/artifact/model/data_handling/zero_retention"
    assert [side["locator"] for side in conflict["values"]] == [
        "/absent/heron-lab~1heron-7b", "/answered/heron-lab~1heron-7b"
    ]  # fmt: skip


def test_a_place_in_the_order_is_no_substance_and_a_use_case_is() -> None:
    def digest(*raws: RawListing) -> str:
        return payload_digest(stated(raws, listing()))

    first, third = facet("sort=top-weekly", [HERON, *OTHERS]), facet("sort=top-weekly", [*OTHERS, HERON])
    assert digest(first) == digest(third) != digest()
    assert digest(first, facet("category=legal", [HERON])) != digest(first)


@pytest.mark.parametrize(
    ("raws", "risk", "rule"),
    [
        ([], "high", "intermediary"),
        ([facet("zdr=true", [HERON])], "moderate", "zero-retention"),
        ([facet("zdr=true", OTHERS, [HERON])], "high", "retention"),
        ([facet("zdr=true", OTHERS)], "high", "intermediary"),
    ],
)
def test_the_risk_is_that_of_where_data_goes_and_rests_on_the_answer(
    raws: list[RawListing], risk: str, rule: str
) -> None:
    unfragile = stated(raws, listing())
    assert unfragile["trust"]["data_access_risk"] == risk
    evidence = [entry for entry in unfragile["evidence"] if entry["path"] == "/trust/data_access_risk"]
    assert evidence[0]["locator"] == f"/risk/{rule}"
    assert len(evidence) == (2 if rule == "intermediary" else 3)


@pytest.mark.parametrize(
    ("made", "block"),
    [
        (None, None),
        ({}, None),
        (
            {"mandatory": True},
            {"supported_efforts": [], "default_effort": None, "default_enabled": None, "mandatory": True},
        ),
        (
            {
                "mandatory": False, "default_enabled": True, "default_effort": "low",
                "supported_efforts": ["none", "low", "high", "low", "daring"],
            },
            {
                "supported_efforts": ["high", "low", "none", "daring"], "default_effort": "low",
                "default_enabled": True, "mandatory": False,
            },
        ),
    ],
)  # fmt: skip
def test_reasoning_is_as_the_listing_says_it_can_be_set(made: object, block: object) -> None:
    unfragile = stated([], listing(reasoning=made))
    assert unfragile["artifact"]["model"]["reasoning"] == block
    assert unshown(unfragile, [raw(record(reasoning=made))]) == []
