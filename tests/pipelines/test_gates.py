from collections.abc import Iterable
from typing import Any

import pytest
from pydantic import ValidationError

from pipelines.gates import Filled, Gate, check, check_one, deadlines, default_gates, read_gates
from pipelines.merge import SOURCES
from pipelines.order import READERS
from schemas.crawl import CrawlReport, FetchFailure
from schemas.listing import Listing
from schemas.times import instant
from tests.pipelines.listings import SEEN, admitted, listing, raw
from tests.recordings import openrouter_models

BOUNDS: dict[str, Any] = {
    "minimum_listings": 3,
    "largest_drop": 0.5,
    "largest_reject_rate": 0.25,
    "refresh_after_h": 1,
    "stale_after_h": 2,
    "expires_after_h": 3,
    "fill_rates": {"context_tokens": 0.5},
}
GATE = Gate(**BOUNDS)
FAILURE = FetchFailure(url="https://x.example", status=503, reason="503 after 4 tries")


def report(**changes: Any) -> CrawlReport:
    made: dict[str, Any] = {
        "source": "openrouter", "complete": True, "finish_reason": "finished", "started_at": SEEN, "finished_at": SEEN,
        "requests": 1, "responses_by_status": {"200": 1}, "retries": 0, "listings": 4, "announced": None, "admitted": 4,
        "quarantined": 0, "failures": (), "leftovers": {}, "unknown_values": {},
    }  # fmt: skip
    return CrawlReport(**{**made, **changes})


def listings(stating: int, silent: int = 0) -> list[Listing]:
    made = [listing(id=f"heron-lab/h-{n}") for n in range(stating)]
    return made + [listing(id=f"heron-lab/s-{n}", context_length=None) for n in range(silent)]


def filled(read: Iterable[Listing]) -> Filled:
    counted = Filled()
    for one in read:
        counted.note(one)
    return counted


def test_a_good_crawl_breaks_no_bound() -> None:
    assert check(report(), filled(listings(4)), GATE, last_good=4) == []
    assert check(report(), filled(listings(4)), GATE, last_good=None) == []


@pytest.mark.parametrize(
    ("changes", "read", "last_good", "gates"),
    [
        ({"listings": 2}, listings(2), None, ["minimum_listings"]),
        ({"listings": 3}, listings(3), 6, []),
        ({"listings": 3}, listings(3), 7, ["largest_drop"]),
        ({"listings": 0}, [], 4, ["minimum_listings", "largest_drop"]),
        ({"listings": 20, "quarantined": 5}, listings(15), None, []),
        ({"listings": 20, "quarantined": 6}, listings(14), None, ["largest_reject_rate"]),
        ({"listings": 19, "quarantined": 19}, [], None, []),
        ({}, listings(2, 2), None, []),
        ({}, listings(1, 3), None, ["fill_rates.context_tokens"]),
        ({"complete": False, "finish_reason": "shutdown"}, listings(4), None, ["complete"]),
        ({"failures": (FAILURE, FAILURE)}, listings(4), None, ["complete", "complete"]),
        ({"complete": False, "failures": (FAILURE,), "listings": 1}, listings(1), 300, ["complete"]),
    ],
)
def test_each_bound_that_is_broken_is_named(
    changes: dict[str, Any], read: list[Listing], last_good: int | None, gates: list[str]
) -> None:
    breaches = check(report(**changes), filled(read), GATE, last_good=last_good)
    assert [breach.gate for breach in breaches] == gates
    assert all(breach.source == "openrouter" and breach.reason for breach in breaches)


def test_a_crawl_of_one_listing_need_only_have_come_whole() -> None:
    assert check_one(report(listings=1)) == []
    (early,) = check_one(report(listings=1, complete=False))
    assert (early.gate, "ended early" in early.reason) == ("complete", True)
    assert [breach.reason for breach in check_one(report(failures=(FAILURE,)))] == ["503 after 4 tries"]


def test_every_source_that_is_read_has_a_gate_and_a_precedence() -> None:
    assert default_gates().keys() == READERS.keys() == set(SOURCES)


@pytest.mark.parametrize(
    "wrong",
    [
        {"largest_drop": 1.5}, {"largest_reject_rate": -0.1}, {"minimum_listings": -1}, {"refresh_after_h": 0},
        {"refresh_after_h": 5}, {"stale_after_h": 4}, {"fill_rates": {"x": 2.0}}, {"largest_rise": 0.1},
        {"stale_after_h": None},
    ],
)  # fmt: skip
def test_a_bound_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Gate(**{**BOUNDS, **wrong})


def test_a_table_of_gates_is_read() -> None:
    text = "[x]\nminimum_listings = 0\nlargest_drop = 1\nlargest_reject_rate = 0.5\n"
    ages = "refresh_after_h = 1\nstale_after_h = 2\nexpires_after_h = 3\n"
    assert read_gates(text + ages)["x"].stale_after.total_seconds() == 7200
    with pytest.raises(ValidationError, match="refresh_after_h"):
        read_gates(text)


def test_deadlines_count_from_the_scrape() -> None:
    ends = deadlines(SEEN, GATE)
    assert [(end - instant(SEEN)).total_seconds() / 3600 for end in ends] == [1, 2, 3]


def test_mandatory_facts_have_the_names_that_the_reader_gives_them() -> None:
    stated = {fact.name for fact in listing(knowledge_cutoff="2025-01").facts}
    assert set(default_gates()["openrouter"].fill_rates) <= stated


@pytest.mark.recordings
@pytest.mark.parametrize("day", ["2025-12-18", "2026-04-22", "2026-06-18"])
def test_a_recorded_day_passes_the_gate(day: str) -> None:
    read = [admitted(raw(model)) for model in openrouter_models(day)]
    whole = report(listings=len(read), admitted=len(read))
    assert check(whole, filled(read), default_gates()["openrouter"], last_good=371) == []
