import copy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.passport.document import draft
from pipelines.scoring.counts import CountedPassport
from pipelines.scoring.recompute import recompute
from pipelines.scoring.score import (
    ADOPTION_FLOOR,
    ADOPTION_REFERENCES,
    MODEL_WEIGHTS,
    OTHER_WEIGHTS,
    TOKENS_REFERENCE,
    TOKENS_UNIT,
    adoption,
    ecosystem,
    evaluate,
    freshness,
    match_graph,
    popularity_signals,
    rank_breakdown,
    score,
    score_basis,
    score_of,
)
from schemas.times import instant
from tests.support.facets import HERON, facet, rankings, subject_of
from tests.support.listings import NOW, SEEN, TERMS, endpoints, listing, passport, statement
from tests.support.recordings import sample_passport

NO_SIGNALS: dict[str, int | None] = dict.fromkeys(ADOPTION_REFERENCES)
TRILLION = 10**12
PAGE = Path(__file__).parents[3] / "docs" / "score.md"
"""What readers compute a score by."""


def used(signals: dict[str, int], popularity: dict[str, Any] | None = None) -> dict[str, Any]:
    """The parts of a passport that adoption is computed from."""
    return {
        "trust": {"community": {**NO_SIGNALS, **signals}},
        "artifact": {"model": {"popularity": popularity, "providers": [], "records": []}},
        "evidence": [],
    }


def popular(rank: int, of: int = 339, tokens: int | None = None) -> dict[str, Any]:
    return {"rank": rank, "of": of, "tokens_week": tokens}


COMPONENT = st.integers(0, 100).map(lambda hundredths: hundredths / 100)


@pytest.mark.parametrize("weights", [MODEL_WEIGHTS, OTHER_WEIGHTS])
def test_weights_sum_to_one(weights: dict[str, float]) -> None:
    assert sum(round(100 * weight) for weight in weights.values()) == 100


def test_the_weights_and_references_are_those_that_are_published() -> None:
    page = PAGE.read_text("utf-8")
    for name, weight in MODEL_WEIGHTS.items():
        assert f"\n| {name} | {weight:.2f} | {OTHER_WEIGHTS[name]:.2f} | " in page
    references = "; ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in ADOPTION_REFERENCES.items())
    assert f"References of adoption: {references}; tokens of a week {TOKENS_UNIT * TOKENS_REFERENCE:,}" in " ".join(
        page.split()
    )


def test_models_have_weights_of_their_own_and_every_other_type_the_others() -> None:
    held = statement(listing())
    assert rank_breakdown(evaluate(CountedPassport(held)), signed_at=NOW)["weights"] == MODEL_WEIGHTS
    held["artifact"]["type"] = "skill"
    assert rank_breakdown(evaluate(CountedPassport(held)), signed_at=NOW)["weights"] == OTHER_WEIGHTS


@pytest.mark.parametrize(
    ("weights", "adopted", "mark"),
    [((0.6, 0.4), 1, 60), ((0.49, 0.51), 0.01, 0), ((0.5, 0.5), 0.01, 1), ((0.6, 0.4), 0.6, 36)],
)
def test_a_score_is_weighed_by_what_the_breakdown_states_and_rounded_half_up(
    weights: tuple[float, float], adopted: float, mark: int
) -> None:
    stated = dict(zip(("adoption", "quality"), weights, strict=True))
    assert score({"adoption": adopted, "quality": 0, "weights": stated}) == mark


def test_a_score_is_recomputed_from_the_passport_alone() -> None:
    for made in (passport(listing()), passport(listing(expiration_date="2026-07-01"), endpoints({}, {}))):
        assert score_of(made) == made["unfragile"]["trust"]["score"]
        breakdown = rank_breakdown(evaluate(CountedPassport(made["unfragile"])), signed_at=instant(made["signedAt"]))
        assert breakdown == made["unfragile"]["trust"]["rank_breakdown"]


def test_a_known_passport_has_the_score_worked_out_by_hand() -> None:
    trust = passport(listing())["unfragile"]["trust"]
    # 7 of 10 checks; the list and a model repository are 2 places: log 3 / log 21 = .36; 3 hours old: .99
    assert [trust["rank_breakdown"][name] for name in MODEL_WEIGHTS] == [0.05, 0.7, 0.36, 0.25, 0.99]
    assert trust["score"] == round(100 * (0.35 * 0.05 + 0.2 * 0.7 + 0.1 * 0.36 + 0.3 * 0.25 + 0.05 * 0.99))


