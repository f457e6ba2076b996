from typing import Any

import pytest

from pipelines.artifact import Issuer, artifact_block
from pipelines.life import ALIVE
from tests.pipelines.listings import admitted, listing, raw, statement, subject
from tests.recordings import openrouter_models, sample_passport

ROUTED = {"prompt": "-1", "completion": "-1"}


def artifact(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = statement(listing(**changes))["artifact"]
    return made


def test_the_block_follows_the_rules_of_the_format() -> None:
    made = artifact(id="heron-lab/heron-3.7b", name="Heron Lab: Heron ")
    del made["model"]
    assert made == {
        "id": "openrouter-heron-lab-heron-3.7b",
        "slug": "heron-lab-heron-3.7b",
        "name": "Heron Lab: Heron ",
        "type": "model",
        "url": "https://openrouter.ai/models/heron-lab~heron-3.7b",
        "page_url": "https://registry.example/heron-lab-heron-3.7b",
        "categories": ["chatbots-assistants"],
        "tags": ["heron-lab", "api-access", "text"],
        "pricing": {"model": "paid", "free": False, "starting_price": "$2.00e-7 per prompt token"},
        "status": "active",
        "verified": False,
    }


@pytest.mark.parametrize(
    ("inputs", "tags"),
    [
        (["video", "audio", "file", "image", "text"], ["text", "image", "audio", "video"]),
        (["image"], ["image"]), (["file", "smell"], []), ([], []),
    ],
)  # fmt: skip
def test_tags_are_author_access_and_the_inputs_in_one_order(inputs: list[str], tags: list[str]) -> None:
    assert artifact(**{"architecture.input_modalities": inputs})["tags"] == ["heron-lab", "api-access", *tags]


@pytest.mark.parametrize(
    ("outputs", "category"),
    [
        (["text"], "chatbots-assistants"), (["text", "image"], "image-generation"), (["video"], "video-generation"),
        (["speech"], "voice-audio"), (["transcription"], "voice-audio"), (["text", "audio"], "voice-audio"),
        (["embeddings"], "research-search"), (["rerank"], "research-search"), (["smell"], "chatbots-assistants"),
    ],
)  # fmt: skip
def test_the_category_follows_the_outputs(outputs: list[str], category: str) -> None:
    assert artifact(**{"architecture.output_modalities": outputs})["categories"] == [category]


def test_an_input_image_makes_no_image_generator() -> None:
    assert artifact(**{"architecture.input_modalities": ["text", "image"]})["categories"] == ["chatbots-assistants"]


@pytest.mark.parametrize(
    ("pricing", "shown"),
    [
        (ROUTED, ("usage", False, None)),
        ({"prompt": "0", "completion": "0"}, ("free", True, None)),
        ({"prompt": "0", "completion": "0", "request": "0.00"}, ("free", True, None)),
        ({"prompt": "0", "completion": "0.1"}, ("paid", False, None)),
        ({"prompt": "0", "completion": "0", "image": "0.04"}, ("paid", False, None)),
        ({"prompt": "0.0000000208333333333333", "completion": "0"}, ("paid", False, "$2.08e-8 per prompt token")),
        (
            {"prompt": "1e-6", "completion": "1e-6", "overrides": [{"min_prompt_tokens": 1, "prompt": "9e-6"}]},
            ("paid", False, "$1.00e-6 per prompt token"),
        ),
    ],
)
def test_pricing_is_what_a_prompt_token_costs_where_it_is_known(
    pricing: dict[str, Any], shown: tuple[Any, ...]
) -> None:
    assert tuple(artifact(pricing=pricing)["pricing"].values()) == shown


def test_a_router_is_an_api_without_a_price_and_prices_are_unknown() -> None:
    unfragile = statement(listing(pricing=ROUTED))
    assert unfragile["artifact"]["type"] == "api"
    assert unfragile["artifact"]["categories"] == ["llm-apis"]
    assert unfragile["artifact"]["model"]["prices"] == []
    assert "/artifact/model/prices" in [unknown["path"] for unknown in unfragile["unknowns"]]


def test_the_price_of_the_model_is_not_that_of_its_free_offer() -> None:
    free = listing(id="heron-lab/heron-7b:free", pricing={"prompt": "0", "completion": "0"})
    assert statement(listing(), free)["artifact"]["pricing"]["model"] == "paid"
    assert statement(free)["artifact"]["pricing"] == {"model": "free", "free": True, "starting_price": None}
    assert statement(free)["artifact"]["url"] == "https://openrouter.ai/models/heron-lab~heron-7b"
    assert subject(free).slug == "heron-lab-heron-7b"


@pytest.mark.recordings
def test_the_block_of_the_sample_model_equals_the_samples_key_for_key() -> None:
    record = next(record for record in openrouter_models("2026-04-22") if record["id"] == "qwen/qwq-32b")
    ours = artifact_block(subject(admitted(raw(record))), issuer=Issuer("x", "https://unfragile.ai"), life=ALIVE)
    del ours["model"]
    published = sample_passport()["passport"]["unfragile"]["artifact"]
    assert list(ours) == list(published)
    assert ours == published
