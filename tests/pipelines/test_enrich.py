import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.compose import LONGEST_LIST
from pipelines.enrich import capability_uri, catalogue
from pipelines.issue import draft
from pipelines.join import Joined
from pipelines.limitations import MOST_PLAIN, MOST_QUOTES
from pipelines.merge import gather
from pipelines.rulebook import Measure, rulebook
from pipelines.vocabulary import INPUT_MODALITIES, OUTPUT_MODALITIES, PARAMETERS
from pipelines.wording import LONGEST_QUOTED
from schemas.listing import Listing
from tests.pipelines.hub import card, repository
from tests.pipelines.json_values import unhurried
from tests.pipelines.listings import TERMS, endpoints, listing, statement


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
        ({"context_length": 1_000_000}, "very long context"), ({"context_length": 999_999}, "long context"),
        ({"context_length": 128_000}, "long context"), ({"pricing.input_cache_read": "1e-8"}, "prompt caching"),
        ({"supported_parameters": ["web_search_options"]}, "web search"),
        ({"supported_parameters": ["logprobs"]}, "token probabilities"), ({}, "seeded sampling"),
    ],
)  # fmt: skip
def test_a_capability_is_listed_when_its_facts_are_stated(changes: dict[str, Any], name: str) -> None:
    assert name in abilities(**changes)


def test_nothing_is_listed_that_no_source_states() -> None:
    assert list(abilities(supported_parameters=[])) == ["multi-turn chat"]
    assert list(abilities(**{"architecture.output_modalities": ["smell"]}, supported_parameters=["telepathy"])) == []
    assert "long context" not in abilities(context_length=127_999)


def test_ids_run_and_addresses_are_those_of_the_catalogue() -> None:
    capabilities = statement(listing())["capabilities"]
    assert [capability["id"] for capability in capabilities] == [
        f"openrouter-heron-lab-heron-7b__cap_{place}" for place in range(len(capabilities))
    ]
    for capability in capabilities:
        assert capability["uri"] == capability_uri(capability["categories"][0], capability["name"])
    assert capabilities[0]["uri"] == "capability://text.generation.language.multi.turn.chat"


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
        ({"description": "A heron that…"}, "description is cut off"),
        ({"reasoning": {"mandatory": True}}, "reasoning cannot"),
        ({"knowledge_cutoff": "2024-06"}, "training data goes up to 2024-06;"),
        ({"supported_parameters": ["response_format"]}, "not held to a schema"),
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
        ([{"quantization": "unknown"}], "1 of its endpoints"), ([{}, {"quantization": "bf16"}], "(bf16, fp8)"),
    ],
)  # fmt: skip
def test_endpoints_show_failure_modes_of_their_own(served: list[dict[str, Any]], text: str) -> None:
    capabilities = statement(listing(), endpoints(*served))["capabilities"]
    assert any(text in limit for limit in capabilities[0]["limitations"])


def test_a_model_that_searches_is_not_said_to_know_nothing_new() -> None:
    told = limits(knowledge_cutoff="2024-06", supported_parameters=["web_search_options"])
    assert sum("2024-06" in text for text in told) == 1


def test_a_maximum_output_that_fits_the_context_is_no_failure() -> None:
    assert not any("whole context" in text for text in limits(**{"top_provider.max_completion_tokens": 65_536}))


def test_a_context_holds_prompt_and_answer_together() -> None:
    (told,) = (row["description"] for name, row in abilities(context_length=200_000).items() if name == "long context")
    assert told == "Works within 200,000 tokens in one request, prompt and answer together."


def test_a_router_that_states_a_price_is_shown_by_its_tokenizer() -> None:
    unfragile = told(listing(**{"architecture.tokenizer": "Router"}))
    assert unfragile["capabilities"][0]["name"] == "model routing"
    (shown,) = evidence_of(unfragile, "/capabilities/0")
    assert (shown["locator"], shown["value"]) == ("/architecture/tokenizer", "Router")
    assert not any("price depends on the model" in text for text in unfragile["trust"]["failure_modes"])


def test_a_model_that_names_no_parameters_is_not_said_to_take_no_seed() -> None:
    assert not any("seed" in limit for limit in limits(supported_parameters=[]))


