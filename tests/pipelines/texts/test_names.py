"""What a model is, as its own name says: a preview, a judge of content, a translator, a reranker."""

from typing import Any

import pytest

from pipelines.texts.names import name_facts
from tests.pipelines.enrich.test_catalogue import abilities_of, hub_subject
from tests.support.listings import listing, statement
from tests.support.repositories import repository


@pytest.mark.parametrize(
    ("name", "task", "stated"),
    [
        ("Heron Lab: Heron 3 Pro Preview", "any", ["limit:preview-release"]),
        ("Heron Lab: Heron 3 Preview 09-2026", "any", ["limit:preview-release"]),
        ("Heron (alpha)", "any", ["limit:preview-release"]), ("heron/Heron-3-Beta", None, ["limit:preview-release"]),
        ("heron/heron_experimental", "image-to-video", ["limit:preview-release"]),
        ("Heron V3.2 Exp", "any", ["limit:preview-release"]), ("heron/heron-exp-512", "fill-mask", []),
        ("heron/AlphaHeron", "fill-mask", []), ("heron/previewer", None, []), ("heron/projectalpha22", None, []),
        ("heron/Heron3Guard-Gen-4B", "text-generation", ["limit:judges-content"]),
        ("heron/Heron-Prompt-Guard-86M", "text-classification", ["limit:judges-content"]),
        ("heron/heron-guardian-4.1", "text-generation", ["limit:judges-content"]),
        ("heron/shieldgemma-2b", "text-generation", ["limit:judges-content"]),
        ("heron/royal-guard-lora", "text-to-image", []), ("heron/heron-guard", None, []),
        ("heron/vanguard-7b", "text-generation", []), ("heron/guarda-film", "text-generation", []),
        ("heron/translategemma-4b-it", "image-text-to-text", ["named:translation"]),
        ("heron/opus-mt-en-ro-tuned", "text2text-generation", ["named:translation"]),
        ("heron/mt5-translate-yue-zh", "text2text-generation", ["named:translation"]),
        ("heron/lost-in-translation", "text-to-image", []),
        ("heron/bge-reranker-v2", "text-classification", ["named:reranking"]),
        ("heron/Heron-Reranker-0.6B", "text-generation", ["named:reranking"]), ("heron/ranker", "text-ranking", []),
        ("heron/speaker-diarization-3.1", "automatic-speech-recognition", ["named:speaker diarisation"]),
        ("heron/Heron-7B", "text-generation", []), ("", "any", []),
    ],
)  # fmt: skip
def test_a_name_says_what_its_model_is(name: str, task: str | None, stated: list[str]) -> None:
    assert [fact.name for fact in name_facts(name, "/name", task)] == stated


@pytest.mark.parametrize(
    ("name", "task", "tags", "does"),
    [
        ("Heron3Guard-4B", "text-generation", ["conversational"], ["content moderation"]),
        ("heron-guardian-8b", "text-generation", ["conversational", "guardian"], ["content moderation"]),
        ("Heron-Prompt-Guard", "text-classification", [], ["content moderation", "text classification"]),
        ("translate-heron-4b", "image-text-to-text", ["conversational"], ["translation"]),
        ("opus-mt-en-ro", "text2text-generation", [], ["translation"]),
        ("opus-mt-en-ro", "translation", [], ["translation"]),
        ("heron-reranker", "text-classification", [], ["reranking"]),
        ("heron-reranker", "text-ranking", [], ["reranking"]),
        ("heron-reranker", "text-generation", ["conversational"], ["reranking"]),
        ("speaker-diarization", "automatic-speech-recognition", [], ["speaker diarisation"]),
        ("heron", "any-to-any", [], ["any-to-any generation"]),
        ("heron", "any-to-any", ["image-text-to-text"], ["image understanding"]),
        ("heron", "any-to-any", ["image-text-to-text", "conversational"], ["multi-turn chat", "image understanding"]),
        ("heron", "any-to-any", ["text-to-video", "image-to-video"], ["video generation", "video from images"]),
        ("heron", "any-to-any", ["text-to-audio", "text-to-speech"], ["speech synthesis"]),
        ("heron", "any-to-any", ["text-to-image", "image-to-text"], ["any-to-any generation"]),
    ],
)  # fmt: skip
def test_a_repository_can_do_what_its_name_and_tags_leave_of_its_task(
    name: str, task: str, tags: list[str], does: list[str]
) -> None:
    found = abilities_of(hub_subject(id=f"heron-lab/{name}", pipeline_tag=task, tags=tags))
    assert found == [*does, "self-hosting"]


@pytest.mark.parametrize(
    ("made", "at"),
    [
        (listing(name="Heron Lab: Heron 7B Preview"), "/name"),
        (repository(id="heron-lab/heron-7b-preview"), "/id"),
    ],
)
def test_a_preview_is_flagged_by_its_name_with_the_name_as_evidence(made: Any, at: str) -> None:
    unfragile = statement(made)
    place = unfragile["trust"]["failure_modes"].index("its name calls it a preview or an experiment")
    shown = [one for one in unfragile["evidence"] if one["path"] == f"/trust/failure_modes/{place}"]
    (name,) = (fact.as_stated for fact in made.facts if fact.name == "limit:preview-release")
    assert [(one["locator"], one["quote"], one["method"]) for one in shown] == [(at, name, "pattern")]


def test_a_description_that_calls_it_a_preview_is_quoted_before_the_name() -> None:
    stated = statement(listing(name="Heron 7B Preview", description="It is currently in beta."))
    assert "its description calls it a preview or an experiment" in stated["trust"]["failure_modes"]
