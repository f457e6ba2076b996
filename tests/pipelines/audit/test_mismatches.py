"""A passport is proved by the records; one false claim is found and named, though the issuer signed it."""

import copy
from typing import Any

import orjson
import pytest

from pipelines.audit.mismatches import Mismatch, mismatches
from pipelines.formats.json_pointer import resolve
from pipelines.merge.gather import gather
from pipelines.merge.joins import Joined
from pipelines.order import Issuance, Issued, make
from pipelines.passport.changes import changes_between
from pipelines.rules.gates import default_gates
from schemas.listing import RawListing
from tests.support.hub_records import REPOSITORY, repository_raw
from tests.support.listings import ENDPOINT, TERMS, admitted, passport, raw, raw_body, raw_endpoints, record
from tests.support.signed import KEYS, SIGNER

RAWS: list[RawListing] = [
    raw(
        record(expiration_date="2026-07-01", description="A small model that answers...", knowledge_cutoff="2025-06-30")
    ),
    raw(record(id="heron-lab/heron-7b:free", pricing={"prompt": "0", "completion": "0"})),
    raw_endpoints({**ENDPOINT, "uptime_last_30m": 90.123456}),
]


@pytest.fixture(scope="module")
def signed() -> dict[str, Any]:
    return passport(*map(admitted, RAWS))


def judge(document: dict[str, Any], raws: list[RawListing] = RAWS) -> list[Mismatch]:
    return mismatches(document, raws, gates=default_gates())


def test_a_true_passport_is_proved_by_its_records(signed: dict[str, Any]) -> None:
    assert judge(signed) == []
    assert {entry["source"] for entry in signed["unfragile"]["evidence"]} >= {"openrouter", "openrouter-endpoints"}


@pytest.mark.parametrize(
    "changes",
    [
        {"pricing": {"prompt": "0", "completion": "0"}, "architecture.output_modalities": ["text", "audio"]},
        {"pricing": {"prompt": "0", "completion": "0"}, "architecture.tokenizer": "Router"},
        {"context_length": 4095, "description": "It may hallucinate."},
    ],
)
def test_a_price_left_open_a_router_and_a_limit_in_words_are_proved_too(changes: dict[str, Any]) -> None:
    raws = [raw(record(**changes))]
    assert judge(passport(*map(admitted, raws)), raws) == []


def spoiled(signed: dict[str, Any], pointer: str, value: object) -> dict[str, Any]:
    document = copy.deepcopy(signed)
    parent, _, key = pointer.rpartition("/")
    holder = resolve(document["unfragile"], parent)
    holder[int(key) if isinstance(holder, list) else key] = value
    return document


@pytest.mark.parametrize(
    ("pointer", "value", "named"),
    [
        ("/artifact/status", "active", "/artifact/status"),
        ("/artifact/pricing/starting_price", "$1.00e-9 per prompt token", "/artifact/pricing/starting_price"),
        ("/artifact/model/context_tokens", 1_000_000, "/artifact/model/context_tokens"),
        ("/artifact/model/prices/0/usd", "0.1", "/artifact/model/prices/prompt/usd"),
        ("/artifact/model/providers/0/name", "Another", "/artifact/model/providers/marsh~1fp8/name"),
        ("/capabilities/1/name", "mind reading", "/capabilities/mind reading/name"),
        ("/capabilities/0/description", "Answers everything.", "/capabilities/multi-turn chat/description"),
        ("/capabilities/0/confidence", 1, "/capabilities/multi-turn chat/confidence"),
        ("/trust/data_access_risk", "low", "/trust/data_access_risk"),
        ("/trust/failure_modes/0", "none worth mentioning", "/trust/failure_modes/none worth mentioning"),
        ("/trust/community/stars", 9_000, "/trust/community/stars"),
    ],
)
def test_one_false_statement_is_named(signed: dict[str, Any], pointer: str, value: object, named: str) -> None:
    found = judge(spoiled(signed, pointer, value))
    assert named in [mismatch.path for mismatch in found]