def test_the_basis_names_what_has_no_data_and_the_scores_that_it_leaves_possible() -> None:
    basis = passport(listing())["unfragile"]["trust"]["score_basis"]
    assert basis["signals"] == []
    assert basis["without_data"] == ["adoption", "match_graph"]
    assert basis["score_min"] == round(100 * (0.35 * 0.05 + 0.2 * 0.7 + 0.1 * 0.36 + 0.05 * 0.99))
    assert basis["score_max"] == round(100 * (0.35 + 0.2 * 0.7 + 0.1 * 0.36 + 0.3 + 0.05 * 0.99))
    assert basis["checks"] == 10
    assert basis["unmet"] == [
        "states when its training data ends", "states a licence", "a second publisher states one of its facts",
    ]  # fmt: skip


def test_what_has_data_leaves_no_range() -> None:
    observed = statement(listing())
    observed["trust"]["community"]["model_likes"] = 100
    observed["trust"]["observed_outcomes"] |= {"matches": 8, "success_rate": 0.5}
    breakdown = rank_breakdown(evaluate(CountedPassport(observed)), signed_at=NOW)
    basis = score_basis(evaluate(CountedPassport(observed)), breakdown)
    assert basis["without_data"] == []
    assert basis["score_min"] == basis["score_max"] == score(breakdown)
    assert basis["signals"] == [{"name": "model_likes", "value": breakdown["adoption"]}]


def test_all_that_is_computed_is_recomputed_from_the_passport_alone() -> None:
    for made in (passport(listing()), passport(listing(expiration_date="2026-07-01"), endpoints({}, {}))):
        for key, value in recompute(made["unfragile"], signed_at=instant(made["signedAt"])).items():
            assert made["unfragile"]["trust"][key] == value


def adopted(unfragile: dict[str, Any]) -> float | int:
    return adoption(popularity_signals(CountedPassport(unfragile)))


@given(st.fixed_dictionaries(dict.fromkeys(MODEL_WEIGHTS, COMPONENT)), st.sampled_from([MODEL_WEIGHTS, OTHER_WEIGHTS]))
def test_a_score_is_a_whole_number_from_0_to_100_and_half_up(
    components: dict[str, float], weights: dict[str, float]
) -> None:
    made = score({**components, "weights": weights})
    exact = sum(round(100 * weights[name]) * round(100 * value) for name, value in components.items())
    assert 0 <= made <= 100
    assert 0 <= exact + 50 - 100 * made < 100


@pytest.mark.parametrize(
    ("signals", "mark"),
    [
        ({}, ADOPTION_FLOOR), ({"stars": 0}, ADOPTION_FLOOR), ({"stars": 100_000}, 1), ({"stars": 10**9}, 1),
        ({"stars": 100_000, "model_likes": 0}, 0.5), ({"model_downloads": 3161}, 0.5),
    ],
)  # fmt: skip
def test_adoption_is_the_mean_over_the_signals_that_exist(signals: dict[str, int], mark: float) -> None:
    assert adopted(used(signals)) == mark


@pytest.mark.parametrize(
    ("popularity", "mark"),
    [
        (popular(1, tokens=10 * TRILLION), 1), (popular(1, tokens=TRILLION), 0.86), (popular(3, tokens=10**9), 0.43),
        (popular(300, tokens=0), ADOPTION_FLOOR), (popular(1), 1), (popular(51), 0.74),
        (popular(170), 0.39), (popular(20), 0.87),
        (popular(3, of=4), 0.38), (popular(2, of=2), 0.38), (popular(2, of=1), ADOPTION_FLOOR),
        (popular(339), ADOPTION_FLOOR), (popular(1, of=1), 1), (popular(1, of=0), 1), (popular(0, of=0), 1),
        (popular(9, of=2), ADOPTION_FLOOR),
    ],
)  # fmt: skip
def test_adoption_counts_the_tokens_of_the_week_and_without_them_the_place(
    popularity: dict[str, Any], mark: float
) -> None:
    assert adopted(used({}, popularity)) == mark


def test_the_last_place_with_tokens_is_worth_what_the_next_place_is_without() -> None:
    # The fiftieth and fifty-first of the recorded week, of 339.
    assert adopted(used({}, popular(50, tokens=98_600_000_000))) == pytest.approx(
        adopted(used({}, popular(51))), abs=0.05
    )


def test_usage_and_the_hubs_counts_are_weighed_alike() -> None:
    assert adopted(used({"model_likes": 0}, popular(1))) == 0.5
    assert popularity_signals(CountedPassport(used({"model_likes": 0}, popular(9, of=2)))) == {
        "model_likes": 0,
        "rank": 0,
    }


