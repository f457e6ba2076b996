import copy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.passport.score import (
    ADOPTION_FLOOR,
    ADOPTION_REFERENCES,
    MODEL_WEIGHTS,
    OTHER_WEIGHTS,
    QUALITY_CHECKS,
    adoption,
    ecosystem,
    freshness,
    match_graph,
    quality,
    rank_breakdown,
    score,
    score_of,
)
from schemas.times import instant
from tests.support.listings import NOW, SEEN, endpoints, listing, passport, statement
from tests.support.recordings import sample_passport
from tests.support.repositories import repository

NO_SIGNALS: dict[str, int | None] = dict.fromkeys(ADOPTION_REFERENCES)
GIVEN_AWAY = {"prompt": "0", "completion": "0"}
PAGE = Path(__file__).parents[3] / "docs" / "score.md"
"""What readers compute a score by."""
COMPONENT = st.integers(0, 100).map(lambda hundredths: hundredths / 100)


@pytest.mark.parametrize("weights", [MODEL_WEIGHTS, OTHER_WEIGHTS])
def test_weights_sum_to_one(weights: dict[str, float]) -> None:
    assert sum(round(100 * weight) for weight in weights.values()) == 100


def test_the_weights_and_references_are_those_that_are_published() -> None:
    page = PAGE.read_text("utf-8")
    for name, weight in MODEL_WEIGHTS.items():
        assert f"\n| {name} | {weight:.2f} | {OTHER_WEIGHTS[name]:.2f} | " in page
    references = "; ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in ADOPTION_REFERENCES.items())
    assert f"References of adoption: {references}, about" in " ".join(page.split())


def test_models_have_weights_of_their_own_and_every_other_type_the_others() -> None:
    held = statement(listing())
    assert rank_breakdown(held, signed_at=NOW)["weights"] == MODEL_WEIGHTS
    held["artifact"]["type"] = "skill"
    assert rank_breakdown(held, signed_at=NOW)["weights"] == OTHER_WEIGHTS


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
        breakdown = rank_breakdown(made["unfragile"], signed_at=instant(made["signedAt"]))
        assert breakdown == made["unfragile"]["trust"]["rank_breakdown"]


def test_a_known_passport_has_the_score_worked_out_by_hand() -> None:
    trust = passport(listing())["unfragile"]["trust"]
    # 6 of 10 checks; the list and a model repository are 2 places: log 3 / log 21 = .36; 3 hours old: .99
    assert [trust["rank_breakdown"][name] for name in MODEL_WEIGHTS] == [0.05, 0.7, 0.36, 0.25, 0.99]
    assert trust["score"] == round(100 * (0.35 * 0.05 + 0.2 * 0.7 + 0.1 * 0.36 + 0.3 * 0.25 + 0.05 * 0.99))


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
    assert adoption({**NO_SIGNALS, **signals}) == mark


@given(st.dictionaries(st.sampled_from(list(ADOPTION_REFERENCES)), st.integers(0, 2**53 - 1)))
def test_adoption_stays_within_its_bounds(signals: dict[str, int]) -> None:
    assert ADOPTION_FLOOR <= adoption({**NO_SIGNALS, **signals}) <= 1


@pytest.mark.parametrize(("matches", "rate", "mark"), [
    (0, 0, 0.25), (8, 1, 0.63), (8, 0, 0.13), (1000, 0.5, 0.5), (92, 10.495 / 92, 0.12), (92, 10.5 / 92, 0.13),
])  # fmt: skip
def test_outcomes_move_the_prior(matches: int, rate: float, mark: float) -> None:
    assert match_graph({"matches": matches, "success_rate": rate}) == mark


@pytest.mark.parametrize(("days", "mark"), [(0, 1), (14, 0.5), (28, 0.25), (-1, 1), (365, 0)])
def test_freshness_halves_every_fortnight(days: int, mark: float) -> None:
    assert freshness(SEEN, instant(SEEN) + timedelta(days=days)) == mark


@pytest.mark.parametrize(
    ("changes", "fewer"),
    [
        ({"context_length": None}, 1), ({"top_provider.max_completion_tokens": None}, 1),
        ({"architecture.input_modalities": []}, 1), ({"architecture.output_modalities": []}, 1),
        ({"pricing": {"prompt": "-1", "completion": "-1"}}, 1),
        ({"hugging_face_id": None}, 1), ({"top_provider.context_length": 1024}, 1),
        ({"expiration_date": "2026-07-01"}, 1), ({"expiration_date": "2026-05-01"}, 2),
        ({"knowledge_cutoff": "2025-01"}, -1), ({"pricing": GIVEN_AWAY}, 0),
        ({"pricing": GIVEN_AWAY, "architecture.output_modalities": ["text", "audio"]}, 1),
    ],
)  # fmt: skip
def test_each_check_counts_a_tenth(changes: dict[str, Any], fewer: int) -> None:
    whole = quality(statement(listing()))
    assert round(10 * (whole - quality(statement(listing(**changes))))) == fewer
    assert len(QUALITY_CHECKS) == 10


def test_weights_that_are_given_away_owe_no_price() -> None:
    check = dict(QUALITY_CHECKS)["states a price or that it is free"]
    held = statement(repository())
    assert held["artifact"]["model"]["prices"] == []
    assert check(held, held["artifact"]["model"])


def test_each_provider_is_a_place_and_a_class_is_none() -> None:
    alone, served = statement(listing()), statement(listing(), endpoints({}, {"provider_name": "Fen"}))
    assert (ecosystem(alone), ecosystem(served)) == (0.36, 0.53)
    bare = copy.deepcopy(alone)
    bare["evidence"] = [entry for entry in bare["evidence"] if entry["asserted_by"] in ("class", "issuer")]
    bare["artifact"]["model"]["huggingface_id"] = None
    assert ecosystem(bare) == 0


def test_twenty_places_earn_a_full_mark_and_more_no_more_than_that() -> None:
    # The list and the repository are the two others.
    served = [{"provider_name": f"Marsh {n}"} for n in range(30)]
    assert ecosystem(statement(listing(), endpoints(*served[:17]))) == 0.98
    assert ecosystem(statement(listing(), endpoints(*served[:18]))) == 1
    assert ecosystem(statement(listing(), endpoints(*served))) == 1


def test_the_hub_is_one_place_whether_it_gave_evidence_or_is_only_named() -> None:
    named = statement(listing())
    heard = copy.deepcopy(named)
    heard["evidence"].append({**heard["evidence"][0], "source": "huggingface", "asserted_by": "huggingface"})
    assert ecosystem(heard) == ecosystem(named) == 0.36


def test_whole_components_are_written_as_whole_numbers() -> None:
    # 1.0 and 1 are one number, of which canonical JSON has one spelling, and not every library knows it.
    full = statement(listing())
    full["trust"]["community"]["stars"] = 10**9
    bare = copy.deepcopy(full)
    bare["evidence"] = []
    bare["artifact"]["model"]["huggingface_id"] = None
    years_later = instant(SEEN) + timedelta(days=3650)
    marks = [rank_breakdown(full, signed_at=instant(SEEN)), rank_breakdown(bare, signed_at=years_later)]
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