def test_modes_of_the_class_stand_with_the_capability_that_names_them_and_stated_ones_with_the_first() -> None:
    made = abilities(supported_parameters=["tools"], knowledge_cutoff="2024-06-30")
    assert any("call tools" in limit for limit in made["tool calling"]["limitations"])
    assert any("2024-06-30" in limit for limit in made["multi-turn chat"]["limitations"])


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
    assert unfragile["trust"]["failure_modes"][:-2] == every[:LONGEST_LIST] or not unfragile["capabilities"]
    assert len(unfragile["trust"]["permissions"]) <= LONGEST_LIST
    names = [capability["name"] for capability in unfragile["capabilities"]]
    order = [row.rule.name for row in catalogue().abilities]
    assert names == sorted(set(names), key=order.index)


def told(primary: Listing, *cards: Listing) -> dict[str, Any]:
    """What the passport of a model says, with cards that are of the same model."""
    (subject,) = gather([primary], joined=[Joined(primary.slug, one, "stated") for one in cards]).subjects
    made: dict[str, Any] = json.loads(orjson.dumps(draft(subject, TERMS).unfragile))
    return made


def evidence_of(unfragile: dict[str, Any], path: str) -> list[dict[str, Any]]:
    return [entry for entry in unfragile["evidence"] if entry["path"] == path]


STATED = "its description states that it can be wrong or make things up"
STATED_BY_CARD = "its card states that it can be wrong or make things up"
CLASS = "like all generative language models it can state falsehoods with confidence"


def test_a_failure_mode_stated_in_words_is_shown_by_each_quote_and_stands_for_its_twin_of_the_class() -> None:
    unfragile = told(
        listing(description="Heron may hallucinate."), card("## Limitations\n\nIt may state false facts as if true.\n")
    )
    limitations = unfragile["capabilities"][0]["limitations"]
    assert CLASS not in limitations
    shown = evidence_of(unfragile, f"/capabilities/0/limitations/{limitations.index(STATED)}")
    assert [(entry["source"], entry["quote"]) for entry in shown] == [
        ("openrouter", "Heron may hallucinate."),
        ("huggingface-card", "It may state false facts as if true."),
    ]
    assert all("OWASP.LLM09:2025" in entry["taxonomy"] for entry in shown)
    assert CLASS in told(listing())["capabilities"][0]["limitations"]


def test_quotes_of_one_failure_mode_are_few_and_all_different() -> None:
    text = "## Limitations\n\n" + "".join(f"It may invent facts about birds of type {n % 8}.\n\n" for n in range(20))
    unfragile = told(listing(description="A bird. It may hallucinate."), card(text))
    shown = evidence_of(
        unfragile, f"/capabilities/0/limitations/{unfragile['capabilities'][0]['limitations'].index(STATED)}"
    )
    assert len({entry["quote"] for entry in shown}) == len(shown) == MOST_QUOTES


def test_what_fields_state_comes_before_words_and_words_before_sentences_and_those_before_the_class() -> None:
    description = "It does not support images. It may hallucinate. It is uncensored."
    limitations = told(listing(description=description, knowledge_cutoff="2024-06", supported_parameters=["tools"]))[
        "capabilities"
    ][0]["limitations"]
    plain = 'its description states: "It does not support images."'
    at = [next(n for n, text in enumerate(limitations) if part in text) for part in ("2024-06", "no seed", STATED)]
    assert at == sorted(at)
    assert limitations[at[-1] :] == [
        STATED, "its description calls it uncensored; it may do what other models decline", plain,
    ]  # fmt: skip


def test_a_sentence_that_no_mode_covers_is_quoted_with_where_it_stands() -> None:
    text = "## Limitations\n\n**Note:** It cannot [read](/x) maps of wetlands.\n"
    unfragile = told(listing(description="It does not support images."), card(text))
    limitations = unfragile["capabilities"][0]["limitations"]
    assert 'its description states: "It does not support images."' in limitations
    at = limitations.index('its card states: "It cannot read maps of wetlands."')
    (shown,) = evidence_of(unfragile, f"/capabilities/0/limitations/{at}")
    assert (shown["source"], shown["quote"]) == ("huggingface-card", "It cannot [read](/x) maps of wetlands.")
    assert "taxonomy" not in shown


def test_sentences_at_the_same_place_of_two_texts_are_both_quoted() -> None:
    one = "## Limitations\n\nIt cannot read maps of wetlands.\n"
    limitations = told(listing(), card(one), card(one.replace("wet", "dry"), of="HeronLab/Heron-7B-it"))
    assert [text for text in limitations["capabilities"][0]["limitations"] if "maps" in text] == [
        'its card states: "It cannot read maps of wetlands."', 'its card states: "It cannot read maps of drylands."',
    ]  # fmt: skip


