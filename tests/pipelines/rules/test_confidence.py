"""How certain a capability is held to be, by what shows it."""

import pytest

from pipelines.rules.issuing import Measure
from pipelines.rules.rulebook import rulebook
from tests.support.claims import evidence_of, told
from tests.support.hub_records import repository
from tests.support.listings import listing

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
