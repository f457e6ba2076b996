"""Purposes of a passport: those that texts state and those of the source's own categories, with their evidence."""

from typing import Any

import pytest

from pipelines.enrich.purposes import MOST_PURPOSES, MOST_QUOTES, purposes_of
from pipelines.merge.gather import gather
from pipelines.rules.purposes import purpose_rules
from schemas.listing import Fact, Listing
from tests.support.claims import evidence_of, unfragile_of
from tests.support.hub_records import card
from tests.support.hub_records import repository as hub_repository
from tests.support.listings import listing, statement

CODER = "Heron 7B is a coding model. It is built for agents."


def ids(unfragile: dict[str, Any]) -> list[str]:
    return [purpose["id"] for purpose in unfragile["purposes"]]


def names(unfragile: dict[str, Any]) -> set[str]:
    return {capability["name"] for capability in unfragile["capabilities"]}


def listed_under(*categories: str, **changes: Any) -> Listing:
    """Return a listing whose source lists it under categories of its own."""
    one = listing(**changes)
    facts = [Fact(f"use_case:{name}", True, f"/categories/{n}", name) for n, name in enumerate(categories)]
    return one.model_copy(update={"facts": (*one.facts, *facts)})


def test_a_purpose_has_its_words_and_its_place_in_the_vocabulary() -> None:
    unfragile = statement(listing(description=CODER))
    coding, agents = unfragile["purposes"]
    assert list(coding) == ["id", "uri", "name", "description", "category", "intents"]
    assert (coding["id"], coding["category"]) == ("coding", "code-generation-editing")
    assert coding["uri"] == "purpose://code.generation.editing.coding"
    assert "write a unit test for this function" in coding["intents"]
    (shown,) = evidence_of(unfragile, "/purposes/0")
    assert (shown["quote"], shown["locator"], shown["method"]) == (
        "Heron 7B is a coding model.", "/description", "pattern",
    )  # fmt: skip
    (shown,) = evidence_of(unfragile, "/purposes/1")
    assert (agents["id"], shown["quote"]) == ("agents", "It is built for agents.")


def test_a_name_states_a_purpose_too_after_the_description() -> None:
    unfragile = statement(listing(name="Heron Lab: Heron Coder 7B", description="It is built for agents."))
    assert ids(unfragile) == ["agents", "coding"]
    (shown,) = evidence_of(unfragile, "/purposes/1")
    assert (shown["locator"], shown["quote"]) == ("/name", "Heron Lab: Heron Coder 7B")
    (shown,) = evidence_of(statement(listing(name="Heron Codex", description=CODER)), "/purposes/0")
    assert shown["locator"] == "/description"
    assert statement(listing(name="Heron Encoder", description=None))["purposes"] == []


@pytest.mark.parametrize(
    ("description", "purposes"),
    [
        ("Heron is a pretrained model, fine-tuned for content safety classification.", ["moderation"]),
        ("Heron is a fast apply model for code edits.", ["code-editing"]),
        ("Heron is a model for conversations.", ["chat", "coding", "law"]),
    ],
)
def test_what_people_ask_a_model_for_one_task_about_is_no_purpose_of_it(description: str, purposes: list[str]) -> None:
    made = listed_under("programming", "legal", description=description)
    unfragile = statement(made)
    assert ids(unfragile) == purposes


def test_no_description_that_names_one_gives_none() -> None:
    assert statement(listing(description="A small model."))["purposes"] == []
    assert statement(listing(description=None))["purposes"] == []


def test_a_card_of_the_same_model_states_purposes_too_with_two_quotes_at_most() -> None:
    text = "## Intended use\n\nTranslation of letters.\n\nWriting code.\n"
    unfragile = unfragile_of(listing(description=CODER), card(text))
    assert ids(unfragile) == ["coding", "agents", "translation"]
    shown = evidence_of(unfragile, "/purposes/0")
    assert [entry["source"] for entry in shown] == ["openrouter", "huggingface-card"]
    assert len(shown) == MOST_QUOTES
    (entry,) = evidence_of(unfragile, "/purposes/2")
    start, end = map(int, entry["locator"].removeprefix("bytes:").split("-"))
    assert (entry["method"], text.encode()[start:end].decode()) == ("section", entry["quote"])