@pytest.mark.parametrize("key", ["value", "quote", "locator", "content_sha256", "source"])
def test_evidence_that_says_something_else_is_named(signed: dict[str, Any], key: str) -> None:
    stated = {
        "value": "something else",
        "quote": "not there",
        "locator": "/name",
        "content_sha256": "0" * 64,
        "source": "x",
    }
    place = next(
        n for n, e in enumerate(signed["unfragile"]["evidence"]) if key in e and e["asserted_by"] == "openrouter"
    )
    (found,) = judge(spoiled(signed, f"/evidence/{place}/{key}", stated[key]))
    assert found.path == signed["unfragile"]["evidence"][place]["path"]


def test_a_statement_without_evidence_is_named(signed: dict[str, Any]) -> None:
    document = copy.deepcopy(signed)
    evidence = document["unfragile"]["evidence"]
    document["unfragile"]["evidence"] = [entry for entry in evidence if entry["path"] != "/capabilities/0"]
    assert Mismatch("/capabilities/0", "has no evidence") in judge(document)


@pytest.mark.parametrize(
    "path",
    ["/artifact/status", "/trust/data_access_risk", "/capabilities/1", "/capabilities/0/limitations/0",
     "/trust/failure_modes/0", "/trust/failure_modes/1"],
)  # fmt: skip
def test_every_capability_limitation_and_failure_mode_needs_evidence(signed: dict[str, Any], path: str) -> None:
    evidence = signed["unfragile"]["evidence"]
    assert path in {entry["path"] for entry in evidence}
    rest = [entry for entry in evidence if entry["path"] != path]
    assert judge(spoiled(signed, "/evidence", rest)) == [Mismatch(path, "has no evidence")]


def test_what_the_issuer_asserts_is_what_the_passport_says_there(signed: dict[str, Any]) -> None:
    evidence = signed["unfragile"]["evidence"]
    place, entry = next((n, one) for n, one in enumerate(evidence) if one["asserted_by"] == "issuer")
    says = resolve(signed["unfragile"], entry["locator"])
    assert says == entry["value"]
    assert judge(spoiled(signed, f"/evidence/{place}/value", "something else")) == [
        Mismatch(entry["path"], f"{entry['locator']} of the passport is {says!r}")
    ]


def test_a_passport_is_valid_as_long_as_its_records_let_it_be(signed: dict[str, Any]) -> None:
    assert signed["expiresAt"] == "2026-07-01T09:00:00.000Z"
    (found,) = judge({**signed, "expiresAt": "2036-07-01T09:00:00.000Z"})
    assert found == Mismatch("/expiresAt", "must be 2026-07-01T09:00:00.000Z, not 2036-07-01T09:00:00.000Z")


@pytest.mark.parametrize(("length", "shown"), [(78, f"'{'x' * 78}'"), (79, f"'{'x' * 78}…"), (200, f"'{'x' * 78}…")])
def test_a_reason_shows_80_characters_of_a_value(signed: dict[str, Any], length: int, shown: str) -> None:
    path = "/capabilities/0/description"
    [reason] = [one.reason for one in judge(spoiled(signed, path, "x" * length)) if one.path.endswith("/description")]
    assert reason.startswith("the rules give 'A")
    assert reason.endswith(f", not {shown}")


def test_an_item_of_a_list_is_no_words_of_a_text(signed: dict[str, Any]) -> None:
    evidence = signed["unfragile"]["evidence"]
    place = next(n for n, one in enumerate(evidence) if "quote" in one and one["asserted_by"] == "openrouter")
    document = spoiled(signed, f"/evidence/{place}/quote", "tools")
    (found,) = judge(spoiled(document, f"/evidence/{place}/locator", "/supported_parameters"))
    assert (found.path, "the quote is not in" in found.reason) == (evidence[place]["path"], True)


