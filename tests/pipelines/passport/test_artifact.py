from typing import Any

import pytest

from pipelines.enrich.classification import access
from pipelines.enrich.status import ALIVE
from pipelines.merge.gather import gather
from pipelines.merge.joins import Joined
from pipelines.passport.artifact import artifact_block
from pipelines.passport.links import Issuer
from tests.support.listings import admitted, listing, raw, record, statement, subject, unshown
from tests.support.recordings import openrouter_models, sample_passport
from tests.support.repositories import repository

ROUTED = {"prompt": "-1", "completion": "-1"}
KEY = "an OpenRouter API key"
WEIGHTS = "the weights from the Hugging Face Hub, and hardware that runs them"
TERMS_OF_USE = "acceptance of the repository's terms on the Hub"


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


@pytest.mark.parametrize(
    ("pricing", "model"),
    [({"prompt": "0", "completion": "0"}, "free"), ({"prompt": "1e-6", "completion": "0"}, "paid")],
)
def test_a_router_that_states_a_price_is_an_api_at_that_price(pricing: dict[str, str], model: str) -> None:
    block = artifact(pricing=pricing, **{"architecture.tokenizer": "Router"})
    assert (block["type"], block["categories"], block["pricing"]["model"]) == ("api", ["llm-apis"], model)
    assert block["model"]["prices"]


NOTHING = {"prompt": "0", "completion": "0"}


@pytest.mark.parametrize(
    ("outputs", "pricing", "model"),
    [
        (["text", "audio"], NOTHING, "unknown"), (["image"], NOTHING, "unknown"), (["video"], NOTHING, "unknown"),
        (["speech"], NOTHING, "unknown"), (["image"], {**NOTHING, "image": "0", "request": "0"}, "unknown"),
        (["text", "image"], {**NOTHING, "image_output": "0"}, "free"), (["text"], NOTHING, "free"),
        (["text", "audio"], {**NOTHING, "audio_output": "0"}, "free"), (["embeddings"], NOTHING, "free"),
        (["text", "audio"], {"prompt": "0", "completion": "1e-6"}, "paid"),
    ],
)  # fmt: skip
def test_prices_of_nothing_speak_only_of_what_they_are_for(
    outputs: list[str], pricing: dict[str, str], model: str
) -> None:
    block = artifact(pricing=pricing, **{"architecture.output_modalities": outputs})
    assert block["pricing"] == {"model": model, "free": model == "free", "starting_price": None}
    assert [offer["free"] for offer in block["model"]["offers"]] == [model == "free"]


def test_an_offer_that_calls_itself_free_is_free_whatever_it_makes() -> None:
    free = listing(id="heron-lab/heron-7b:free", pricing=NOTHING, **{"architecture.output_modalities": ["image"]})
    assert statement(free)["artifact"]["pricing"]["model"] == "free"


def test_a_price_that_is_left_open_is_unknown_and_shown_by_what_is_made() -> None:
    made = raw(record(pricing=NOTHING, **{"architecture.output_modalities": ["text", "audio"]}))
    unfragile = statement(admitted(made))
    shown = [entry for entry in unfragile["evidence"] if entry["path"] == "/artifact/pricing/model"]
    assert [(entry["locator"], entry["value"]) for entry in shown] == [
        ("/pricing/prompt", "0"), ("/architecture/output_modalities/1", "audio"),
    ]  # fmt: skip
    assert unshown(unfragile, [made]) == []
    assert "/artifact/pricing/starting_price" in [unknown["path"] for unknown in unfragile["unknowns"]]
    of = unfragile["trust"]["coverage"]
    assert of["stated"] + len(unfragile["unknowns"]) == of["of"]


def test_the_price_of_the_model_is_not_that_of_its_free_offer() -> None:
    free = listing(id="heron-lab/heron-7b:free", pricing={"prompt": "0", "completion": "0"})
    assert statement(listing(), free)["artifact"]["pricing"]["model"] == "paid"
    assert statement(free)["artifact"]["pricing"] == {"model": "free", "free": True, "starting_price": None}
    assert statement(free)["artifact"]["url"] == "https://openrouter.ai/models/heron-lab~heron-7b"
    assert subject(free).slug == "heron-lab-heron-7b"


