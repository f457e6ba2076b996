from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.enrich.catalogue import capability_uri, catalogue
from pipelines.normalise.openrouter.vocabulary import INPUT_MODALITIES, OUTPUT_MODALITIES, PARAMETERS
from pipelines.passport.trust import LONGEST_LIST
from tests.support.claims import evidence_of, unfragile_of
from tests.support.json_values import unhurried
from tests.support.listings import endpoints, listing, statement
from tests.support.repositories import repository


def abilities(**changes: Any) -> dict[str, dict[str, Any]]:
    return {capability["name"]: capability for capability in statement(listing(**changes))["capabilities"]}


def limits(**changes: Any) -> list[str]:
    return [text for capability in abilities(**changes).values() for text in capability["limitations"]]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"pricing": {"prompt": "-1", "completion": "-1"}}, "model routing"), ({}, "multi-turn chat"),
        ({"architecture.tokenizer": "Router"}, "model routing"),
        ({"architecture.output_modalities": ["embeddings"]}, "text embedding"),
        ({"architecture.output_modalities": ["rerank"]}, "reranking"),
        ({"architecture.output_modalities": ["image"]}, "image generation"),
        ({"architecture.output_modalities": ["video"]}, "video generation"),
        ({"architecture.output_modalities": ["speech"]}, "speech synthesis"),
        ({"architecture.output_modalities": ["transcription"]}, "transcription"),
        ({"supported_parameters": ["include_reasoning"]}, "extended reasoning"),
        ({"supported_parameters": ["reasoning_effort"]}, "reasoning effort control"),
        ({"supported_parameters": ["tools"]}, "tool calling"),
        ({"supported_parameters": ["tools", "parallel_tool_calls"]}, "parallel tool calling"),
        ({"supported_parameters": ["structured_outputs"]}, "structured output"),
        ({"supported_parameters": ["response_format"]}, "json mode"),
        ({"architecture.input_modalities": ["image"]}, "image understanding"),
        ({"architecture.input_modalities": ["file"]}, "document input"),
        ({"architecture.input_modalities": ["audio"]}, "audio input"),
        ({"architecture.input_modalities": ["video"]}, "video understanding"),
        ({"architecture.output_modalities": ["text", "audio"]}, "audio output"),
        ({"context_length": 1_000_000, "top_provider": {}}, "very long context"),
        ({"context_length": 999_999, "top_provider": {}}, "long context"),
        ({"context_length": 128_000, "top_provider": {}}, "long context"),
        ({"pricing.input_cache_read": "1e-8"}, "prompt caching"),
        ({"supported_parameters": ["web_search_options"]}, "web search"),
        ({"supported_parameters": ["logprobs"]}, "token probabilities"), ({}, "seeded sampling"),
    ],
)  # fmt: skip
def test_a_capability_is_listed_when_its_facts_are_stated(changes: dict[str, Any], name: str) -> None:
    assert name in abilities(**changes)


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("GPT\u200b-4", "characters that nobody sees (U+200B)"),
        ("Claude \u041epus", "CYRILLIC and LATIN letters in one word"),
    ],
)
def test_a_name_that_can_pass_for_another_is_a_failure_mode_shown_by_the_name(name: str, holds: str) -> None:
    document = statement(listing(name=name))
    first = document["trust"]["failure_modes"][0]
    assert first == f"its name contains {holds}; it can pass for the name of another model"
    [shown] = [one for one in document["evidence"] if one["path"] == "/trust/failure_modes/0"]
    assert (shown["locator"], shown["value"], document["artifact"]["name"]) == ("/name", name, name)


def test_nothing_is_listed_that_no_source_states() -> None:
    assert list(abilities(supported_parameters=[])) == ["multi-turn chat"]
    assert list(abilities(**{"architecture.output_modalities": ["smell"]}, supported_parameters=["telepathy"])) == []
    assert "long context" not in abilities(context_length=127_999, top_provider={})


def test_ids_run_and_addresses_are_those_of_the_catalogue() -> None:
    capabilities = statement(listing())["capabilities"]
    assert [capability["id"] for capability in capabilities] == [
        f"openrouter-heron-lab-heron-7b__cap_{place}" for place in range(len(capabilities))
    ]
    for capability in capabilities:
        assert capability["uri"] == capability_uri(capability["categories"][0], capability["name"])
    assert capabilities[0]["uri"] == "capability://text.generation.language.multi.turn.chat"


