import dataclasses
from datetime import timedelta

import pytest

from schemas.passport.trust import Trust
from tests.support.listings import NOW, SEEN, TERMS, endpoints, listing, passport, statement
from tests.support.recordings import sample_passport


def test_the_keys_are_those_of_the_schema_in_its_order() -> None:
    assert list(passport(listing())["unfragile"]["trust"]) == list(Trust.model_fields)


def test_risk_is_high_because_two_third_parties_see_the_prompts() -> None:
    assert statement(listing())["trust"]["data_access_risk"] == "high"


@pytest.mark.parametrize(
    ("age_h", "verdict"), [(0, "fresh"), (72, "fresh"), (73, "due"), (168, "due"), (169, "stale"), (700, "stale")]
)
def test_freshness_judges_the_scrape_that_the_passport_was_made_from(age_h: int, verdict: str) -> None:
    terms = dataclasses.replace(TERMS, now=NOW.replace(hour=9) + timedelta(hours=age_h))
    (source,) = statement(listing(), terms=terms)["trust"]["freshness"]["sources"]
    assert source == {
        "source": "openrouter",
        "last_scraped_at": SEEN,
        "due_after": "2026-06-04T09:00:00.000Z",
        "stale_after": "2026-06-08T09:00:00.000Z",
        "verdict": verdict,
    }


def test_each_source_that_was_used_is_judged_by_its_own_bounds() -> None:
    sources = statement(listing(), endpoints({}))["trust"]["freshness"]["sources"]
    assert [(source["source"], source["due_after"]) for source in sources] == [
        ("openrouter", "2026-06-04T09:00:00.000Z"),
        ("openrouter-endpoints", "2026-06-02T09:00:00.000Z"),
    ]


def test_no_outcome_and_no_popularity_is_made_up() -> None:
    trust = statement(listing())["trust"]
    assert trust["observed_outcomes"] == {
        "matches": 0, "success_rate": 0, "avg_confidence": 0, "top_intents": [], "last_matched_at": None,
    }  # fmt: skip
    assert set(trust["community"].values()) == {None}
    assert trust["maintenance"]["last_scraped_at"] == SEEN


@pytest.mark.recordings
def test_the_sample_has_no_key_that_ours_lacks_and_the_same_order() -> None:
    published = sample_passport()["passport"]["unfragile"]["trust"]
    ours = passport(listing())["unfragile"]["trust"]
    assert [key for key in ours if key in published] == list(published)
    for key in ("maintenance", "community", "observed_outcomes", "rank_breakdown"):
        assert list(ours[key]) == list(published[key])