def test_rules_that_do_not_exist_prove_nothing(signed: dict[str, Any]) -> None:
    evidence = signed["unfragile"]["evidence"]
    place = next(n for n, entry in enumerate(evidence) if entry["asserted_by"] == "class")
    (found,) = judge(spoiled(signed, f"/evidence/{place}/locator", "/failure_modes/boredom"))
    assert found.reason == "there is no rule /failure_modes/boredom"
    (other,) = judge(spoiled(signed, f"/evidence/{place}/content_sha256", "0" * 64))
    assert "check with the version that issued it" in other.reason


def test_records_of_another_day_do_not_prove_it(signed: dict[str, Any]) -> None:
    other = [raw(record(context_length=8192)), *RAWS[1:]]
    assert {m.path for m in judge(signed, other)} >= {"/artifact/status", "/artifact/model/context_tokens"}


def test_what_a_spoiled_number_is_compared_with_keeps_its_type(signed: dict[str, Any]) -> None:
    before = signed["unfragile"]
    assert changes_between(before, spoiled(signed, "/artifact/verified", 0)["unfragile"]) == []
    assert changes_between(before, spoiled(signed, "/artifact/verified", True)["unfragile"])


def forged(one: RawListing, before: str, after: str) -> RawListing:
    """The record with words of its body exchanged, under the hash that it had before."""
    assert before in one.body
    return one.model_copy(update={"body": one.body.replace(before, after)})


@pytest.mark.parametrize(
    ("place", "before", "after"),
    [
        (0, "A small model", "An honest model"),
        (1, "heron-lab/heron-7b:free", "heron-lab/heron-7b:beta"),
        (2, "fp8", "fp4"),
    ],
)
def test_a_stored_record_that_does_not_hash_to_what_it_says_proves_nothing(place: int, before: str, after: str) -> None:
    raws = [*RAWS[:place], forged(RAWS[place], before, after), *RAWS[place + 1 :]]
    (found, *_) = judge(passport(*map(admitted, raws)), raws)
    assert found.path == "/artifact/model/records"
    assert found.reason.startswith(f"the stored record {raws[place].id!r} of {raws[place].source} hashes to ")
    assert found.reason.endswith(f", not {raws[place].content_sha256}")


def test_a_forged_record_beside_the_named_ones_cannot_hide_what_it_stated(signed: dict[str, Any]) -> None:
    offer = raw(record(id="heron-lab/heron-7b:beta"))
    assert [one.reason for one in judge(signed, [*RAWS, offer])] == [
        "'heron-lab/heron-7b:beta' of openrouter is of this model, but the passport does not name it"
    ]
    hidden = forged(offer, "heron-lab/heron-7b", "heron-lab/plover-1b").model_copy(update={"id": "heron-lab/plover-1b"})
    (found,) = judge(signed, [*RAWS, hidden])
    assert found.path == "/artifact/model/records"
    assert "the stored record 'heron-lab/plover-1b' of openrouter hashes to " in found.reason


def quoting(signed: dict[str, Any]) -> int:
    """Place of evidence that quotes words out of a field."""
    evidence = signed["unfragile"]["evidence"]
    return next(n for n, one in enumerate(evidence) if "quote" in one and one["locator"] == "/description")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("quote", "A large model that answers..."),
        ("quote", "Small model"),
        ("quote", ""),
        ("locator", "/name"),
        ("locator", "/architecture"),
        ("locator", "/supported_parameters"),
        ("locator", "/nowhere"),
        ("locator", "description"),
        ("locator", ""),
        ("locator", "bytes:0-10"),
        ("locator", f"bytes:0-{'9' * 1900}"),
        ("locator", "bytes:"),
    ],
)
def test_a_quote_must_be_found_at_its_locator(signed: dict[str, Any], key: str, value: str) -> None:
    place = quoting(signed)
    document = spoiled(signed, f"/evidence/{place}/{key}", value)
    entry = document["unfragile"]["evidence"][place]
    (found,) = judge(document)
    assert found.path == entry["path"]
    assert found.reason.startswith("the quote is not ")
    assert f"{entry['locator'][:60]}" in found.reason
    assert len(found.reason) < 300


