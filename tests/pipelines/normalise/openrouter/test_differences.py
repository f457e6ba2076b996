"""Where endpoints of one model differ: what a passport shows of each, and which failure modes follow."""

from typing import Any

import pytest

from schemas.listing import Fact
from tests.support.claims import evidence_of
from tests.support.listings import admitted, endpoints, listing, raw_endpoints, refused, statement

TOOLS = {"tag": "marsh", "supported_parameters": ["seed", "tools", "max_tokens"]}
NO_TOOLS = {"tag": "reed/fp8", "supported_parameters": ["seed", "max_tokens"]}


def facts(*made: dict[str, Any]) -> dict[str, Fact]:
    return {fact.name: fact for fact in endpoints(*made).facts}


def priced(prompt: str, completion: str = "0.0000006", **fields: Any) -> dict[str, Any]:
    return {"pricing": {"prompt": prompt, "completion": completion}, **fields}


def statement_of(*made: dict[str, Any]) -> dict[str, Any]:
    return statement(listing(supported_parameters=["tools"]), endpoints(*made))


def mode_with(unfragile: dict[str, Any], part: str) -> tuple[str, list[tuple[str, Any]]]:
    """The failure mode with these words, and the evidence of it."""
    listed = unfragile["trust"]["failure_modes"]
    (place,) = [n for n, text in enumerate(listed) if part in text]
    shown = evidence_of(unfragile, f"/trust/failure_modes/{place}")
    return listed[place], [(entry["locator"], entry["value"]) for entry in shown]


def test_each_endpoint_is_shown_with_the_parameters_that_it_supports() -> None:
    unfragile = statement_of(NO_TOOLS, TOOLS, {"tag": "sedge"})
    table = {one["tag"]: one.get("supported_parameters") for one in unfragile["artifact"]["model"]["providers"]}
    assert table == {"marsh": ["max_tokens", "seed", "tools"], "reed/fp8": ["max_tokens", "seed"], "sedge": None}


@pytest.mark.parametrize("value", ["tools", [1], {"tools": True}])
def test_parameters_that_are_no_list_of_words_are_quarantined(value: Any) -> None:
    assert refused(raw_endpoints({}, {"supported_parameters": value})).field.startswith("/endpoints/1/supported_par")


def test_the_order_of_parameters_and_endpoints_changes_nothing() -> None:
    one, other = (
        statement_of(TOOLS, NO_TOOLS),
        statement_of(NO_TOOLS, TOOLS | {"supported_parameters": ["tools", "max_tokens", "seed"]}),
    )
    assert one["artifact"]["model"] == other["artifact"]["model"]
    assert one["trust"]["failure_modes"] == other["trust"]["failure_modes"]


def test_tools_that_some_endpoints_do_not_take_are_a_failure_mode_shown_by_one_of_each() -> None:
    text, shown = mode_with(statement_of(TOOLS, NO_TOOLS), "not every endpoint takes tools")
    assert text == "not every endpoint takes tools; these do not: reed/fp8"
    assert shown == [
        ("/endpoints/1/supported_parameters", ["seed", "max_tokens"]), ("/endpoints/0/supported_parameters/1", "tools"),
    ]  # fmt: skip


@pytest.mark.parametrize("made", [[TOOLS, TOOLS], [NO_TOOLS, NO_TOOLS], [TOOLS, {}], [TOOLS]])
def test_tools_at_all_or_none_of_those_that_state_parameters_are_no_failure_mode(made: list[dict[str, Any]]) -> None:
    assert "toolless_endpoints" not in facts(*made)


def test_a_sentence_names_two_endpoints_and_counts_the_rest() -> None:
    lacking = [{**NO_TOOLS, "provider_name": f"Reed {n}", "tag": f"reed-{n}"} for n in range(5)]
    assert facts(TOOLS, *lacking)["toolless_endpoints"].value == "reed-0, reed-1 and 3 more"


def test_half_the_context_at_an_endpoint_that_is_up_is_a_failure_mode() -> None:
    made = statement_of({"context_length": 131_072}, {"tag": "reed", "context_length": 65_536})
    text, shown = mode_with(made, "half or less")
    assert text == "endpoints that are up serve between 65,536 tokens and 131,072 tokens; half or less: reed"
    assert shown == [
        ("/endpoints/1/context_length", 65_536), ("/endpoints/0/context_length", 131_072), ("/endpoints/1/tag", "reed"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("other", "line"),
    [
        (65_536, "endpoints that are up serve between 65,536 tokens and 131,072 tokens; half or less: reed"),
        (100_000, "its top provider serves a context of 100,000 tokens, another endpoint up to 131,072 tokens"),
    ],
)
def test_that_contexts_differ_is_said_once(other: int, line: str) -> None:
    top = {"top_provider": {"context_length": other, "max_completion_tokens": None, "is_moderated": False}}
    made = statement(
        listing(context_length=131_072, **top),
        endpoints({"context_length": 131_072}, {"tag": "reed", "context_length": other}),
    )
    assert [text for text in made["trust"]["failure_modes"] if " serve" in text] == [line]


@pytest.mark.parametrize(
    "short",
    [{"context_length": 65_537}, {"context_length": 8_192, "status": -2}, {"context_length": None}],
)
def test_more_than_half_or_an_endpoint_that_is_not_up_is_none(short: dict[str, Any]) -> None:
    assert "half_context_endpoints" not in facts({"context_length": 131_072}, short)


def test_a_price_twice_the_lowest_is_a_failure_mode_shown_by_both_prices() -> None:
    text, shown = mode_with(statement_of(priced("0.0000004"), priced("0.0000002"), priced("0.0000003")), "input costs")
    assert text == "input costs $0.2 per million tokens at one endpoint and $0.4 per million tokens at another"
    assert shown == [("/endpoints/1/pricing/prompt", "0.0000002"), ("/endpoints/0/pricing/prompt", "0.0000004")]


def test_a_price_of_answers_counts_where_that_of_prompts_does_not_differ() -> None:
    text, _ = mode_with(statement_of(priced("0.0000002", "0.000001"), priced("0.0000002", "0.000003")), "output costs")
    assert text == "output costs $1 per million tokens at one endpoint and $3 per million tokens at another"


@pytest.mark.parametrize("other", [priced("0.00000039"), priced("0"), priced("0.000009", status=-5)])
def test_less_than_twice_nothing_to_pay_or_an_endpoint_that_is_not_up_is_no_spread(other: dict[str, Any]) -> None:
    assert not [name for name in facts(priced("0.0000002"), other) if name.endswith("_price:prompt")]


def test_a_context_that_no_model_has_is_refused() -> None:
    refusal = refused(raw_endpoints({"context_length": 300_000_000}, {"context_length": 900_000_000}))
    assert "is not plausible" in refusal.reason
    assert admitted(raw_endpoints({})).providers
