from typing import Any

import pytest

from pipelines.passport.trust import LONGEST_LIST, NO_OUTCOMES, UNVERIFIED_BUILDER, compose
from tests.support.recordings import sample_passport


def capability(requires: list[str], limitations: list[str]) -> dict[str, Any]:
    return {"requires": requires, "limitations": limitations}


def test_lists_are_the_first_ten_different_entries_in_order() -> None:
    capabilities = [
        capability(["a key", "b"], [f"limit {n}" for n in range(7)]),
        capability(["b", "a key", "c"], [f"limit {n}" for n in range(5, 15)]),
    ]
    composed = compose(capabilities)
    assert composed.permissions == ["a key", "b", "c"]
    assert composed.failure_modes == [*(f"limit {n}" for n in range(LONGEST_LIST)), UNVERIFIED_BUILDER, NO_OUTCOMES]


def test_limitations_that_are_given_in_order_come_in_place_of_those_of_the_capabilities() -> None:
    composed = compose([capability([], ["one", "two"])], limitations=["two", "one", "two"])
    assert composed.failure_modes == ["two", "one", UNVERIFIED_BUILDER, NO_OUTCOMES]


@pytest.mark.parametrize(
    ("verified", "matches", "added"),
    [
        (False, 0, [UNVERIFIED_BUILDER, NO_OUTCOMES]),
        (True, 0, [NO_OUTCOMES]),
        (False, 3, [UNVERIFIED_BUILDER]),
        (True, 1, []),
    ],
)
def test_what_is_open_about_builder_and_outcomes_comes_last(verified: bool, matches: int, added: list[str]) -> None:
    composed = compose([capability([], ["one"])], verified=verified, matches=matches)
    assert composed.failure_modes == ["one", *added]


@pytest.mark.recordings
def test_the_lists_of_the_sample_are_those_of_its_capabilities() -> None:
    unfragile = sample_passport()["passport"]["unfragile"]
    composed = compose(unfragile["capabilities"])
    assert composed.permissions == unfragile["trust"]["permissions"]
    assert composed.failure_modes == unfragile["trust"]["failure_modes"]