@pytest.mark.parametrize("locator", ["/architecture", "/nowhere/at/all", "", "name", "bytes:0-9"])
def test_a_value_must_be_found_at_its_locator(signed: dict[str, Any], locator: str) -> None:
    evidence = signed["unfragile"]["evidence"]
    place = next(n for n, one in enumerate(evidence) if one.get("value") == 65_536 and one["source"] == "openrouter")
    (found,) = judge(spoiled(signed, f"/evidence/{place}/locator", locator))
    assert (found.path, found.reason.startswith("/evidence/")) == (evidence[place]["path"], False)


def test_a_number_is_not_the_truth_value_that_the_record_says() -> None:
    raws = [raw(record()), raw_endpoints(ENDPOINT)]
    document = passport(*map(admitted, raws))
    evidence = document["unfragile"]["evidence"]
    place = next(n for n, one in enumerate(evidence) if one.get("value") == 0 and one["source"] == raws[1].source)
    (found,) = judge(spoiled(document, f"/evidence/{place}/value", False), raws)
    assert (found.path, "is 0, not False" in found.reason) == (evidence[place]["path"], True)


def test_a_text_is_no_record_whose_fields_could_be_named(signed: dict[str, Any]) -> None:
    card = raw_body("# Heron\n", id="HeronLab/Heron-7B", source="huggingface-card")
    place = quoting(signed)
    document = spoiled(signed, f"/evidence/{place}/content_sha256", card.content_sha256)
    document["unfragile"]["evidence"][place]["source"] = card.source
    (found,) = judge(document, [*RAWS, card])
    assert (found.path, "is not JSON" in found.reason) == (signed["unfragile"]["evidence"][place]["path"], True)


CODER = [raw(record(description="Heron 7B is a coding model. It is built for agents."))]


def test_a_purpose_is_proved_by_the_words_that_state_it() -> None:
    assert judge(passport(*map(admitted, CODER)), CODER) == []


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/purposes/0/id", "translation"), ("/purposes/0/uri", "purpose://search.retrieval.research"),
        ("/purposes/1/intents/0", "cook a meal"), ("/purposes", []),
    ],
)  # fmt: skip
def test_a_purpose_that_no_source_states_is_found(pointer: str, value: object) -> None:
    document = spoiled(passport(*map(admitted, CODER)), pointer, value)
    assert any(found.path.startswith("/purposes") for found in judge(document, CODER))


def test_a_purpose_without_evidence_or_with_a_false_quote_is_found() -> None:
    document = passport(*map(admitted, CODER))
    entries = document["unfragile"]["evidence"]
    place = next(n for n, entry in enumerate(entries) if entry["path"] == "/purposes/0")
    (found,) = judge(spoiled(document, f"/evidence/{place}/quote", "It is a research model."), CODER)
    assert (found.path, "the quote is not in" in found.reason) == ("/purposes/0", True)
    bare = copy.deepcopy(document)
    del bare["unfragile"]["evidence"][place]
    assert Mismatch("/purposes/0", "has no evidence") in judge(bare, CODER)


def test_a_purpose_that_only_a_card_states_is_proved_by_its_bytes() -> None:
    raws = [raw(record()), repository_raw(), raw_body(CARD_OF_USE, id=REPOSITORY, source="huggingface-card")]
    (subject,) = gather(
        [admitted(raws[0])], joined=[Joined("heron-lab-heron-7b", admitted(one), "stated") for one in raws[1:]]
    ).subjects
    made = make(subject, None, Issuance(TERMS, SIGNER, KEYS, 1))
    assert isinstance(made, Issued)
    document = orjson.loads(made.document)["passport"]
    assert [one["id"] for one in document["unfragile"]["purposes"]] == ["translation"]
    assert judge(document, raws) == []
    place = next(n for n, one in enumerate(document["unfragile"]["evidence"]) if one["path"] == "/purposes/0")
    (found,) = judge(spoiled(document, f"/evidence/{place}/locator", "bytes:0-12"), raws)
    assert "is not what bytes:0-12" in found.reason


CARD_OF_USE = "## Intended use\n\nTranslation of letters.\n"
