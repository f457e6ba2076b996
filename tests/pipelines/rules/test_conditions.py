from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.rules.conditions import (
    LONGEST_CITATION,
    Compiled,
    Condition,
    ConditionIndex,
    cited,
    compiled,
    fits,
    number,
    reaches,
)
from schemas.listing import Claim, Fact, FactValue
from tests.support.listings import listing


def holds(condition: Compiled, stated: set[str], found: dict[str, Claim]) -> bool:
    return fits(condition, stated) and reaches(condition, found)


def claims(**values: FactValue) -> dict[str, Claim]:
    return {name: Claim(Fact(name, value, f"/{name}", value), listing()) for name, value in values.items()}


@pytest.mark.parametrize(
    ("condition", "values", "held"),
    [
        (Condition(), {}, True),
        (Condition(all=("a", "b")), {"a": True, "b": 0}, True),
        (Condition(all=("a", "b")), {"a": True}, False),
        (Condition(any=("a", "b")), {"b": ""}, True),
        (Condition(any=("a", "b")), {"c": True}, False),
        (Condition(none=("a",)), {"a": True}, False),
        (Condition(none=("a",)), {"b": True}, True),
        (Condition(all=("a",)), {"a": False}, False),
        (Condition(none=("a",)), {"a": False}, True),
        (Condition(at_least={"a": 10}), {"a": 10}, True),
        (Condition(at_least={"a": 10}), {"a": 9}, False),
        (Condition(at_least={"a": 10}), {}, False),
        (Condition(below={"a": 10}), {"a": 9}, True),
        (Condition(below={"a": 10}), {"a": 10}, False),
        (Condition(below={"a": 95}), {"a": "94.99"}, True),
        (Condition(below={"a": 95}), {"a": "95.00"}, False),
        (Condition(at_least={"a": 10}, below={"a": 20}), {"a": 20}, False),
        (Condition(greater=("a", "b")), {"a": 2, "b": 1}, True),
        (Condition(greater=("a", "b")), {"a": 1, "b": 1}, False),
        (Condition(greater=("a", "b")), {"a": 1}, False),
    ],
)
def test_a_condition_holds_for_what_is_stated(condition: Condition, values: dict[str, FactValue], held: bool) -> None:
    stated = {name for name, value in values.items() if value is not False}
    assert holds(compiled(condition), stated, claims(**values)) is held


@pytest.mark.parametrize(
    ("stated", "held"),
    [
        ([], False), (["language:en"], False), (["language:en", "language:fr"], True),
        (["language:en", "languages"], False), (["language:en", "language:fr", "language:sv"], True),
    ],
)  # fmt: skip
def test_a_group_must_have_as_many_facts_as_the_condition_says(stated: list[str], held: bool) -> None:
    condition = compiled(Condition(of_group={"language:": 2}))
    found = claims(**dict.fromkeys(stated, True))
    assert condition.asks_figures
    assert holds(condition, set(stated), found) is held


def test_a_fact_of_a_group_that_is_denied_counts_for_nothing() -> None:
    found = claims(**{"language:en": True, "language:fr": False})
    assert not holds(compiled(Condition(of_group={"language:": 2})), {"language:en"}, found)


def test_the_facts_of_a_group_are_cited_by_name_and_not_without_end() -> None:
    found = claims(**{f"language:{letter}": True for letter in "zyxwvutsrqponm"})
    shown = [claim.fact.name for claim in cited(compiled(Condition(of_group={"language:": 2})), found)]
    assert shown == [f"language:{letter}" for letter in "mnopqrstuv"]
    assert len(shown) == LONGEST_CITATION


def test_the_facts_that_show_a_condition_are_cited_in_its_order() -> None:
    condition = compiled(Condition(all=("b", "flag"), any=("a", "absent"), at_least={"c": 1}))
    assert [claim.fact.name for claim in cited(condition, claims(a=True, b=True, c=5, d=True))] == ["b", "a", "c"]


def test_a_denial_shows_nothing_and_cite_has_the_last_word() -> None:
    assert cited(compiled(Condition(any=("a", "b"))), claims(a=False, b=True))[0].fact.name == "b"
    cite = compiled(Condition(all=("a",), cite=("b",)))
    assert [claim.fact.name for claim in cited(cite, claims(a=True, b=True))] == ["b"]


def test_a_fact_that_is_no_number_is_a_fault_of_the_rule() -> None:
    assert number("0.5") == Decimal("0.5")
    with pytest.raises(TypeError, match="correct the fact"):
        number(("a",))


def test_a_condition_with_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="some"):
        Condition.model_validate({"some": ["a"]})


FACTS = st.sampled_from("abcde")
FEW = st.lists(FACTS, max_size=2).map(tuple)
CONDITIONS = st.builds(lambda *facts: compiled(Condition(all=facts[0], any=facts[1], none=facts[2])), FEW, FEW, FEW)


@given(st.lists(CONDITIONS, max_size=8), st.frozensets(FACTS))
def test_the_index_finds_the_rows_that_fit_in_their_order(conditions: list[Compiled], stated: frozenset[str]) -> None:
    index = ConditionIndex(enumerate(conditions))
    fitting = tuple(place for place, condition in enumerate(conditions) if fits(condition, stated))
    assert index.fitting(stated) == index.fitting_again(stated | {"elsewhere"}) == fitting
