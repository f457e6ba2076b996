import copy
from pathlib import Path
from typing import Any

import pytest

from pipelines.scoring.counts import CountedPassport
from pipelines.scoring.quality import QUALITY_CHECKS, applied_checks, quality
from tests.pipelines.audit.test_regather import made_from, subject
from tests.support.listings import endpoints, listing, statement
from tests.support.repositories import repository

PAGE = Path(__file__).parents[3] / "docs" / "score.md"
GIVEN_AWAY = {"prompt": "0", "completion": "0"}

CONTEXT, OUTPUT, MODALITIES = "states its context length", "states its maximum output", "states what it takes and gives"
PRICE, CUTOFF, LICENCE = "states a price or that it is free", "states when its training data ends", "states a licence"
REPOSITORY, PROVIDERS = "names a public repository of the model", "is served by two providers"
SECOND, CARD = "a second publisher states one of its facts", "its card states limits"
AGREE, LASTS = "its sources agree", "no end is announced"


def unmet(unfragile: dict[str, Any]) -> set[str]:
    return {name for name, met in applied_checks(CountedPassport(unfragile)).items() if not met}


def test_the_checks_are_those_that_are_published() -> None:
    names = [check.name for check in QUALITY_CHECKS]
    page = " ".join(PAGE.read_text("utf-8").split())
    assert len(set(names)) == len(names)
    assert all(f"- {name}" in page for name in names)


@pytest.mark.parametrize(
    ("changes", "fails"),
    [
        ({"context_length": None}, CONTEXT), ({"top_provider.max_completion_tokens": None}, OUTPUT),
        ({"architecture.input_modalities": []}, MODALITIES), ({"architecture.output_modalities": []}, MODALITIES),
        ({"pricing": {"prompt": "-1", "completion": "-1"}}, PRICE), ({"hugging_face_id": None}, REPOSITORY),
        ({"pricing": GIVEN_AWAY, "architecture.output_modalities": ["text", "audio"]}, PRICE),
        ({"top_provider.context_length": 1024}, AGREE), ({"expiration_date": "2026-07-01"}, LASTS),
    ],
)  # fmt: skip
def test_each_check_is_missed_alone(changes: dict[str, Any], fails: str) -> None:
    whole = unmet(statement(listing()))
    assert whole == {CUTOFF, LICENCE, SECOND}
    assert unmet(statement(listing(**changes))) - whole == {fails}


def test_what_is_stated_meets_its_check() -> None:
    assert CUTOFF not in unmet(statement(listing(knowledge_cutoff="2025-01")))
    assert not {PRICE, LASTS} & unmet(statement(listing(pricing=GIVEN_AWAY)))


def test_quality_is_the_share_of_the_checks_that_apply() -> None:
    held = statement(listing())
    assert len(applied_checks(CountedPassport(held))) == 10
    assert quality(applied_checks(CountedPassport(held))) == 0.7
    assert quality(applied_checks(CountedPassport(statement(listing(knowledge_cutoff="2025-01"))))) == 0.8


def test_what_writes_no_text_owes_no_output_length_and_no_training_date() -> None:
    held = statement(listing(**{"architecture.output_modalities": ["image"]}))
    assert not {OUTPUT, CUTOFF} & applied_checks(CountedPassport(held)).keys()
    held["artifact"]["model"]["output_modalities"] = []
    assert {OUTPUT, CUTOFF} <= applied_checks(CountedPassport(held)).keys()


def test_a_closed_model_owes_neither_licence_nor_repository() -> None:
    closed = statement(listing(hugging_face_id=None))
    assert LICENCE not in applied_checks(CountedPassport(closed))
    closed["artifact"]["model"]["open_weights"] = False
    assert not {LICENCE, REPOSITORY} & applied_checks(CountedPassport(closed)).keys()
    closed["artifact"]["model"]["open_weights"] = True
    assert {LICENCE, REPOSITORY} <= unmet(closed)


def test_a_second_provider_counts_where_providers_are_known() -> None:
    assert PROVIDERS not in applied_checks(CountedPassport(statement(listing())))
    assert PROVIDERS in unmet(statement(listing(), endpoints({}, {})))
    assert PROVIDERS not in unmet(statement(listing(), endpoints({}, {"provider_name": "Fen"})))


def test_a_second_publisher_and_a_card_that_states_limits_are_found_in_the_evidence() -> None:
    held = made_from(subject())["unfragile"]
    assert {SECOND, CARD} <= applied_checks(CountedPassport(held)).keys() - unmet(held)
    bare = copy.deepcopy(held)
    bare["evidence"] = [entry for entry in bare["evidence"] if entry["source"] not in ("huggingface-card", "modelsdev")]
    assert CARD in unmet(bare)
    bare["evidence"] = [entry for entry in bare["evidence"] if entry["source"] == "openrouter"]
    assert SECOND in unmet(bare)


def test_weights_that_are_given_away_owe_no_price() -> None:
    held = statement(repository())
    assert held["artifact"]["model"]["prices"] == []
    assert applied_checks(CountedPassport(held))[PRICE]
