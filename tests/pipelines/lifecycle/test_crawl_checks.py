import json
from collections.abc import Iterable
from typing import Any

import pytest
from pydantic import ValidationError

from pipelines.freshness import deadlines
from pipelines.lifecycle.crawl_checks import (
    FEWEST_TO_RATE,
    RATED_TOGETHER,
    FillCounts,
    RefusalCounts,
    Variety,
    check,
    check_one,
    check_refusals,
)
from pipelines.normalise.admit import admit
from pipelines.rules.gates import Gate, default_gates, read_gates
from schemas.crawl import CrawlReport, FetchFailure
from schemas.listing import Fact, FactValue, Listing
from schemas.sources import SOURCE_NAMES
from schemas.times import instant
from tests.support.hub_records import absence
from tests.support.listings import SEEN, admitted, listing, raw, raw_body
from tests.support.recordings import hub_items, openrouter_models, recorded_days, recordings_dir

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


def fill_counts(read: Iterable[Listing], gate: Gate | None = None) -> FillCounts:
    counted = FillCounts((gate or GATE).rated)
    for one in read:
        counted.note(one)
    return counted


def test_a_good_crawl_breaks_no_bound() -> None:
    assert check(report(), fill_counts(listings(4)), GATE, last_good=4) == []
    assert check(report(), fill_counts(listings(4)), GATE, last_good=None) == []