def test_one_ability_has_one_address_whoever_has_it_and_whatever_shows_it() -> None:
    sold = statement(listing(supported_parameters=["tools"]))
    held = statement(repository(pipeline_tag="text-generation", tags=["tool-use"]))
    addresses = [
        {one["uri"] for one in unfragile["capabilities"] if one["name"] == "tool calling"} for unfragile in (sold, held)
    ]
    assert addresses == [{"capability://tool.use.integration.tool.calling"}] * 2


def test_an_address_is_built_as_the_published_ones_are() -> None:
    name = "extended-chain-of-thought reasoning with explicit thinking tokens"
    address = "capability://planning.reasoning.extended.chain.of.thought.reasoning.with.explicit.thinking.tokens"
    assert capability_uri("planning-reasoning", name) == address


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"expiration_date": "2026-07-01"}, "announced to be removed from the listing on 2026-07-01"),
        ({"expiration_date": "2026-05-01"}, "still listed although its announced end, 2026-05-01, has passed"),
        ({"top_provider.context_length": 32_768},
        "context of 65,536 tokens, but its top provider serves 32,768 tokens"),
        ({"top_provider.max_completion_tokens": None}, "no maximum output length is stated"),
        ({"top_provider.max_completion_tokens": 4096}, "answers end after at most 4,096 tokens"),
        ({"per_request_limits": {"prompt_tokens": 1000}}, "may hold at most 1,000 tokens"),
        ({"top_provider.is_moderated": True}, "moderates requests"),
        ({"pricing.overrides": [{"min_prompt_tokens": 9000, "prompt": "1e-6"}]}, "longer than 9,000 tokens"),
        ({"pricing.overrides": [{"utc_start": 1, "utc_end": 2, "prompt": "1e-6"}]}, "time of day"),
        ({"reasoning": {"mandatory": True}}, "reasoning cannot"),
        ({"knowledge_cutoff": "2024-06"}, "training data goes up to 2024-06;"),
        ({"supported_parameters": ["response_format"]}, "need not follow a schema"),
        ({"supported_parameters": ["tools"]}, "takes no seed"),
        ({"pricing": {"prompt": "-1", "completion": "-1"}}, "which model answers is not fixed"),
        ({"architecture.tokenizer": "Router"}, "which model answers is not fixed"),
        ({"context_length": 4095, "top_provider.max_completion_tokens": 4096},
        "maximum output, 4,096 tokens, is more than its whole context, 4,095 tokens"),
        ({"knowledge_cutoff": "2024-06", "supported_parameters": ["web_search_options"]},
        "goes up to 2024-06; without its web search it does not know"),
        ({}, "state falsehoods"),
    ],
)  # fmt: skip
def test_a_failure_mode_is_worded_with_what_the_listing_states(changes: dict[str, Any], text: str) -> None:
    assert any(text in limit for limit in limits(**changes)), limits(**changes)


@pytest.mark.parametrize(
    ("served", "text"),
    [
        ([{}], "served by one provider only (Marsh)"), ([{"uptime_last_30m": 94.99}], "fewer than 95 %"),
        ([{"quantization": "unknown"}], "is not stated by 1 of its endpoints"),
        ([{}, {"quantization": "bf16"}], "(bf16, fp8)"),
    ],
)  # fmt: skip
def test_endpoints_show_failure_modes_of_their_own(served: list[dict[str, Any]], text: str) -> None:
    capabilities = statement(listing(), endpoints(*served))["capabilities"]
    assert any(text in limit for limit in capabilities[0]["limitations"])


def test_a_model_that_searches_is_not_stated_to_know_nothing_new() -> None:
    stated = limits(knowledge_cutoff="2024-06", supported_parameters=["web_search_options"])
    assert sum("2024-06" in text for text in stated) == 1


def test_a_maximum_output_that_fits_the_context_is_no_failure() -> None:
    assert not any("whole context" in text for text in limits(**{"top_provider.max_completion_tokens": 65_536}))


def served(*contexts: tuple[int, int], listed: int = 1_048_576, top: int = 262_144) -> tuple[str, str]:
    """The descriptions of what a model with these endpoints (context, status) does with long input, and its limits."""
    sold = listing(context_length=listed, **{"top_provider.context_length": top})
    served_by = [endpoints(*({"context_length": tokens, "status": status} for tokens, status in contexts))]
    made = statement(sold, *(served_by if contexts else ()))["capabilities"]
    long = [row["description"] for row in made if row["name"].endswith("long context")]
    return " ".join(long), " ".join(limit for row in made for limit in row["limitations"])