def test_the_sellers_answers_reach_the_score() -> None:
    order = facet("sort=top-weekly", [HERON, "a/b"])
    ranked = draft(subject_of([order], listing()), TERMS).unfragile
    named = str(listing().base_id)
    counted = draft(subject_of([order, rankings({f"{named}-2026-01": str(TRILLION)})], listing()), TERMS).unfragile
    for made, name, value in ((ranked, "rank", 1), (counted, "tokens_week", 0.86)):
        basis = score_basis(
            evaluate(CountedPassport(made)), rank_breakdown(evaluate(CountedPassport(made)), signed_at=NOW)
        )
        assert basis["signals"] == [{"name": name, "value": value}]
        assert basis["without_data"] == ["match_graph"]


@given(
    st.dictionaries(st.sampled_from(list(ADOPTION_REFERENCES)), st.integers(0, 2**53 - 1)),
    st.none()
    | st.builds(popular, st.integers(0, 2**53 - 1), st.integers(0, 2**53 - 1), st.none() | st.integers(0, 2**53 - 1)),
)
def test_adoption_stays_within_its_bounds(signals: dict[str, int], popularity: dict[str, Any] | None) -> None:
    assert ADOPTION_FLOOR <= adopted(used(signals, popularity)) <= 1


@pytest.mark.parametrize(("matches", "rate", "mark"), [
    (0, 0, 0.25), (8, 1, 0.63), (8, 0, 0.13), (1000, 0.5, 0.5), (92, 10.495 / 92, 0.12), (92, 10.5 / 92, 0.13),
])  # fmt: skip
def test_outcomes_move_the_prior(matches: int, rate: float, mark: float) -> None:
    assert match_graph({"matches": matches, "success_rate": rate}) == mark


@pytest.mark.parametrize(("days", "mark"), [(0, 1), (14, 0.5), (28, 0.25), (-1, 1), (365, 0)])
def test_freshness_halves_every_fortnight(days: int, mark: float) -> None:
    assert freshness(SEEN, instant(SEEN) + timedelta(days=days)) == mark


def test_each_provider_is_a_place_and_a_class_is_none() -> None:
    alone, served = statement(listing()), statement(listing(), endpoints({}, {"provider_name": "Fen"}))
    assert (ecosystem(CountedPassport(alone)), ecosystem(CountedPassport(served))) == (0.36, 0.53)
    bare = copy.deepcopy(alone)
    bare["evidence"] = [entry for entry in bare["evidence"] if entry["asserted_by"] in ("class", "issuer")]
    bare["artifact"]["model"]["huggingface_id"] = None
    assert ecosystem(CountedPassport(bare)) == 0


def test_twenty_places_earn_a_full_mark_and_more_no_more_than_that() -> None:
    # The list and the repository are the two others.
    served = [{"provider_name": f"Marsh {n}"} for n in range(30)]
    assert ecosystem(CountedPassport(statement(listing(), endpoints(*served[:17])))) == 0.98
    assert ecosystem(CountedPassport(statement(listing(), endpoints(*served[:18])))) == 1
    assert ecosystem(CountedPassport(statement(listing(), endpoints(*served)))) == 1


def test_the_hub_is_one_place_whether_it_gave_evidence_or_is_only_named() -> None:
    named = statement(listing())
    heard = copy.deepcopy(named)
    heard["evidence"].append({**heard["evidence"][0], "source": "huggingface", "asserted_by": "huggingface"})
    assert ecosystem(CountedPassport(heard)) == ecosystem(CountedPassport(named)) == 0.36


def test_whole_components_are_written_as_whole_numbers() -> None:
    # 1.0 and 1 are one number, of which canonical JSON has one spelling, and not every library knows it.
    full = statement(listing())
    full["trust"]["community"]["stars"] = 10**9
    bare = copy.deepcopy(full)
    bare["evidence"] = []
    bare["artifact"]["model"]["huggingface_id"] = None
    years_later = instant(SEEN) + timedelta(days=3650)
    marks = [
        rank_breakdown(evaluate(CountedPassport(full)), signed_at=instant(SEEN)),
        rank_breakdown(evaluate(CountedPassport(bare)), signed_at=years_later),
    ]
    shown = [[repr(breakdown[name]) for name in ("adoption", "ecosystem", "freshness")] for breakdown in marks]
    assert shown == [["1", "0.36", "1"], ["1", "0", "0"]]


@pytest.mark.recordings
def test_the_weights_are_those_of_the_sample() -> None:
    assert sample_passport()["passport"]["unfragile"]["trust"]["rank_breakdown"]["weights"] == MODEL_WEIGHTS


@pytest.mark.recordings
def test_the_formula_gives_the_sample_its_score() -> None:
    trust = sample_passport()["passport"]["unfragile"]["trust"]
    components = {name: trust["rank_breakdown"][name] for name in MODEL_WEIGHTS}
    exact = sum(weight * components[name] for name, weight in MODEL_WEIGHTS.items())
    assert trust["score"] == round(100 * exact)