def test_the_block_of_a_repository_follows_the_rules_of_the_format() -> None:
    made = statement(repository(tags=[f"tag-{n}" for n in range(25)]))["artifact"]
    del made["model"]
    assert made == {
        "id": "hf-model-heron-lab--heron-7b",
        "slug": "heron-lab--heron-7b",
        "name": "Heron-7B",
        "type": "model",
        "url": "https://huggingface.co/Heron-Lab/Heron-7B",
        "page_url": "https://registry.example/heron-lab--heron-7b",
        "categories": ["chatbots-assistants"],
        "tags": [f"tag-{n}" for n in range(20)],
        "pricing": {"model": "free", "free": True, "starting_price": None},
        "status": "active",
        "verified": False,
    }


def test_a_repository_without_tags_or_owner_has_a_block_too() -> None:
    made = statement(repository(id="heron", tags=None))["artifact"]
    assert (made["id"], made["url"], made["tags"]) == ("hf-model-heron", "https://huggingface.co/heron", [])


@pytest.mark.parametrize(
    ("task", "category"),
    [
        ("text-generation", "chatbots-assistants"), ("image-text-to-text", "chatbots-assistants"),
        ("text-to-image", "image-generation"), ("text-to-3d", "image-generation"),
        ("image-to-video", "video-generation"), ("automatic-speech-recognition", "voice-audio"),
        ("sentence-similarity", "research-search"), ("text-ranking", "research-search"),
        ("zero-shot-classification", "data-analysis"), ("object-detection", "data-analysis"),
        ("time-series-forecasting", "data-analysis"), ("robotics", "ai-agents"), ("telepathy", "uncategorised"),
        (None, "uncategorised"), ("other", "uncategorised"),
    ],
)  # fmt: skip
def test_the_category_of_a_repository_follows_its_task(task: str | None, category: str) -> None:
    assert statement(repository(pipeline_tag=task))["artifact"]["categories"] == [category]


def test_what_a_listing_gives_decides_its_category_and_not_the_task_of_its_weights() -> None:
    held = repository(pipeline_tag="text-to-image")
    (sold,) = gather([listing()], joined=[Joined("heron-lab-heron-7b", held, "stated")]).subjects
    block = artifact_block(sold, issuer=Issuer("x", "https://x"), life=ALIVE)
    assert (block["categories"], block["pricing"]["model"]) == (["chatbots-assistants"], "paid")


def test_a_disabled_repository_is_deprecated_and_its_record_shows_it() -> None:
    unfragile = statement(repository(disabled=True))
    shown = next(entry for entry in unfragile["evidence"] if entry["path"] == "/artifact/status")
    assert unfragile["artifact"]["status"] == unfragile["trust"]["maintenance"]["status"] == "deprecated"
    assert (shown["locator"], shown["value"]) == ("/disabled", True)


@pytest.mark.parametrize("gated", [False, "manual"])
def test_weights_of_ones_own_keep_what_they_are_given(gated: object) -> None:
    unfragile = statement(repository(gated=gated))
    shown = [entry for entry in unfragile["evidence"] if entry["path"] == "/trust/data_access_risk"]
    assert unfragile["trust"]["data_access_risk"] == "low"
    assert [entry["locator"] for entry in shown] == ["/risk/own-hardware", "/id"]


def test_what_costs_nothing_is_shown_by_the_repository() -> None:
    evidence = {entry["path"]: entry for entry in statement(repository())["evidence"]}
    assert evidence["/artifact/pricing/model"]["value"] == "Heron-Lab/Heron-7B"


def test_access_is_by_who_offers_the_model() -> None:
    held = repository(gated="auto")
    (sold,) = gather([listing()], joined=[Joined("heron-lab-heron-7b", held, "stated")]).subjects
    assert access(subject(listing())) == access(sold) == (KEY,)
    assert access(subject(repository())) == (WEIGHTS,)
    assert access(subject(held)) == (WEIGHTS, TERMS_OF_USE)


def test_every_capability_needs_access_first_and_permissions_name_it_once() -> None:
    sold, held = statement(listing()), statement(repository(gated="auto"))
    assert all(capability["requires"][0] == KEY for capability in sold["capabilities"])
    assert all(capability["requires"][:2] == [WEIGHTS, TERMS_OF_USE] for capability in held["capabilities"])
    assert sold["trust"]["permissions"].count(KEY) == 1
    assert sold["trust"]["permissions"][0] == KEY


@pytest.mark.recordings
def test_the_block_of_the_sample_model_equals_the_samples_key_for_key() -> None:
    record = next(record for record in openrouter_models("2026-04-22") if record["id"] == "qwen/qwq-32b")
    ours = artifact_block(subject(admitted(raw(record))), issuer=Issuer("x", "https://unfragile.ai"), life=ALIVE)
    del ours["model"]
    published = sample_passport()["passport"]["unfragile"]["artifact"]
    assert list(ours) == list(published)
    assert ours == published
