"""What models of each kind can do and how they fail, by the two catalogues."""

from itertools import chain
from statistics import median
from typing import Any

import pytest

from pipelines.enrich.profile import enrich
from pipelines.enrich.status import ALIVE
from pipelines.enrich.templates import fill
from pipelines.merge.gather import gather
from pipelines.merge.joins import Joined
from pipelines.merge.subject import Subject
from pipelines.normalise.huggingface.vocabulary import PIPELINE_TAGS, TOLD_TAGS
from pipelines.normalise.openrouter.vocabulary import INPUT_MODALITIES, OUTPUT_MODALITIES, PARAMETERS
from pipelines.rules.rulebook import rulebook
from tests.support.hub_records import absence
from tests.support.hub_records import card as hub_card
from tests.support.hub_records import repository as hub_repository
from tests.support.listings import admitted, listing, raw, raw_body
from tests.support.recordings import hub_items, openrouter_models, recorded_days
from tests.support.repositories import repository

MODES = rulebook().failure_modes.failure_mode
TASKS = sorted(set(PIPELINE_TAGS) - {"other", "biology"})


def hub_subject(**changes: Any) -> Subject:
    (only,) = gather([repository(**changes)]).subjects
    return only


def abilities_of(subject: Subject) -> list[str]:
    return [capability["name"] for capability in enrich(subject, artifact_id="heron", life=ALIVE).capabilities]


@pytest.mark.recordings
def test_every_word_of_the_recorded_listings_and_repositories_is_known() -> None:
    for record in chain.from_iterable(openrouter_models(day) for day in recorded_days()):
        assert set(record["architecture"]["input_modalities"]) <= set(INPUT_MODALITIES)
        assert set(record["architecture"]["output_modalities"]) <= set(OUTPUT_MODALITIES)
        assert set(record["supported_parameters"]) <= set(PARAMETERS)
    tasks = {item["pipeline_tag"] for item in hub_items() if item.get("pipeline_tag")}
    assert tasks <= set(PIPELINE_TAGS)
    assert len(tasks) > 40


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("tags", [[], ["conversational"]])
def test_every_task_of_the_hub_gives_a_capability_and_none_twice(task: str, tags: list[str]) -> None:
    names = abilities_of(hub_subject(pipeline_tag=task, tags=tags))
    assert names
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"pipeline_tag": "text-generation"}, ["text generation", "self-hosting"]),
        ({"pipeline_tag": "text-generation", "tags": ["conversational"]}, ["multi-turn chat", "self-hosting"]),
        ({"pipeline_tag": "conversational"}, ["multi-turn chat", "self-hosting"]),
        ({"pipeline_tag": "sentence-similarity"}, ["text embedding", "self-hosting"]),
        ({"pipeline_tag": "feature-extraction", "tags": ["en", "fr"]},
         ["text embedding", "multilingual use", "self-hosting"]),
        ({"pipeline_tag": "translation", "tags": ["en", "fr"]}, ["translation", "self-hosting"]),
        ({"pipeline_tag": "text-classification", "tags": ["Moderation", "en"]},
         ["content moderation", "text classification", "self-hosting"]),
        ({"pipeline_tag": "image-text-to-text", "tags": ["conversational", "tool-use"]},
         ["multi-turn chat", "tool calling", "image understanding", "self-hosting"]),
        ({"pipeline_tag": "fill-mask", "tags": ["code"]}, ["masked word prediction", "self-hosting"]),
        ({"pipeline_tag": "feature-extraction", "tags": ["code", "math", "roleplay"]},
         ["text embedding", "self-hosting"]),
        ({"pipeline_tag": "text-generation", "tags": ["code", "math", "roleplay"]},
         ["text generation", "code generation", "mathematics", "role-play", "self-hosting"]),
        ({"tags": ["code"], "pipeline_tag": None}, ["code generation", "self-hosting"]),
        ({"pipeline_tag": "other"}, ["self-hosting"]), ({"pipeline_tag": "telepathy"}, ["self-hosting"]),
        ({"pipeline_tag": "text-generation", "siblings": [{"rfilename": "README.md"}]}, ["text generation"]),
    ],
)  # fmt: skip
def test_a_repository_can_do_what_its_task_and_tags_say(changes: dict[str, Any], names: list[str]) -> None:
    assert abilities_of(hub_subject(**changes)) == names


def test_a_bare_embedding_model_has_two_or_three_capabilities() -> None:
    sold = {"architecture.output_modalities": ["embeddings"], "supported_parameters": []}
    assert abilities_of(gather([listing(**sold)]).subjects[0]) == ["text embedding", "document embedding"]
    assert abilities_of(gather([listing(**sold, context_length=512, top_provider={})]).subjects[0])[1:] == [
        "passage embedding"
    ]


@pytest.mark.recordings
def test_a_recorded_chat_model_has_some_capabilities_and_not_every_one() -> None:
    subjects = gather(admitted(raw(model)) for model in openrouter_models("2026-04-22")).subjects
    found = [names for names in map(abilities_of, subjects) if "multi-turn chat" in names]
    assert 6 <= median(map(len, found)) <= 12
    assert all(len(set(names)) == len(names) for names in found)


