"""What is true of a kind of model is stated of that kind alone."""

import re
from typing import Any

import pytest

from pipelines.enrich.profile import enrich
from pipelines.enrich.status import ALIVE
from pipelines.merge.gather import gather
from pipelines.merge.joins import Joined
from pipelines.merge.subject import Subject
from tests.pipelines.enrich.test_catalogue import MODES, TASKS, abilities_of, hub_subject, limits_of
from tests.support.listings import listing
from tests.support.repositories import repository


def modes_of(subject: Subject) -> set[str]:
    """Class-level modes of a model, by their ids."""
    texts = limits_of(subject)
    return {mode.id for mode in MODES if not mode.stated and "{" not in mode.text and mode.text in texts}


@pytest.mark.parametrize(
    ("task", "moderated"),
    [
        ("text-generation", True), ("translation", True), ("text-to-image", True), ("text-to-speech", True),
        ("image-to-video", True), ("object-detection", False), ("feature-extraction", False), ("fill-mask", False),
        ("image-segmentation", False), ("text-classification", False), ("automatic-speech-recognition", False),
    ],
)  # fmt: skip
def test_whoever_runs_it_moderates_what_is_generated_and_nothing_else(task: str, *, moderated: bool) -> None:
    assert ("operator-moderates" in modes_of(hub_subject(pipeline_tag=task))) is moderated
    assert "operator-moderates" not in modes_of(hub_subject(pipeline_tag=task, siblings=[{"rfilename": "README.md"}]))


def test_a_model_that_is_sold_is_not_stated_to_be_moderated_by_its_operator_alone() -> None:
    assert "operator-moderates" not in modes_of(gather([listing()]).subjects[0])


@pytest.mark.parametrize("task", ["text-to-audio", "audio-to-audio"])
def test_sound_imitates_nobody_where_no_speech_is_stated(task: str) -> None:
    stated = modes_of(hub_subject(pipeline_tag=task))
    assert "voice-cloning" not in stated
    assert "synthetic-media" in stated


@pytest.mark.parametrize(
    ("changes", "cloning"),
    [
        ({"architecture.output_modalities": ["text", "audio"]}, False),
        ({"architecture.output_modalities": ["text", "audio"], "supported_voices": ["alto"]}, True),
        ({"architecture.output_modalities": ["speech"]}, True),
    ],
)
def test_a_voice_can_be_imitated_where_speech_is_stated(changes: dict[str, Any], *, cloning: bool) -> None:
    stated = modes_of(gather([listing(**changes)]).subjects[0])
    assert ("voice-cloning" in stated) is cloning
    assert "synthetic-media" in stated or "speech" in changes["architecture.output_modalities"]


def test_what_was_embedded_is_what_can_be_recovered() -> None:
    inverted = {"embedding-inversion", "image-embedding-inversion"}
    of_images = {"architecture.input_modalities": ["image"], "architecture.output_modalities": ["embeddings"]}
    sold = gather([listing(**of_images, supported_parameters=[])]).subjects[0]
    assert modes_of(hub_subject(pipeline_tag="image-feature-extraction")) & inverted == {"image-embedding-inversion"}
    assert modes_of(hub_subject(pipeline_tag="feature-extraction")) & inverted == {"embedding-inversion"}
    assert (abilities_of(sold), modes_of(sold) & inverted) == (["image embedding"], {"image-embedding-inversion"})


@pytest.mark.parametrize("task", TASKS)
def test_weights_that_are_run_at_home_need_nothing_of_an_endpoint(task: str) -> None:
    for capability in enrich(hub_subject(pipeline_tag=task), artifact_id="heron", life=ALIVE).capabilities:
        assert not re.search(
            r"\b(endpoint|API|URLs?|base64)\b", " ".join([*capability["requires"], *capability["best_for"]])
        )


def test_a_listed_model_that_its_weights_call_a_translator_may_serve_several_languages() -> None:
    held = repository(pipeline_tag="translation", tags=["en", "fr"])
    (sold,) = gather([listing()], joined=[Joined("heron-lab-heron-7b", held, "stated")]).subjects
    assert "multilingual use" in abilities_of(sold)


@pytest.mark.parametrize("outputs", [["audio"], ["embeddings"], ["rerank"], ["image"], ["transcription"]])
def test_what_gives_no_text_holds_no_conversation(outputs: list[str]) -> None:
    sold = listing(**{"architecture.output_modalities": outputs})
    assert "multi-turn chat" not in abilities_of(gather([sold]).subjects[0])
