import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.formats.json_pointer import resolve
from pipelines.formats.record_reader import as_stated
from pipelines.merge.agreement import differing
from pipelines.merge.gather import gather
from pipelines.merge.joins import joins_of
from pipelines.normalise.admit import admit
from schemas.listing import Fact, Listing, Quarantined, RawListing
from tests.support.json_values import VALUES, unhurried
from tests.support.listings import MODEL, admitted, listing, raw_body, refused
from tests.support.recordings import recordings_dir

ID = "heron-lab/heron-7b"
ENTRY: dict[str, Any] = {
    "id": ID,
    "name": "Heron 7B",
    "family": "heron",
    "attachment": True,
    "reasoning": False,
    "tool_call": True,
    "structured_output": True,
    "temperature": True,
    "knowledge": "2025-06",
    "release_date": "2025-12-30",
    "last_updated": "2026-01-02",
    "modalities": {"input": ["text", "pdf", "image"], "output": ["text"]},
    "open_weights": True,
    "limit": {"context": 65_536, "output": 16_384},
    "cost": {"input": 0.2, "output": 0.6, "cache_read": 0.05, "tiers": [{"input": 1}]},
}


def raw(section: str = "openrouter", *, within: dict[str, Any] | None = None, **changes: Any) -> RawListing:
    """A record of the entry; `cost__input=1` changes a nested field."""
    made = json.loads(json.dumps(ENTRY))
    for key, value in changes.items():
        outer, _, inner = key.partition("__")
        place, name = (made[outer], inner) if inner else (made, outer)
        place[name] = value
    model_id = str(made.get("id"))
    body = json.dumps(within if within is not None else {section: {"models": {model_id: made}}}, sort_keys=True)
    return raw_body(body, id=f"{section}/{model_id}", source="modelsdev")


def entry(section: str = "openrouter", **changes: Any) -> Listing:
    return admitted(raw(section, **changes))


def facts(section: str = "openrouter", **changes: Any) -> dict[str, Any]:
    return {fact.name: fact.value for fact in entry(section, **changes).facts}


def test_an_entry_of_openrouters_section_tells_of_model_and_offer() -> None:
    read = entry()
    assert (read.kind, read.id, read.name, read.author) == ("entry", f"openrouter/{ID}", "Heron 7B", "heron-lab")
    assert (read.slug, read.same_as) == ("openrouter-heron-lab-heron-7b", (f"openrouter:{ID}",))
    assert {fact.name: fact.value for fact in read.facts} == {
        "released_on": "2025-12-30",
        "knowledge_cutoff": "2025-06",
        "open_weights": True,
        "context_tokens": 65_536,
        "max_output_tokens": 16_384,
        "input:file": True,
        "input:image": True,
        "input:text": True,
        "input_modalities": ("file", "image", "text"),
        "output:text": True,
        "output_modalities": ("text",),
        "claimed:tools": True,
        "claimed:reasoning": False,
        "claimed:structured_outputs": True,
        "price:prompt": "0.0000002",
        "price:completion": "0.0000006",
        "price:input_cache_read": "0.00000005",
    }
    assert (read.leftovers, read.unfamiliar) == ((), ())


def test_every_fact_is_found_at_its_locator() -> None:
    came = raw(cost__output=0.6)
    record = json.loads(came.body, parse_float=Decimal)
    for fact in admitted(came).facts:
        assert as_stated(resolve(record, fact.locator)) == fact.as_stated
    assert Fact("input:file", True, "/openrouter/models/heron-lab~1heron-7b/modalities/input/1", "pdf") in entry().facts


