import copy
from typing import Any

from pipelines.scoring.recompute import recompute
from pipelines.views.score import basis_rows, score_words
from tests.support.listings import NOW, endpoints, listing, passport, statement


def trust() -> dict[str, Any]:
    found: dict[str, Any] = copy.deepcopy(passport(listing(), endpoints({}))["unfragile"]["trust"])
    return found


def test_a_score_is_shown_with_its_range_and_what_is_not_known() -> None:
    made = trust()
    basis = made["score_basis"]
    shown = f"{made['score']} of 100 ({basis['score_min']} to {basis['score_max']}: not known is "
    assert score_words(made) == f"{shown}how widely it is used and how its calls turned out)"


def test_a_score_of_which_all_is_known_has_no_range() -> None:
    held = statement(listing())
    held["trust"]["community"]["stars"] = 10
    held["trust"]["observed_outcomes"] |= {"matches": 4, "success_rate": 1}
    made = held["trust"] | recompute(held, signed_at=NOW)
    assert score_words(made) == f"{made['score']} of 100"
    assert ("popularity", "stars 0.21") in basis_rows(made)


def test_the_basis_and_each_dimension_are_rows() -> None:
    rows = dict(basis_rows(trust()))
    assert rows["popularity"] == "no data"
    assert str(rows["checks not met"]).startswith("4 of 11: states when its training data ends; states a licence; ")
    assert rows["availability"] == "0.68 of 1"
    assert rows["safety statements"] == "no data"


def test_a_passport_of_before_has_neither_range_nor_rows() -> None:
    made = {key: value for key, value in trust().items() if key not in ("score_basis", "assessment")}
    assert score_words(made) == f"{made['score']} of 100"
    assert basis_rows(made) == []