def test_sentences_are_few_and_bounded_and_each_is_shown() -> None:
    lines = [f"It cannot read maps of type {n} with {'very ' * 60}small print.\n\n" for n in range(12)]
    unfragile = told(listing(), card("## Limitations\n\n" + "".join(lines)))
    limitations = unfragile["capabilities"][0]["limitations"]
    quoted = [n for n, text in enumerate(limitations) if text.startswith("its card states")]
    assert len(quoted) == MOST_PLAIN
    assert all(len(limitations[n]) <= LONGEST_QUOTED for n in quoted)
    assert all(len(evidence_of(unfragile, f"/capabilities/0/limitations/{n}")) == 1 for n in quoted)


def test_ends_and_smaller_contexts_are_never_pushed_out_of_the_trust_list() -> None:
    lines = "".join(f"It cannot read maps of type {n}.\n\n" for n in range(12))
    words = (
        "It may invent facts. It may be biased. It may be offensive. It can leak personal data. It may repeat itself."
    )
    unfragile = told(
        listing(expiration_date="2026-07-01", knowledge_cutoff="2024-06", **{"top_provider.context_length": 1024}),
        card(f"## Limitations\n\n{words}\n\n{lines}"),
    )
    listed = unfragile["trust"]["failure_modes"]
    assert "announced to be removed" in listed[0]
    assert "top provider serves 1,024 tokens" in listed[1]
    assert len(listed) == LONGEST_LIST + 2


def test_a_model_of_no_known_ability_still_says_how_it_fails() -> None:
    unfragile = told(
        repository(pipeline_tag=None, tags=[], gated="manual"),
        card("## Limitations\n\nIt may state false facts as if true. It cannot read maps of wetlands.\n"),
    )
    assert unfragile["capabilities"] == []
    listed = unfragile["trust"]["failure_modes"]
    assert STATED_BY_CARD in listed
    assert 'its card states: "It cannot read maps of wetlands."' in listed
    assert all(evidence_of(unfragile, f"/trust/failure_modes/{n}") for n in range(len(listed)))
    assert not [entry for entry in unfragile["evidence"] if not entry["path"].startswith("/")]


FIGURES = rulebook().issuing.confidence


@pytest.mark.parametrize(
    ("parameters", "description", "confidence", "methods"),
    [
        (["tools"], "A bird.", FIGURES.of("tool calling"), ["structured"]),
        (["tools"], "It supports tool calling.", FIGURES.of("tool calling"), ["structured", "pattern"]),
        (["seed"], "It supports tool calling.", FIGURES.of("tool calling", {"described"}), ["pattern"]),
    ],
)
def test_an_ability_that_only_words_state_is_held_less_certain(
    parameters: list[str], description: str, confidence: float, methods: list[str]
) -> None:
    unfragile = told(listing(supported_parameters=parameters, description=description))
    names = [capability["name"] for capability in unfragile["capabilities"]]
    at = names.index("tool calling")
    assert unfragile["capabilities"][at]["confidence"] == confidence
    assert [entry["method"] for entry in evidence_of(unfragile, f"/capabilities/{at}")] == methods


@pytest.mark.parametrize(
    ("task", "tags", "name", "confidence"),
    [
        ("text-generation", ["conversational"], "multi-turn chat", FIGURES.method["task"].measured),
        ("robotics", [], "robot control", FIGURES.unmeasured),
        ("text-generation", ["tool-use"], "tool calling", FIGURES.unmeasured),
        ("text-generation", ["en", "fr"], "multilingual use", FIGURES.unmeasured),
    ],
)
def test_an_ability_by_task_and_tags_takes_their_figure_where_it_was_measured(
    task: str, tags: list[str], name: str, confidence: float | dict[str, Measure]
) -> None:
    abilities = told(repository(pipeline_tag=task, tags=tags))["capabilities"]
    (ability,) = [one for one in abilities if one["name"] == name]
    assert ability["confidence"] == (confidence[name].figure if isinstance(confidence, dict) else confidence)


def test_an_ability_that_nobody_compared_is_held_least_certain() -> None:
    abilities = told(listing(supported_parameters=["seed", "tools"]))["capabilities"]
    figures = {one["name"]: one["confidence"] for one in abilities}
    assert figures["seeded sampling"] == FIGURES.unmeasured == min(figures.values()) < figures["tool calling"]


def test_a_mode_with_a_twin_of_the_class_asks_no_figures() -> None:
    assert not [row.rule.id for row in catalogue().modes if row.rule.same_as and row.asks_figures]
