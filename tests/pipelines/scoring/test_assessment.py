import copy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.scoring.assessment import assess, assessment_of
from pipelines.scoring.counts import CountedPassport
from schemas.times import instant
from tests.pipelines.audit.test_regather import made_from, subject
from tests.support.listings import NOW, SEEN, endpoints, listing, passport, statement
from tests.support.repositories import repository

PAGE = Path(__file__).parents[3] / "docs" / "score.md"
SCRAPED = instant(SEEN)
NOTHING: dict[str, Any] = {"providers": [], "tool_call_success": None}


def dimension(unfragile: dict[str, Any], name: str) -> Any:
    return assess(CountedPassport(unfragile), signed_at=SCRAPED)[name]


def changed(unfragile: dict[str, Any], **model: Any) -> dict[str, Any]:
    made = copy.deepcopy(unfragile)
    made["artifact"]["model"] |= model
    return made


def provider(name: str, uptime: str | None = None, status: str = "up") -> dict[str, Any]:
    return {"name": name, "uptime_percent": uptime, "status": status}


def test_an_assessment_is_recomputed_from_the_passport_alone() -> None:
    for made in (passport(listing(), endpoints({}, {})), passport(repository()), made_from(subject())):
        assert made["unfragile"]["trust"]["assessment"] == assessment_of(made)


def test_every_dimension_is_published() -> None:
    page = PAGE.read_text("utf-8")
    assert all(f"\n| {name} | " in page for name in assess(CountedPassport(statement(listing())), signed_at=NOW))


def test_what_has_no_data_is_null_with_its_inputs() -> None:
    made = assess(CountedPassport(statement(listing())), signed_at=NOW)
    assert {name for name, one in made.items() if one["value"] is None} == {
        "availability", "openness", "safety_statements",
    }  # fmt: skip
    assert made["availability"]["inputs"] == dict.fromkeys(
        ["providers_up", "best_uptime_percent", "tool_calls_succeed"]
    )


@pytest.mark.parametrize(
    ("model", "value"),
    [
        ({"providers": [provider("Marsh", "99.00")]}, 0.64),  # (.9 + log 2 / log 6) / 2
        ({"providers": [provider("Marsh", "100"), provider("Marsh", "93.10")]}, 0.69),
        ({"providers": [provider("Marsh", "80.00")]}, 0.19),
        ({"providers": [provider(f"Marsh {n}") for n in range(9)]}, 1),
        ({"providers": [provider("Marsh", "99.00", "down")]}, 0),
        ({"tool_call_success": {"at_least": "0.95", "below": "0.99"}}, 0.95),
        ({"providers": [provider("Marsh", "99.00")], "tool_call_success": {"at_least": "0.9", "below": None}}, 0.73),
    ],
)  # fmt: skip
def test_availability_is_the_mean_of_uptime_providers_and_tool_calls(model: dict[str, Any], value: float) -> None:
    assert dimension(changed(statement(listing()), **{**NOTHING, **model}), "availability")["value"] == value


def test_availability_states_the_best_uptime_of_an_endpoint_that_is_up() -> None:
    served = [provider("Marsh", "99.123"), provider("Marsh", "90"), provider("Fen", "100", "down")]
    found = dimension(changed(statement(listing()), providers=served), "availability")["inputs"]
    assert found == {"providers_up": 1, "best_uptime_percent": "99.12", "tool_calls_succeed": None}


def test_provenance_counts_origins_corroborated_facts_and_conflicts() -> None:
    held = statement(listing())
    alone = dimension(held, "provenance")
    assert alone["inputs"] == {"publishers": 1, "facts": alone["inputs"]["facts"], "corroborated": 0, "conflicts": 0}
    assert alone["value"] == 0.48  # (log 2 / log 5 + 1 + 0) / 3
    several = made_from(subject())["unfragile"]
    found = dimension(several, "provenance")
    assert found["inputs"]["publishers"] == 2
    assert found["inputs"]["corroborated"] > 0
    disputed = {**held, "conflicts": [{}] * 9}
    assert dimension(disputed, "provenance")["value"] == 0.14


def test_a_catalogue_that_follows_the_seller_corroborates_nothing() -> None:
    # The record of models.dev in this passport is of its section on the seller.
    several = made_from(subject())["unfragile"]
    assert any(entry["source"] == "modelsdev" for entry in several["evidence"])
    of_maker = copy.deepcopy(several)
    for entry in of_maker["evidence"]:
        if entry["source"] == "modelsdev":
            entry["locator"] = entry["locator"].replace("/openrouter/", "/heron-lab/", 1)
    repeated, independent = (dimension(one, "provenance")["inputs"] for one in (several, of_maker))
    assert independent["publishers"] == repeated["publishers"] + 1
    assert independent["corroborated"] > repeated["corroborated"]


@pytest.mark.parametrize(
    ("model", "value"),
    [
        ({}, None), ({"licence": "apache-2.0", "open_weights": True}, 0.67), ({"licence": "llama3"}, 0.17),
        ({"licence": "cc-by-nc-4.0", "open_weights": True}, 0.5), ({"licence": "heron-licence-1"}, 0.17),
        ({"open_weights": False}, 0), ({"open_weights": True, "gated": "manual"}, 0.17),
    ],
)  # fmt: skip
def test_openness_is_the_mean_of_licence_weights_and_card(model: dict[str, Any], value: float | None) -> None:
    assert dimension(changed(statement(listing()), **model), "openness")["value"] == value


def test_a_card_that_was_read_makes_a_model_more_open_and_its_limits_count() -> None:
    held = made_from(subject())["unfragile"]
    assert dimension(held, "openness") == {
        "value": 1,
        "inputs": {
            "licence": "apache-2.0", "unrestricted": True, "open_weights": True, "on_request": False, "card": True,
        },
    }  # fmt: skip
    assert dimension(held, "safety_statements") == {"value": 0.36, "inputs": {"limits_of_card": 1}}
    silent = {**held, "evidence": [one for one in held["evidence"] if one["method"] not in ("section", "pattern")]}
    assert dimension(silent, "safety_statements") == {"value": 0, "inputs": {"limits_of_card": 0}}


@pytest.mark.parametrize(
    ("end", "days", "value"),
    [
        (None, 0, 1), (None, 14, 0.5), ("2026-08-30", 0, 1), ("2026-07-16", 0, 0.5), ("2026-06-02", 0, 0.01),
        ("2026-06-01", 0, 0), ("2026-05-01", 0, 0), ("2026-07-30", 14, 0.25), ("9999-12-31", 0, 1),
    ],
)  # fmt: skip
def test_currency_falls_with_age_and_as_the_end_comes_near(end: str | None, days: int, value: float) -> None:
    made = assess(
        CountedPassport(changed(statement(listing()), expires_on=end)), signed_at=SCRAPED + timedelta(days=days)
    )
    assert made["currency"]["value"] == value


def test_a_model_that_is_listed_no_more_is_not_current() -> None:
    held = statement(listing())
    held["trust"]["maintenance"]["status"] = "delisted"
    assert dimension(held, "currency")["value"] == 0
