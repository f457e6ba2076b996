"""Tasks in plain words, and the models that they find by the intents of capabilities and purposes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.enrich.catalogue import capability_uri
from pipelines.enrich.purposes import purpose_uri
from pipelines.rules.purposes import purpose_rules
from pipelines.rules.rulebook import rulebook
from pipelines.views.matching import LONGEST_TASK, called_for, matches
from tests.support.listings import listing, statement
from tests.support.tasks import Task, tasks, tasks_in_other_words

TASKS = tasks()
ABILITIES = {capability_uri(rule.categories[0], rule.name): rule for rule in rulebook().capabilities.capability}
PURPOSES = {purpose_uri(rule): rule for rule in purpose_rules().purposes}
NAMES = {uri: rule.name for uri, rule in ABILITIES.items()} | {uri: rule.id for uri, rule in PURPOSES.items()}


def model(number: int, task: Task) -> dict[str, Any]:
    changes: dict[str, Any] = {"id": f"heron-lab/heron-{number}", "supported_parameters": ["max_tokens"]}
    return statement(
        listing(description=task.made, **changes, **{"architecture.output_modalities": list(task.outputs)})
    )


@pytest.fixture(scope="module")
def models() -> list[dict[str, Any]]:
    return [model(number, task) for number, task in enumerate(TASKS)]


def test_there_are_24_tasks_for_as_many_ends() -> None:
    assert len(TASKS) == 24
    assert len({task.calls for task in TASKS}) >= 22


@pytest.mark.parametrize("task", TASKS, ids=[task.task for task in TASKS])
def test_a_task_calls_for_its_capabilities_and_purposes_and_no_others(task: Task) -> None:
    assert {NAMES[fit.uri] for fit in called_for(task.task)} == {*task.calls}


@pytest.mark.parametrize("task", TASKS, ids=[task.task for task in TASKS])
def test_a_task_finds_the_models_that_fit_it_and_no_others(task: Task, models: list[dict[str, Any]]) -> None:
    fitting = {f"heron-lab-heron-{n}" for n, other in enumerate(TASKS) if {*task.calls} & {*other.calls}}
    assert {match.slug for match in matches(task.task, models)} == fitting


def test_the_model_that_has_more_of_what_a_task_calls_for_comes_first() -> None:
    purpose = statement(listing(id="heron-lab/heron-a", description=None, supported_parameters=[]))
    both = statement(listing(id="heron-lab/heron-b", description="Heron is a coding model.", supported_parameters=[]))
    purpose["purposes"] = [one for one in both["purposes"] if one["id"] == "coding"]
    first, second = matches("Write a unit test for this function", [purpose, both])
    assert (first.slug, second.slug) == ("heron-lab-heron-b", "heron-lab-heron-a")
    assert [NAMES[uri] for uri in first.uris] == ["code generation", "coding"]
    assert first.likeness == second.likeness == 1


def test_of_models_that_have_the_same_the_one_with_the_higher_score_comes_first() -> None:
    lower, higher = (
        statement(listing(id=f"heron-lab/heron-{name}", description="Heron is a coding model.")) for name in "ab"
    )
    lower["trust"]["score"], higher["trust"]["score"] = 40, 41
    assert [match.slug for match in matches("Fix a bug in my program", [lower, higher])] == [
        "heron-lab-heron-b", "heron-lab-heron-a",
    ]  # fmt: skip


def first_called(task: str) -> str | None:
    return next((NAMES[fit.uri] for fit in called_for(task)), None)


def test_tasks_in_other_words_mostly_call_for_what_fits_them() -> None:
    found = [first_called(task.task) in task.fits for task in tasks_in_other_words()]
    assert (len(found), sum(found)) == (24, 21)


@pytest.mark.parametrize(
    ("task", "called"),
    [
        ("put our catalogue into Thai from German", "translation"),
        ("port a COBOL program to Java", "coding"),
        ("Polish my letter", None),
        ("our train to Paris", None),
    ],
)
def test_a_language_after_into_or_from_is_one_to_translate(task: str, called: str | None) -> None:
    assert first_called(task) == called if called else first_called(task) != "translation"


def test_words_that_nothing_has_make_a_task_fit_less() -> None:
    plain, strange = (called_for(f"review the code {more}")[0].likeness for more in ("", "zyzzyva"))
    assert plain > strange


def test_cues_are_of_capabilities_and_purposes_that_there_are() -> None:
    assert {name for cue in purpose_rules().cues for name in cue.of} <= {*NAMES.values()}


@pytest.mark.parametrize("uri", sorted(NAMES))
def test_every_intent_finds_its_own_capability_or_purpose(uri: str) -> None:
    for intent in (ABILITIES.get(uri) or PURPOSES[uri]).intents:
        assert uri in {fit.uri for fit in called_for(intent)}, intent


@pytest.mark.parametrize("task", ["", "the of and", "zyzzyva", "cook me dinner", "buy flowers", "?!"])
def test_what_no_capability_serves_finds_nothing(task: str, models: list[dict[str, Any]]) -> None:
    assert matches(task, models) == []


def test_older_passports_without_purposes_are_read_too(models: list[dict[str, Any]]) -> None:
    older = [{key: value for key, value in one.items() if key != "purposes"} for one in models]
    assert matches("Fix a bug in my program", older)


@given(st.text(max_size=2 * LONGEST_TASK))
def test_any_text_is_a_task(text: str) -> None:
    assert all(0 < fit.likeness <= 1 for fit in called_for(text))
