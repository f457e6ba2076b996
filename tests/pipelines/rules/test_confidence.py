"""How certain a capability is held to be, by what shows it."""

from typing import Any

import pytest

from pipelines.rules.issuing import Measure
from pipelines.rules.rulebook import rulebook
from schemas.listing import Fact, FactValue, Listing
from tests.support.claims import evidence_of, unfragile_of
from tests.support.hub_records import card, repository
from tests.support.listings import listing

FIGURES = rulebook().issuing.confidence


def offering(tokens: int) -> dict[str, int]:
    """A context that the listing states of the model and of its top provider alike."""
    return {"context_length": tokens, "top_provider.context_length": tokens}


@pytest.mark.parametrize(
    ("parameters", "description", "confidence", "methods"),
    [
        (["tools"], "A bird.", FIGURES.of("tool calling").figure, ["structured"]),
        (["tools"], "It supports tool calling.", FIGURES.of("tool calling").figure, ["structured", "pattern"]),
        (["seed"], "It supports tool calling.", FIGURES.of("tool calling", {"described"}).figure, ["pattern"]),
    ],
)
def test_an_ability_that_only_words_state_is_held_less_certain(
    parameters: list[str], description: str, confidence: float | None, methods: list[str]
) -> None:
    unfragile = unfragile_of(listing(supported_parameters=parameters, description=description))
    names = [capability["name"] for capability in unfragile["capabilities"]]
    at = names.index("tool calling")
    assert unfragile["capabilities"][at]["confidence"] == confidence
    assert [entry["method"] for entry in evidence_of(unfragile, f"/capabilities/{at}")] == methods


@pytest.mark.parametrize(
    ("task", "tags", "name", "confidence"),
    [
        ("text-generation", ["conversational"], "multi-turn chat", FIGURES.method["task"].measured),
        ("robotics", [], "robot control", None),
        ("text-generation", ["tool-use"], "tool calling", None),
        ("text-generation", ["en", "fr"], "multilingual use", None),
    ],
)
def test_an_ability_by_task_and_tags_takes_their_figure_where_it_was_measured(
    task: str, tags: list[str], name: str, confidence: dict[str, Measure] | None
) -> None:
    abilities = unfragile_of(repository(pipeline_tag=task, tags=tags))["capabilities"]
    (ability,) = [one for one in abilities if one["name"] == name]
    assert ability["confidence"] == (confidence[name].figure if confidence else None)


def test_an_ability_that_nobody_compared_is_stated_and_has_no_figure() -> None:
    abilities = unfragile_of(listing(supported_parameters=["seed", "tools"]))["capabilities"]
    held = {one["name"]: (one["confidence"], one["basis"]) for one in abilities}
    assert held["seeded sampling"] == (None, "stated")
    assert held["tool calling"] == FIGURES.of("tool calling")
    assert "156 of 157" in held["tool calling"][1]


def catalogue(*facts: tuple[str, FactValue]) -> Listing:
    """Return a catalogue's entry of the model that states these facts."""
    stated = tuple(Fact(name, value, f"/{place}", value) for place, (name, value) in enumerate(facts))
    return listing().model_copy(
        update={"source": "modelsdev", "kind": "entry", "id": "openrouter/heron", "facts": stated}
    )


@pytest.mark.parametrize(
    ("changes", "other", "name", "denies"),
    [
        ({"supported_parameters": ["tools"]}, ("claimed:tools", False), "tool calling", True),
        ({"supported_parameters": ["tools"]}, ("claimed:tools", True), "tool calling", False),
        ({"supported_parameters": ["tools"]}, ("claimed:reasoning", False), "tool calling", False),
        ({"supported_parameters": ["structured_outputs"]}, ("claimed:structured_outputs", False),
         "structured output", True),
        ({"supported_parameters": ["include_reasoning"]}, ("claimed:reasoning", False), "extended reasoning", True),
        ({"supported_parameters": [], "description": "It supports tool calling."}, ("claimed:tools", False),
         "tool calling", True),
        ({"architecture.input_modalities": ["text", "image"]}, ("input_modalities", ("text",)),
         "image understanding", True),
        ({"architecture.input_modalities": ["text", "image"]}, ("input_modalities", ("image", "text")),
         "image understanding", False),
        ({"architecture.input_modalities": ["text", "file"]}, ("input_modalities", ("text",)),
         "document input", True),
        (offering(200_000), ("context_tokens", 65_536), "long context", True),
        (offering(200_000), ("context_tokens", 160_000), "long context", False),
        (offering(2_000_000), ("context_tokens", 200_000), "very long context", True),
        ({"pricing.input_cache_read": "1e-8"}, ("price:prompt", "0.0000002"), "prompt caching", True),
        ({"pricing.input_cache_read": "1e-8"}, ("released_on", "2026-01-01"), "prompt caching", False),
    ],
)  # fmt: skip
def test_a_denial_by_another_source_lowers_the_confidence_and_is_shown(
    changes: dict[str, Any], other: tuple[str, FactValue], name: str, *, denies: bool
) -> None:
    unfragile = unfragile_of(listing(**changes), catalogue(other))
    at = next(n for n, one in enumerate(unfragile["capabilities"]) if one["name"] == name)
    ability, shown = unfragile["capabilities"][at], evidence_of(unfragile, f"/capabilities/{at}/confidence")
    methods = {"described"} if "description" in changes else set[str]()
    own = FIGURES.of(name, methods)
    assert own.figure is not None
    assert (ability["confidence"] < own.figure) is denies
    assert [entry["source"] for entry in shown] == (["modelsdev"] if denies else [])
    assert ability["basis"] == (FIGURES.of(name, methods, denied_by=("modelsdev",)) if denies else own).basis


def test_a_card_that_denies_tools_lowers_the_confidence_of_the_listing_that_offers_them() -> None:
    text = card("## Limitations\n\nIt does not support tool calling.\n")
    abilities = unfragile_of(listing(supported_parameters=["tools"]), text)["capabilities"]
    (ability,) = [one for one in abilities if one["name"] == "tool calling"]
    assert ability["confidence"] == round(FIGURES.measured["tool calling"].figure * FIGURES.denied.figure, 2)


def test_what_the_listing_itself_states_beside_an_ability_denies_nothing() -> None:
    own = "Heron does not support tool calling."
    abilities = unfragile_of(listing(supported_parameters=["tools"], description=own), catalogue())["capabilities"]
    (ability,) = [one for one in abilities if one["name"] == "tool calling"]
    assert ability["confidence"] == FIGURES.measured["tool calling"].figure