def test_a_listing_goes_before_the_task_of_its_weights() -> None:
    held = repository(pipeline_tag="image-text-to-text", tags=["conversational", "code"])
    (sold,) = gather([listing()], joined=[Joined("heron-lab-heron-7b", held, "stated")]).subjects
    assert abilities_of(sold) == abilities_of(gather([listing()]).subjects[0])


@pytest.mark.parametrize(
    ("changes", "mode"),
    [
        ({"tags": ["custom_code"]}, "runs-repository-code"), ({"tags": ["pytorch"]}, "pickled-weights"),
        ({"tags": ["base_model:quantized:heron-lab/heron-7b"]}, "quantized-weights"),
        ({"tags": ["base_model:adapter:heron-lab/heron-7b"]}, "adapter-needs-base"),
        ({"tags": ["base_model:merge:heron-lab/heron-7b"]}, "merged-weights"),
        ({"gated": "auto"}, "gated-weights"), ({"disabled": True}, "repository-disabled"),
        ({"tags": ["en"]}, "licence-unstated"),
    ],
)  # fmt: skip
def test_a_repository_shows_how_it_fails(changes: dict[str, Any], mode: str) -> None:
    texts = {one.id: one.text.format(gated="auto") for one in MODES if one.id == mode}
    quiet = {"tags": ["license:mit", "safetensors"]}
    stated, unsaid = hub_subject(**{**quiet, **changes}), hub_subject(**quiet)
    assert texts[mode] in limits_of(stated)
    assert texts[mode] not in limits_of(unsaid)


def test_a_licence_that_is_among_the_files_is_stated() -> None:
    (text,) = (one.text for one in MODES if one.id == "licence-unstated")
    files = [{"rfilename": "LICENSE"}, {"rfilename": "model.safetensors"}]
    assert text in limits_of(hub_subject(tags=[], siblings=files[1:]))
    assert text not in limits_of(hub_subject(tags=[], siblings=files))


def test_a_repository_that_the_hub_shows_nobody_is_stated_to_be_hidden_while_none_is_seen() -> None:
    (text,) = (one.text for one in MODES if one.id == "repository-not-shown")
    asked = Joined("heron-lab-heron-7b", absence(), "stated")
    (hidden,) = gather([listing()], joined=[asked]).subjects
    (seen,) = gather([listing()], joined=[asked, Joined("heron-lab-heron-7b", hub_repository(), "stated")]).subjects
    assert (text in limits_of(hidden), text in limits_of(seen)) == (True, False)


@pytest.mark.parametrize(
    ("value", "twin"),
    [
        ("It has not undergone any safety alignment and has no moderation mechanisms.", "operator-moderates"),
        ("It does not perform well in other languages.", "uneven-languages"),
    ],
)
def test_what_a_card_states_is_not_stated_again_of_the_class(value: str, twin: str) -> None:
    (text,) = (one.text for one in MODES if one.id == twin)
    spoken = hub_card(f"## Limitations\n\n{value}\n")
    batch = [hub_repository(siblings=[{"rfilename": "heron.safetensors"}])]
    assert text in limits_of(gather(batch).subjects[0])
    (held,) = gather(batch, joined=[Joined(batch[0].slug, spoken, "stated")]).subjects
    assert text not in limits_of(held)


def limits_of(subject: Subject) -> list[str]:
    capabilities = enrich(subject, artifact_id="heron", life=ALIVE).capabilities
    return [text for capability in capabilities for text in capability["limitations"]]


def test_safetensors_beside_pytorch_files_is_no_risk() -> None:
    stated = limits_of(hub_subject(tags=["pytorch", "safetensors", "license:mit"]))
    assert stated == limits_of(hub_subject(tags=["license:mit"]))
    assert {"pytorch", "safetensors"} <= TOLD_TAGS


def test_what_a_card_states_comes_before_what_is_true_of_the_class() -> None:
    card = admitted(
        raw_body(
            "# Limits\n\n## Limitations\n\nHeron may hallucinate facts.\n",
            id="Heron-Lab/Heron-7B",
            source="huggingface-card",
        )
    )
    (held,) = gather([repository()], joined=[Joined("heron-lab--heron-7b", card, "stated")]).subjects
    (mode,) = (one for one in MODES if one.id == "stated-confabulation")
    classes = [one.text for one in MODES if not one.stated]
    reported, stated = limits_of(held), fill(mode.text, held.claims)
    assert stated in reported
    assert all(reported.index(stated) < reported.index(text) for text in classes if text in reported)


@pytest.mark.recordings
def test_every_recorded_repository_has_each_capability_once_and_by_its_task() -> None:
    for item in hub_items():
        names = abilities_of(hub_subject(**{"siblings": None, "tags": [], "pipeline_tag": None, **item}))
        assert len(set(names)) == len(names) <= 8, item["id"]
        assert names or not item.get("pipeline_tag"), item["id"]


def test_every_capability_that_a_model_has_first_says_how_it_fails() -> None:
    for task in TASKS:
        capabilities = enrich(hub_subject(pipeline_tag=task), artifact_id="heron", life=ALIVE).capabilities
        assert capabilities[0]["limitations"], task