@pytest.mark.parametrize(
    ("section", "model_id", "same_as"),
    [
        ("huggingface", "HeronLab/Heron-7B", ("huggingface:HeronLab/Heron-7B",)),
        ("huggingface", "heron", ()),
        ("huggingface", "HeronLab/Heron 7B", ()),
        ("huggingface", "a/b/c", ()),
        ("huggingface", "../HeronLab", ()),
        ("marsh", "heron-lab/heron-7b", ()),
        ("marsh", "heron-7b", ()),
        ("openrouter", "heron-lab/heron-7b:free", ("openrouter:heron-lab/heron-7b:free",)),
        ("openrouter", "~heron-lab/latest", ("openrouter:~heron-lab/latest",)),
    ],
)
def test_only_where_a_section_has_the_ids_of_a_source_is_an_entry_of_its_record(
    section: str, model_id: str, same_as: tuple[str, ...]
) -> None:
    assert entry(section, id=model_id).same_as == same_as


def test_an_offer_elsewhere_tells_of_the_model_alone_and_its_terms_are_not_judged() -> None:
    read = facts("marsh", cost="free", limit=[], modalities=None, tool_call="yes")
    assert read == {"released_on": "2025-12-30", "knowledge_cutoff": "2025-06", "open_weights": True}
    assert entry("marsh").leftovers == ()


def test_variants_and_aliases_are_joined_to_nothing() -> None:
    joins = joins_of([listing(), listing(id=f"{ID}:free")])
    placed = [joins.passports_of(entry(id=one)) for one in (ID, f"{ID}:free", "~heron-lab/latest", "crane-lab/crane")]
    assert [[joined.slug for joined in one] for one in placed] == [["heron-lab-heron-7b"], [], [], []]


def test_a_joined_entry_adds_what_the_listing_leaves_open_and_contradicts_it_where_it_differs() -> None:
    own = listing(knowledge_cutoff=None)
    joins = joins_of([own])
    [subject] = gather([own], joined=joins.passports_of(entry(limit__context=4096))).subjects
    assert (subject.value("knowledge_cutoff"), subject.value("context_tokens")) == ("2025-06", 65_536)
    assert [claim.fact.value for claim in differing(subject, "context_tokens")] == [4096]
    assert differing(subject, "price:prompt") == []


@pytest.mark.parametrize(
    ("million", "one"),
    [
        ("0.1", "0.0000001"),
        ("3", "0.000003"),
        ("0.0000001", "0.0000000000001"),
        ("1e-7", "0.0000000000001"),
        ("0.020833333333333333333333333333333333", "0.000000020833333333333333333333333333333333"),
        ("0", "0"),
        ("0.0", "0"),
    ],
)
def test_dollars_for_a_million_tokens_are_divided_to_the_last_digit(million: str, one: str) -> None:
    body = raw(cost=777).body.replace("777", f'{{"input": {million}}}')
    read = admitted(raw_body(body, id=f"openrouter/{ID}", source="modelsdev"))
    assert [price.usd for price in read.prices] == [one]
    assert {fact.name: fact.value for fact in read.facts}["price:prompt"] == one


@unhurried
@given(st.decimals(0, 1000, allow_nan=False, places=12))
def test_a_million_times_the_price_of_a_token_is_what_is_there(million: Decimal) -> None:
    body = raw(cost=777).body.replace("777", f'{{"input": {million:f}}}')
    [price] = admitted(raw_body(body, id=f"openrouter/{ID}", source="modelsdev")).prices
    assert Decimal(price.usd) * 1_000_000 == million


def test_silence_is_no_fact() -> None:
    silent = {"cost": None, "limit": None, "modalities": None, "knowledge": "", "release_date": None}
    read = facts(**silent, structured_output=None, tool_call=None, reasoning=None, open_weights=None)
    assert read == {}
    unknown = facts(limit={"context": 0, "output": 0}, modalities={"input": [], "output": ["text"]})
    assert unknown.keys().isdisjoint({"context_tokens", "max_output_tokens", "input_modalities"})


def test_a_month_of_release_is_no_day() -> None:
    assert "released_on" not in facts(release_date="2025-12")


@pytest.mark.parametrize(("name", "read"), [("Heron\t7B \t", "Heron 7B"), ("", ID), (None, ID), ("\u202eH", "H")])
def test_a_name_is_one_line_whatever_it_holds(name: str | None, read: str) -> None:
    assert entry(name=name).name == read