@pytest.mark.parametrize(
    ("contexts", "claimed", "limit"),
    [
        (
            [(262_144, 0), (327_680, 0)],
            "Works within 327,680 tokens",
            "no endpoint that is up serves more than 327,680",
        ),
        ([(262_144, 0), (1_048_576, -5)], "Works within 262,144 tokens", "no endpoint that is up serves more than 262"),
        ([(262_144, 0), (1_048_576, 0)], "Works within 1,048,576 tokens", "between 262,144 tokens and 1,048,576"),
        ([(8_192, 0)], "", "no endpoint that is up serves more than 8,192"),
        ([(1_048_576, -2)], "Works within 262,144 tokens", "but its top provider serves 262,144"),
        ([], "Works within 262,144 tokens", "but its top provider serves 262,144"),
    ],
)
def test_a_context_counts_as_far_as_a_provider_that_is_up_serves_it(
    contexts: list[tuple[int, int]], claimed: str, limit: str
) -> None:
    stated, limits = served(*contexts)
    assert stated.startswith(claimed)
    assert bool(stated) is bool(claimed)
    assert limit in limits


def test_a_context_holds_prompt_and_answer_together() -> None:
    (stated,) = (
        row["description"]
        for name, row in abilities(context_length=200_000, top_provider={}).items()
        if name == "long context"
    )
    assert stated == "Works within 200,000 tokens in one request, prompt and answer together."


def test_a_router_that_states_a_price_is_shown_by_its_tokenizer() -> None:
    unfragile = unfragile_of(listing(**{"architecture.tokenizer": "Router"}))
    assert unfragile["capabilities"][0]["name"] == "model routing"
    (shown,) = evidence_of(unfragile, "/capabilities/0")
    assert (shown["locator"], shown["value"]) == ("/architecture/tokenizer", "Router")
    assert not any("price depends on the model" in text for text in unfragile["trust"]["failure_modes"])


def test_a_model_that_names_no_parameters_is_not_stated_to_take_no_seed() -> None:
    assert not any("seed" in limit for limit in limits(supported_parameters=[]))


def test_modes_of_the_class_are_shown_with_the_capability_that_names_them_and_stated_ones_with_the_first() -> None:
    made = abilities(supported_parameters=["tools"], knowledge_cutoff="2024-06-30")
    assert any("call tools" in limit for limit in made["tool calling"]["limitations"])
    assert any("2024-06-30" in limit for limit in made["multi-turn chat"]["limitations"])


MERGED = "instructions hidden in what it reads can steer it: "
MOST_MERGED = 5
"""Most limitations of the capabilities that have no line of their own in the trust block."""

WORDS = st.fixed_dictionaries(
    {
        "architecture.input_modalities": st.lists(st.sampled_from(INPUT_MODALITIES), unique=True),
        "architecture.output_modalities": st.lists(st.sampled_from(OUTPUT_MODALITIES), unique=True),
        "supported_parameters": st.lists(st.sampled_from(PARAMETERS), unique=True),
        "context_length": st.none() | st.integers(1, 20_000_000),
        "expiration_date": st.sampled_from([None, "2026-07-01", "2026-05-01", "2099-01-01"]),
    }
)


@unhurried
@given(WORDS)
def test_each_mode_is_listed_once_and_stated_ones_come_first_in_the_trust_list(changes: dict[str, Any]) -> None:
    unfragile = statement(listing(**changes))
    every = [text for capability in unfragile["capabilities"] for text in capability["limitations"]]
    assert len(set(every)) == len(every)
    listed = unfragile["trust"]["failure_modes"][:-2]
    shown = {entry["path"]: entry["method"] for entry in unfragile["evidence"]}
    methods = [shown[f"/trust/failure_modes/{place}"] for place in range(len(listed))]
    assert methods == sorted(methods, key=lambda method: method == "class")
    merged = [text for text in listed if text.startswith(MERGED)]
    assert len(merged) <= 1
    assert {*listed} - {*merged} <= {*every} or not unfragile["capabilities"]
    assert len(listed) == LONGEST_LIST or len(listed) >= len(every) - MOST_MERGED
    assert len(unfragile["trust"]["permissions"]) <= LONGEST_LIST
    names = [capability["name"] for capability in unfragile["capabilities"]]
    order = [row.rule.name for row in catalogue().abilities]
    assert names == sorted(set(names), key=order.index)


def test_a_mode_with_a_twin_of_the_class_asks_no_figures() -> None:
    assert not [row.id for row in catalogue().modes if row.same_as and row.asks_figures]