@pytest.mark.parametrize(
    ("changes", "read", "last_good", "gates"),
    [
        ({"listings": 2}, listings(2), None, ["minimum_listings"]),
        ({"listings": 3}, listings(3), 6, []),
        ({"listings": 3}, listings(3), 7, ["largest_drop"]),
        ({"listings": 0}, [], 4, ["minimum_listings", "largest_drop"]),
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
    breaches = check(report(**changes), fill_counts(read), GATE, last_good=last_good)
    assert [breach.gate for breach in breaches] == gates
    assert all(breach.source == "openrouter" and breach.reason for breach in breaches)


@pytest.mark.parametrize(
    ("admitted", "refused", "message"),
    [
        (15, 5, ""),
        (14, 6, "6 of 20 records of openrouter were refused, more than 25%: see the quarantine"),
        (0, 19, ""),
        (0, 2_000, "2,000 of 2,000 records of openrouter were refused, more than 25%: see the quarantine"),
        (0, 0, ""),
    ],
)
def test_more_refused_than_the_gate_allows_is_a_breach_of_enough_to_be_rated(
    admitted: int, refused: int, message: str
) -> None:
    found = check_refusals(report(), {"openrouter": RefusalCounts(admitted, refused)}, {"openrouter": GATE})
    assert [(breach.source, breach.gate, breach.reason) for breach in found] == (
        [("openrouter", "largest_reject_rate", message)] if message else []
    )


def test_each_kind_of_record_is_judged_by_its_own_rate_over_its_own_count() -> None:
    gates, hub = default_gates(), report(source="huggingface", listings=1_000, quarantined=120)
    good = {"huggingface": RefusalCounts(1_000, 0), "huggingface-card": RefusalCounts(880, 120)}
    assert check_refusals(hub, good, gates) == []
    [breach] = check_refusals(hub, {**good, "huggingface-card": RefusalCounts(790, 210)}, gates)
    assert (breach.source, "210 of 1,000 records of huggingface-card" in breach.reason) == ("huggingface", True)
    hidden = {"huggingface": RefusalCounts(90, 10), "huggingface-card": RefusalCounts(1_000, 0)}
    [breach] = check_refusals(hub, hidden, gates)
    assert "10 of 100 records of huggingface were refused, more than 5%" in breach.reason
    [breach] = check_refusals(
        report(), {"openrouter": RefusalCounts(300, 0), "openrouter-endpoints": RefusalCounts(280, 20)}, gates
    )
    assert "20 of 300 records of openrouter-endpoints were refused, more than 5%" in breach.reason


def test_a_crawl_that_ended_early_is_not_judged_by_what_it_refused() -> None:
    early = report(complete=False, finish_reason="shutdown")
    assert check_refusals(early, {"openrouter": RefusalCounts(0, 100)}, {"openrouter": GATE}) == []


def test_a_crawl_of_one_listing_need_only_have_come_whole() -> None:
    assert check_one(report(listings=1)) == []
    (early,) = check_one(report(listings=1, complete=False))
    assert (early.gate, "ended early" in early.reason) == ("complete", True)
    assert [breach.reason for breach in check_one(report(failures=(FAILURE,)))] == ["503 after 4 tries"]


def test_every_source_that_is_read_has_a_gate_and_a_precedence() -> None:
    assert default_gates().keys() == set(SOURCE_NAMES)


@pytest.mark.parametrize(
    "wrong",
    [
        {"largest_drop": 1.5}, {"largest_reject_rate": -0.1}, {"minimum_listings": -1}, {"refresh_after_h": 0},
        {"refresh_after_h": 5}, {"stale_after_h": 4}, {"fill_rates": {"x": 2.0}}, {"largest_rise": 0.1},
        {"stale_after_h": None}, {"distinct_rates": {"x": -0.1}},
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
    gate = default_gates()["openrouter"]
    counted = fill_counts([listing(knowledge_cutoff="2025-01")], gate)
    assert gate.fill_rates.keys() | gate.distinct_rates.keys() <= counted.stated.keys()


def test_a_name_or_a_fact_that_is_blank_is_not_stated() -> None:
    blank = Fact("description", "", "/description", "")
    one = listing()
    emptied = one.model_copy(update={"name": "", "facts": (blank,)})
    gate = Gate(**{**BOUNDS, "fill_rates": {"name": 1.0, "description": 1.0}})
    assert check(report(), fill_counts([one] * 4, gate), gate, last_good=None) == []
    breaches = check(report(), fill_counts([one, one, one, emptied], gate), gate, last_good=None)
    assert [breach.gate for breach in breaches] == ["fill_rates.name", "fill_rates.description"]


def test_the_answer_that_there_is_none_is_no_listing() -> None:
    gate = Gate(**{**BOUNDS, "fill_rates": {"name": 1.0}})
    counted = fill_counts([absence(), listing(), absence()], gate)
    assert (counted.listings, counted.stated["name"]) == (1, 1)


def named(names: Iterable[str]) -> list[Listing]:
    one = listing()
    return [one.model_copy(update={"name": name}) for name in names]


NAMES = [f"Heron {n}" for n in range(RATED_TOGETHER)]


@pytest.mark.parametrize(
    ("names", "share"),
    [
        ([], 1.0),
        (["unknown"] * (FEWEST_TO_RATE - 1), 1.0),
        (["unknown"] * FEWEST_TO_RATE, 1 / FEWEST_TO_RATE),
        (NAMES[:40] + ["unknown"] * 40, 41 / 80),
        (NAMES, 1.0),
        (NAMES + NAMES, 1.0),
        (NAMES + ["unknown"] * RATED_TOGETHER + NAMES, 1 / RATED_TOGETHER),
        (NAMES + ["unknown"] * 5, 1.0),
    ],
)
def test_how_many_differ_is_rated_window_by_window(names: list[str], share: float) -> None:
    gate = Gate(**{**BOUNDS, "distinct_rates": {"name": 0.5}})
    assert fill_counts(named(names), gate).varieties["name"].share == pytest.approx(share)


def test_ten_thousand_statements_are_rated_as_one() -> None:
    variety = Variety()
    for _ in range(9_999):
        variety.note("unknown")
    assert (variety.stated, variety.least) == (9_999, 1.0)
    variety.note("unknown")
    assert (variety.stated, variety.least) == (0, 1 / 10_000)


def test_what_differs_as_much_as_it_must_is_enough() -> None:
    gate = Gate(**{**BOUNDS, "fill_rates": {}, "distinct_rates": {"name": 0.5}})
    assert check(report(), fill_counts(named(NAMES[:20] * 2), gate), gate, last_good=None) == []
    breaches = check(report(), fill_counts(named([*NAMES[:19] * 2, NAMES[0], NAMES[0]]), gate), gate, last_good=None)
    assert [breach.gate for breach in breaches] == ["distinct_rates.name"]


def test_one_value_in_the_place_of_all_others_closes_the_gate() -> None:
    gate = Gate(**{**BOUNDS, "fill_rates": {}, "distinct_rates": {"name": 0.5, "knowledge_cutoff": 0.5}})
    assert check(report(), fill_counts(named(NAMES[:100]), gate), gate, last_good=None) == []
    [breach] = check(report(), fill_counts(named(["unknown"] * 100), gate), gate, last_good=None)
    assert breach.gate == "distinct_rates.name"
    assert breach.reason.startswith("only 1.0% of what is stated as name differs, at least 50% must")


def marked(marks: Iterable[FactValue]) -> list[Listing]:
    one = listing()
    return [one.model_copy(update={"facts": (Fact("open", mark, "/open", mark),)}) for mark in marks]


def test_a_mark_says_nothing_that_could_differ_and_a_value_under_the_same_name_does() -> None:
    gate = Gate(**{**BOUNDS, "fill_rates": {"open": 1.0}, "distinct_rates": {"open": 0.5}})
    marks = fill_counts(marked([True] * 100), gate)
    assert (marks.stated["open"], "open" in marks.varieties) == (100, False)
    assert check(report(), marks, gate, last_good=None) == []
    values = fill_counts(marked([True, "weights"] * 50), gate)
    assert values.varieties["open"].stated == 50
    assert [breach.gate for breach in check(report(), values, gate, last_good=None)] == ["distinct_rates.open"]


AFTER_ALL = "2026-06-18T09:00:00.000Z"
"""The last recorded day: no record is dated later."""


def judged(models: list[dict[str, Any]]) -> list[str]:
    read = [admitted(raw(model).model_copy(update={"observed_at": AFTER_ALL})) for model in models]
    whole = report(listings=len(read), admitted=len(read))
    gate = default_gates()["openrouter"]
    return [breach.gate for breach in check(whole, fill_counts(read, gate), gate, last_good=371)]


@pytest.mark.recordings
def test_every_recorded_day_passes_the_gate() -> None:
    assert {day: judged(openrouter_models(day)) for day in recorded_days()} == {day: [] for day in recorded_days()}


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("changed", "gates"),
    [
        ({"name": "unknown"}, ["distinct_rates.name"]),
        ({"description": "A model."}, ["distinct_rates.description"]),
        ({"description": ""}, ["fill_rates.description"]),
        ({"created": 1_767_225_600}, ["distinct_rates.listed_on"]),
        ({"context_length": 4096}, ["distinct_rates.context_tokens"]),
        ({"pricing": {"prompt": "0", "completion": "0"}}, ["distinct_rates.price:prompt"]),
        ({"pricing": {"prompt": "-1", "completion": "-1"}}, ["fill_rates.price:prompt"]),
    ],
)
def test_a_recorded_day_with_one_value_in_every_record_does_not(changed: dict[str, Any], gates: list[str]) -> None:
    for day in recorded_days()[::9]:  # the first and the last of ten
        found = judged([model | changed for model in openrouter_models(day)])
        assert set(gates) <= set(found), day


@pytest.mark.recordings
def test_the_recorded_repositories_of_the_hub_pass_its_gate_however_many_there_are() -> None:
    gate, items = default_gates()["huggingface"], hub_items()
    for some in (items[:1500], items[1500:], items):
        read = [admitted(raw(item, "huggingface")) for item in some]
        assert (
            check(report(source="huggingface", listings=len(read)), fill_counts(read, gate), gate, last_good=None) == []
        )


@pytest.mark.recordings
def test_the_recorded_catalogue_passes_its_gate_and_one_without_dates_does_not() -> None:
    [recorded] = (recordings_dir() / "data/modelsdev").glob("api_*.json")
    sections, gate = json.loads(recorded.read_bytes()), default_gates()["modelsdev"]
    entries = [(part, key, entry) for part, section in sections.items() for key, entry in section["models"].items()]

    def breached(**changed: Any) -> list[str]:
        bodies = ((part, key, {part: {"models": {key: entry | changed}}}) for part, key, entry in entries)
        judged = (admit(raw_body(json.dumps(body), id=f"{p}/{k}", source="modelsdev")) for p, k, body in bodies)
        read = [one for one in judged if isinstance(one, Listing)]
        found = check(report(source="modelsdev", listings=len(read)), fill_counts(read, gate), gate, last_good=None)
        return [breach.gate for breach in found]

    assert breached() == []
    assert breached(release_date="1970-01-01") == ["distinct_rates.released_on"]
    assert breached(name="unknown") == ["distinct_rates.name"]
