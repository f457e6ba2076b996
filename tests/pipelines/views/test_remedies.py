from itertools import combinations

import pytest

from pipelines.rules.failure_modes import PLACE, FailureMode
from pipelines.rules.rulebook import rulebook
from pipelines.views.remedies import mode_of
from tests.support.listings import listing, statement

MODES = rulebook().failure_modes.failure_mode


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.id)
def test_a_failure_mode_is_found_again_by_its_sentence(mode: FailureMode) -> None:
    found = mode_of(PLACE.sub("2,048 tokens (a, b)", mode.text))
    assert found is mode


def test_every_failure_mode_of_a_passport_has_its_remedy_but_the_issuers_own() -> None:
    stated = statement(listing(description="It may hallucinate.", knowledge_cutoff="2024-06"))["trust"]["failure_modes"]
    assert [text for text in stated if mode_of(text) is None] == [
        "builder identity is not verified yet", "no observed match outcomes yet",
    ]  # fmt: skip


def test_what_no_rule_says_has_none() -> None:
    assert mode_of('its card states: "It is slow."') is None
    assert mode_of("") is None


def test_no_two_modes_have_one_sentence() -> None:
    assert not [(one.id, two.id) for one, two in combinations(MODES, 2) if one.text == two.text]
