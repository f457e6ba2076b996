from datetime import timedelta

import pytest

from pipelines.lifecycle.facet_checks import implausible, size_of
from pipelines.rules.bounds import AnswerBounds
from pipelines.rules.gates import default_gates
from schemas.facets import FACETS
from schemas.listing import Listing
from schemas.times import instant, timestamp
from tests.support.facets import MARSH, facet, providers, rankings
from tests.support.listings import SEEN, admitted

GATE = default_gates()["openrouter-facets"].model_copy(
    update={
        "answers": {"zero_retention": AnswerBounds(fewest=3, smallest_share=0.2, largest_share=0.9, largest_drop=0.5)}
    }
)


def ids(count: int, start: int = 0) -> list[str]:
    return [f"ada/{n}" for n in range(start, start + count)]


def answer(within: int, without: int, query: str = "zdr=true") -> Listing:
    return admitted(facet(query, ids(within), ids(without, within)))


@pytest.mark.parametrize(
    ("within", "without", "reason"),
    [
        (3, 7, None),
        (2, 8, "has 2 entries, at least 3 must be there"),
        (0, 8, "has 0 entries, at least 3 must be there"),
        (10, 0, "has 100% of the listed models, more than 90%: was the query ignored?"),
        (9, 1, None),
        (3, 13, "has 19% of the listed models, fewer than 20%"),
    ],
)
def test_an_answer_must_have_enough_models_and_not_all(within: int, without: int, reason: str | None) -> None:
    refusal = implausible(answer(within, without), None, GATE)
    assert refusal is None if reason is None else str(refusal).startswith(reason)


def test_an_answer_of_other_ids_is_not_believed() -> None:
    made = admitted(facet("zdr=true", ids(10), ids(10, 10)))
    counted = made.model_copy(
        update={"facts": tuple(f._replace(value=18) if f.name == "models_listed" else f for f in made.facts)}
    )
    assert str(implausible(counted, None, GATE)).startswith("has 2 models of 10 that the list has not")


def test_an_answer_that_shrank_is_not_believed_until_the_last_one_is_stale() -> None:
    now, last = answer(4, 6), answer(9, 11)
    assert str(implausible(now, last, GATE)).startswith("has 4 entries after 9 last time, a drop beyond 50%")
    assert implausible(answer(5, 6), last, GATE) is None
    before = timestamp(instant(SEEN) - GATE.stale_after - timedelta(seconds=1))
    assert implausible(now, last.model_copy(update={"observed_at": before}), GATE) is None


def test_an_answer_to_an_unknown_query_is_not_believed() -> None:
    assert implausible(answer(5, 5, "mood=good"), None, GATE) is not None


def test_sizes_are_counted_in_models_providers_or_totals() -> None:
    assert size_of(answer(4, 6)) == 4
    assert size_of(answer(0, 6)) == 0
    assert size_of(admitted(providers(MARSH, {**MARSH, "name": "Fen"}))) == 2
    assert size_of(admitted(rankings({"a/b": "1", "c/d": "2", "e/f": "3", "other": "4"}))) == 3


def test_the_gates_bound_every_answer_that_is_asked_for() -> None:
    gates = default_gates()
    bounded = {name for source in gates for name in gates[source].answers}
    assert bounded == {facet.setting for facet in FACETS}
    assert all(bounds.fewest > 1 for source in gates for bounds in gates[source].answers.values())