def test_a_repository_without_a_seller_has_the_purposes_of_its_card() -> None:
    unfragile = unfragile_of(hub_repository(pipeline_tag="text-generation"), card("## Intended use\n\nTranslation.\n"))
    assert ids(unfragile) == ["translation"]
    assert "translation" in names(unfragile)


def test_a_category_of_the_source_is_a_purpose_with_its_fact_as_evidence() -> None:
    unfragile = statement(listed_under("programming", "roleplay", "unheard-of", description="A small model."))
    assert ids(unfragile) == ["coding", "role-play"]
    (shown,) = evidence_of(unfragile, "/purposes/0")
    assert (shown["value"], shown["locator"], shown["method"]) == ("programming", "/categories/0", "structured")
    assert {"code generation", "role-play"}.isdisjoint(names(unfragile))  # what it is used for, not what it can do


def test_words_come_before_categories_and_both_are_shown() -> None:
    unfragile = statement(listed_under("translation", "programming", description=CODER))
    assert ids(unfragile) == ["coding", "agents", "translation"]
    assert [entry["method"] for entry in evidence_of(unfragile, "/purposes/0")] == ["pattern", "structured"]


CATEGORIES = (
    "academia", "finance", "health", "legal", "marketing", "marketing/seo", "programming", "roleplay", "science",
    "technology", "translation", "trivia",
)  # fmt: skip
"""The use cases by which OpenRouter lists models."""


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_of_the_source_is_a_purpose_or_says_why_not(category: str) -> None:
    (subject,) = gather([listed_under(category, description="A small model.")]).subjects
    found = [one["id"] for one in purposes_of(subject).documents]
    assert found == [rule.id for rule in purpose_rules().purposes if category in rule.use_cases]
    assert bool(found) is not (category in purpose_rules().not_a_purpose)


def test_a_category_that_does_not_list_the_model_is_no_purpose() -> None:
    one = listing(description="A small model.")
    absent = Fact("use_case:programming", False, "/categories/0", False)
    assert statement(one.model_copy(update={"facts": (*one.facts, absent)}))["purposes"] == []


def test_at_most_six_purposes_are_stated_the_first_ones() -> None:
    text = "Built for coding, agents, math, translation, finance, law, medicine and roleplay."
    unfragile = statement(listing(description=text))
    assert ids(unfragile) == ["coding", "agents", "mathematics", "translation", "finance", "law"]
    assert len(unfragile["purposes"]) == MOST_PURPOSES


@pytest.mark.parametrize(
    ("outputs", "expected"), [(["text"], []), (["image"], ["image-making"]), (["text", "image"], ["image-making"])]
)
def test_a_purpose_that_its_outputs_cannot_serve_is_left_out(outputs: list[str], expected: list[str]) -> None:
    made = listing(description="It is made for image generation.", **{"architecture.output_modalities": outputs})
    assert ids(statement(made)) == expected


def test_a_router_has_no_purpose_of_the_models_behind_it() -> None:
    text = "It is built for coding."
    router = listing(description=text, **{"architecture.tokenizer": "Router"})
    assert statement(router)["purposes"] == []
    assert "agentic tool use" not in names(statement(listing(description=text)))


@pytest.mark.parametrize(
    ("description", "capability"),
    [
        ("Heron is a coding model.", "code generation"),
        ("A fast apply model for code edits.", "code editing"),
        ("It is built for agents.", "agentic tool use"),
        ("It is built for computer use.", "computer use"),
        ("It is built for translation.", "translation"),
        ("It is built for roleplay.", "role-play"),
    ],
)
def test_a_capability_is_claimed_where_a_text_states_it_of_the_model(description: str, capability: str) -> None:
    unfragile = statement(listing(description=description))
    assert capability in names(unfragile)
    place = [one["name"] for one in unfragile["capabilities"]].index(capability)
    assert [entry["quote"] for entry in evidence_of(unfragile, f"/capabilities/{place}")] == [description]
    denied = "It is not built for coding, agents, translation, computer use or roleplay."
    assert capability not in names(statement(listing(description=denied)))


def test_a_model_that_merges_edits_writes_no_code() -> None:
    unfragile = statement(listing(description="A fast apply model for code edits."))
    assert ids(unfragile) == ["code-editing"]
    assert "code generation" not in names(unfragile)
