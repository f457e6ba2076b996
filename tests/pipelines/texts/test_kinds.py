"""What a model is, where no field tells it and a text does: a judge of content, a router, a maker of music."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.enrich.profile import enrich
from pipelines.enrich.status import ALIVE
from pipelines.merge.gather import gather
from pipelines.merge.joins import Joined
from pipelines.merge.subject import Subject
from pipelines.texts.descriptions import description_facts, kinds_in, read_description
from pipelines.texts.subjects import in_own_name, is_own, names_of
from tests.support.hub_records import card as hub_card
from tests.support.hub_records import repository as hub_repository
from tests.support.listings import listing, statement
from tests.support.recordings import openrouter_models, recorded_days

HERON = names_of("heron-lab/heron-guard-3-8b", "Heron Lab: Heron Guard 3 8B")
GUARD = "Heron Guard 3 is a Heron-3.1-8B pretrained model, fine-tuned for content safety classification."
MUSIC: dict[str, Any] = {
    "architecture.output_modalities": ["text", "audio"],
    "architecture.input_modalities": ["text", "image"],
    "context_length": 2_000_000,
}


def abilities_of(subject: Subject) -> list[str]:
    return [capability["name"] for capability in enrich(subject, artifact_id="heron", life=ALIVE).capabilities]


def listed(description: str, **changes: Any) -> Subject:
    (only,) = gather([listing(description=description, name="Heron Guard 3", **changes)]).subjects
    return only


@pytest.mark.parametrize(
    ("sentence", "states"),
    [
        (GUARD, "judges-content"),
        ("It is a safety reasoning model from Heron Lab.", "judges-content"),
        ("Heron Guard 3 8B and Heron Guard 3 70B are safety models built upon Heron.", "judges-content"),
        ("This safeguard model has 8B parameters.", "judges-content"),
        ("Heron Guard is a series of content moderation models.", "judges-content"),
        ("Heron Guard is a compact 8B-parameter guardrail model, tuned from Heron.", "judges-content"),
        ("Heron Guard is a model designed to detect risks in prompts and responses.", "judges-content"),
        ("Heron Guard 3 is a specialized model designed to judge if the input prompts are harmful.", "judges-content"),
        ("Heron's router instantly reads your prompt and sends it to the best AI of its library.", "model routing"),
        ("Heron is a router that picks one of many models.", "model routing"),
        ("Heron 3 is Heron's family of music generation models, sold by the song.", "sound generation"),
        ("Heron's fastest apply model for code edits.", "code editing"),
        ("Heron 3 is a specialized code-patching LLM that merges edits into files.", "code editing"),
        (
            "The Heron 3 model uses 3 tools in parallel to explore a codebase and return relevant files.",
            "codebase search",
        ),
        (
            "This model is a variant of Heron tuned for instructions and omitting chat-related optimizations.",
            "prompt completion",
        ),
        ("Heron turns your prompt into a small multi-model deliberation.", "multi-model deliberation"),
        ("Transform your natural language requests into structured Heron API request objects.", "request composition"),
        ("Say what you want, and Heron Guard will construct the appropriate API calls.", "request composition"),
    ],
)
def test_a_text_says_what_a_model_is(sentence: str, states: str) -> None:
    names = HERON | {"router"}
    assert [claim.name for claim in read_description(f"It is new. {sentence}", names)] == [states]


@pytest.mark.parametrize(
    "sentence",
    [
        "Heron Guard 3 is not a safety model.",
        "Heron Guard 3 is a chat model with safety training.",
        "Heron Guard 3 is a safety-tuned model.",
        "Heron Guard 3 is a model for chat, coding and content moderation.",
        "Heron Guard 3 is a chat model that was tested beside a safety model.",
        "Heron Guard 3 is trained to avoid harmful content.",
        "Heron Guard 3 is a chat model trained to detect when content is unsafe.",
        "Heron Guard 3 is an assistant trained to identify prompts that users repeat.",
        "It is a reward model trained to judge responses.",
        "It is a vision model designed to classify content of pictures.",
        "Kestrel Guard is a safety model.",
        "Llama Guard is a model that was trained for content safety.",
        "Is it a safety model?",
        "Its router sends each token to two experts.",
        "The router of a mixture sends tokens to the models' experts.",
        "Heron Guard 3 is a model that understands music generation models.",
        "Heron Guard 3 can be used with a router that picks models.",
        "Heron Guard 3 is not a code-patching model.",
        "Heron Guard 3 is a model for chat, code edits and apply models.",
        "Kestrel's fastest apply model for code edits.",
        "Heron Guard 3 uses tools to explore a codebase and fix its bugs.",
        "Heron Guard 3 is a chat model without chat history.",
        "Heron Guard 3 turns your prompt into a picture.",
        "Transform your requests into pictures with the Heron API.",
        "",
    ],
)  # fmt: skip
def test_a_text_that_says_it_of_another_or_not_at_all_states_no_kind(sentence: str) -> None:
    assert not {claim.name for claim in read_description(sentence, HERON)} & {
        "judges-content", "model routing", "sound generation", "code editing", "codebase search", "prompt completion",
        "multi-model deliberation", "request composition",
    }  # fmt: skip


def test_what_judges_content_is_no_chat_model_and_its_description_shows_it() -> None:
    subject = listed(GUARD)
    assert abilities_of(subject)[0] == "content moderation"
    assert "multi-turn chat" not in abilities_of(subject)
    (bird,) = gather([listing(description="Heron 3 is a model of a bird.", name="Heron 3")]).subjects
    assert "multi-turn chat" in abilities_of(bird)
    unfragile = statement(listing(description=GUARD, name="Heron Guard 3"))
    assert unfragile["artifact"]["categories"] == ["data-analysis"]
    (shown,) = (entry for entry in unfragile["evidence"] if entry["path"] == "/capabilities/0")
    assert (shown["locator"], shown["quote"], shown["method"]) == ("/description", GUARD, "pattern")
    assert (
        "its description states that it is made to judge content; expect a verdict, not an answer"
        in (unfragile["capabilities"][0]["limitations"])
    )


@pytest.mark.parametrize("tags", [["conversational"], []])
def test_a_card_says_that_its_model_judges_content(tags: list[str]) -> None:
    held = hub_repository(pipeline_tag="text-generation", tags=tags)
    name = held.id.partition("/")[2]
    spoken = hub_card(f"# {name}\n\n{name} is a content safety model built upon another.\n\n## Use\n\nAsk it.\n")
    (alone,) = gather([held]).subjects
    (reported,) = gather([held], joined=[Joined(held.slug, spoken, "stated")]).subjects
    assert "content moderation" not in abilities_of(alone)
    assert abilities_of(reported)[0] == "content moderation"
    assert not {"multi-turn chat", "text generation"} & {*abilities_of(reported)}


def test_a_card_is_not_believed_of_what_its_model_can_do() -> None:
    spoken = hub_card("# Heron\n\nIt is a router that picks one of many models. It is a music generation model.\n")
    assert not [fact.name for fact in spoken.facts if fact.name.startswith("described:")]


def test_a_router_that_has_a_price_is_recognised_by_its_description() -> None:
    stated = "Heron Guard's router reads your prompt and directs it to the best AI of its library."
    subject = listed(stated, id="heron-lab/router")
    assert abilities_of(subject) == ["model routing"]
    unfragile = statement(listing(description=stated, name="Heron Guard", id="heron-lab/router"))
    assert (unfragile["artifact"]["type"], unfragile["artifact"]["categories"]) == ("api", ["llm-apis"])
    assert any("which model answers is not fixed" in text for text in unfragile["trust"]["failure_modes"])


def test_what_makes_music_does_not_chat_about_it() -> None:
    stated = "Heron Guard 3 is Heron Lab's family of music generation models, sold by the song."
    abilities = abilities_of(listed(stated, **MUSIC))
    assert "sound generation" in abilities
    assert not {"multi-turn chat", "audio output", "image understanding", "very long context"} & {*abilities}
    (speaker, writer) = (
        gather([listing(description=text, name="Heron 3", **changes)]).subjects[0]
        for text, changes in (("It answers aloud.", MUSIC), (stated.replace(" Guard", ""), {}))
    )
    assert {"multi-turn chat", "audio output"} <= {*abilities_of(speaker)}
    assert "multi-turn chat" in abilities_of(writer)


ROUTED: dict[str, Any] = {
    "pricing": {"prompt": "-1", "completion": "-1"},
    "architecture.tokenizer": "Router",
    "architecture.input_modalities": ["text", "image", "audio", "file", "video"],
    "architecture.output_modalities": ["text", "image"],
    "supported_parameters": ["tools", "reasoning", "seed", "structured_outputs", "logprobs", "web_search_options"],
    "context_length": 2_000_000,
    "top_provider": {},
}


@pytest.mark.parametrize(
    ("description", "does"),
    [
        ("Your prompt goes to one of dozens of models.", "model routing"),
        ("Heron turns your prompt into a small multi-model deliberation.", "multi-model deliberation"),
        ("Transform your natural language requests into Heron API request objects.", "request composition"),
    ],
)
@pytest.mark.parametrize("changes", [ROUTED, {**ROUTED, "pricing": {"prompt": "0", "completion": "0"}}])
def test_a_router_has_no_ability_of_the_models_behind_it(description: str, does: str, changes: dict[str, Any]) -> None:
    (router,) = gather([listing(description=description, name="Heron", id="heron-lab/auto", **changes)]).subjects
    assert abilities_of(router) == [does]


@pytest.mark.parametrize(
    ("description", "does"),
    [
        ("Heron 3 is a model, fine-tuned for content safety classification.",
        ["content moderation", "image moderation"]),
        ("Heron's fastest apply model for code edits.", ["code editing"]),
        ("The Heron 3 model uses tools in parallel to explore a codebase and return relevant files.",
        ["codebase search"]),
        ("This model is a variant of Heron, omitting chat-related optimizations.", ["prompt completion"]),
    ],
)  # fmt: skip
def test_what_does_one_task_neither_chats_nor_reads_books_nor_answers_about_pictures(
    description: str, does: list[str]
) -> None:
    seeing = {"architecture.input_modalities": ["text", "image", "video"], "supported_parameters": []}
    wide = {"context_length": 1_048_576, "top_provider": {}}
    (one,) = gather([listing(description=description, name="Heron 3", **seeing, **wide)]).subjects
    assert abilities_of(one) == does
    (chat,) = gather([listing(description="Heron 3 is new.", name="Heron 3", **seeing, **wide)]).subjects
    assert {"multi-turn chat", "image understanding", "very long context"} <= {*abilities_of(chat)}


@pytest.mark.parametrize(
    ("sentence", "stated"),
    [
        ("Heron Guard 3 is deprecated.", ["limit:deprecated-model"]),
        ("Heron Guard 3 supports tool calling.", ["described:tool calling"]),
        ("Qwen 2.5 supports tool calling.", []),
        ("GPT-4 is no longer available.", []),
        ("Heron Guard 3 outperforms models that support tool calling.", []),
    ],
)
def test_a_description_speaks_of_its_model_by_name_and_of_others_by_theirs(sentence: str, stated: list[str]) -> None:
    assert [fact.name for fact in description_facts(sentence, "/description", HERON)] == stated


def test_a_listing_of_a_family_that_others_compare_with_has_its_own_name() -> None:
    value = "GPT-4 is no longer available. GPT-4 supports tool calling."
    stated = listing(id="openai/gpt-4", name="OpenAI: GPT-4", description=value).facts
    assert {"limit:deprecated-model", "described:tool calling"} <= {fact.name for fact in stated}


@pytest.mark.parametrize(
    ("subject", "own"),
    [
        ("It", True), ("Our models", True), ("Heron Guard", True), ("heron-guard-3-8b and heron-guard-3-70b", True),
        ("The Heron Guard 3 series", True), ("Heron", True), ("Kestrel", False), ("Heron Sonnet", False),
    ],
)  # fmt: skip
def test_a_subject_is_the_model_itself_or_another(subject: str, *, own: bool) -> None:
    assert is_own(subject, HERON) is own


@pytest.mark.parametrize("sentence", ["Is a router that picks models.", "Heron Guard 3 is a router that picks models."])
@pytest.mark.parametrize("signs", ["", "- ", "... ", "\u2014 * "])
def test_signs_before_a_subject_are_passed_over(signs: str, sentence: str) -> None:
    found = kinds_in(signs + sentence, HERON)
    assert ("capability", "model routing") in found if signs or sentence[0] == "H" else not found


@pytest.mark.parametrize("unit", [" - ", " #", "- ", ".", " (", ", -"])
def test_sentences_of_signs_take_no_longer(unit: str) -> None:
    ends = "this router classifies guard content, a safety model and coder that is pretrained"
    begun = time.process_time()
    for number in range(100):
        kinds_in(unit * (1000 // len(unit)) + f" {ends} {number}", HERON)
    assert time.process_time() - begun < 0.5


@given(st.text(max_size=100))
def test_any_sentence_can_be_read_in_its_own_name(sentence: str) -> None:
    assert in_own_name(sentence, names_of()) == sentence
    assert in_own_name("Heron Guard 3 is old." + sentence, HERON) == "This model is old." + sentence


@pytest.mark.recordings
def test_the_kinds_of_the_recorded_listings() -> None:
    found = {
        (record["id"].partition(":")[0], claim.name)
        for day in recorded_days()
        for record in openrouter_models(day)
        for claim in read_description(record.get("description") or "", names_of(record["id"], record["name"]))
        if claim.name in {"judges-content", "model routing", "sound generation"}
    }
    assert found == {
        ("meta-llama/llama-guard-2-8b", "judges-content"), ("meta-llama/llama-guard-3-8b", "judges-content"),
        ("meta-llama/llama-guard-4-12b", "judges-content"), ("openai/gpt-oss-safeguard-20b", "judges-content"),
        ("nvidia/nemotron-3.5-content-safety", "judges-content"), ("switchpoint/router", "model routing"),
        ("google/lyria-3-clip-preview", "sound generation"), ("google/lyria-3-pro-preview", "sound generation"),
    }  # fmt: skip