def test_unknown_words_and_fields_are_retained_and_counted() -> None:
    read = entry(aura=1, limit__depth=2, cost__telepathy=3, modalities={"input": ["text", "smell"], "output": ["text"]})
    assert set(read.leftovers) == {"/aura", "/limit/depth", "/cost/telepathy"}
    assert read.unfamiliar == ("input:smell",)


def test_a_word_that_occurs_twice_under_two_names_is_one_fact() -> None:
    read = entry(modalities={"input": ["pdf", "file", "pdf"], "output": []})
    assert [fact.name for fact in read.facts if fact.name.startswith("input")] == ["input:file", "input_modalities"]


WRONG: dict[str, list[Any]] = {
    "id": [None, 7, "", " ", "a\nb", "n" * 201],
    "name": [7, []],
    "knowledge": [7, "soon", "2025-13", "2025-02-31", "20250601"],
    "release_date": ["2025-25-11", 20251230, "2025"],
    "open_weights": ["yes", 1],
    "tool_call": ["true", 0],
    "reasoning": [{}],
    "structured_output": ["no"],
    "limit": ["65536", []],
    "limit__context": ["65536", -1, 0.5, True, 2**60, 200_000_000],
    "limit__output": ["16k", -1],
    "modalities": [[], "text"],
    "modalities__input": ["text", [1], [None], ["te\u202ext"]],
    "cost": [0.2, []],
    "cost__input": ["0.2", -1, True, [], {}, 1e60, 200_000],
    "cost__output": [-0.6],
    "cost__cache_read": ["free"],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in WRONG.items() for value in values])
def test_a_field_of_another_kind_is_quarantined_with_its_place(field: str, value: Any) -> None:
    came = raw(**{field: value})
    refusal = refused(came)
    key = str(value if field == "id" else ID).replace("/", "~1")[:100]
    assert refusal.field.startswith(f"/openrouter/models/{key}"), refusal
    assert field == "id" or f"/{field.replace('__', '/')}" in refusal.field
    assert (refusal.raw, refusal.source) == (came.body, "modelsdev")


@pytest.mark.parametrize(
    "within",
    [
        {},
        {"openrouter": {}},
        {"openrouter": {"models": []}},
        {"openrouter": {"models": {}}},
        {"openrouter": {"models": {ID: "soon"}}},
        {"openrouter": {"models": {ID: ENTRY, "a/b": ENTRY}}},
        {"openrouter": {"models": {ID: ENTRY}}, "marsh": {"models": {}}},
        {"marsh": {"models": {ID: ENTRY}}},
        {"openrouter": {"models": {"other": ENTRY}}},
        {"openrouter": {"models": {"n" * 101: {**ENTRY, "id": "n" * 101}}}},
    ],
)
def test_a_record_that_is_not_its_entry_alone_is_quarantined(within: dict[str, Any]) -> None:
    assert refused(raw(within=within)).stage == "normalise"


@unhurried
@given(VALUES, st.sampled_from([*ENTRY, "status"]))
def test_whatever_a_field_holds_the_entry_is_read_or_quarantined(value: Any, field: str) -> None:
    came = raw()
    body = json.loads(came.body)
    body["openrouter"]["models"][ID][field] = value
    judged = admit(came.model_copy(update={"body": json.dumps(body)}))
    assert isinstance(judged, Listing | Quarantined)


@pytest.mark.recordings
def test_of_the_recorded_entries_only_those_with_impossible_days_are_refused() -> None:
    [recorded] = (recordings_dir() / "data/modelsdev").glob("api_*.json")
    stated: dict[str, str] = {}
    for section, provider in json.loads(recorded.read_bytes()).items():
        for model_id, made in provider["models"].items():
            body = json.dumps({section: {"models": {model_id: made}}})
            judged = admit(raw_body(body, id=f"{section}/{model_id}", source="modelsdev"))
            if isinstance(judged, Quarantined):
                stated[judged.id] = judged.reason
    assert len(stated) == 3
    assert all("not a day" in reason for reason in stated.values())


def test_the_listings_of_these_tests_are_of_one_model() -> None:
    assert MODEL["id"] == ID
