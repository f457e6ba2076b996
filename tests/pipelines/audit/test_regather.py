"""A passport of several sources' records is proved by them; a join, a quote or a figure that is not theirs is named."""

import copy
import json
from collections import Counter
from typing import Any

import pytest

from pipelines.audit.mismatches import Mismatch, mismatches
from pipelines.audit.regather import NotJoinedError, regather
from pipelines.formats.json_pointer import resolve
from pipelines.merge.gather import gather
from pipelines.merge.joins import Joined, joins_of
from pipelines.merge.subject import Subject
from pipelines.normalise.admit import reader_of
from pipelines.normalise.roll import roll_of
from pipelines.order import Issuance, Issued, make
from pipelines.rules.gates import default_gates
from schemas.listing import Listing, RawListing
from tests.support.facets import facet
from tests.support.hub_records import REPOSITORY, fenced, repository_raw
from tests.support.listings import MODEL, TERMS, admitted, raw, raw_body, record
from tests.support.signed import KEYS, SIGNER

CARD = fenced(
    "license: apache-2.0\nlanguage:\n- en\n- sv",
    "# Heron\n\n## Limitations\n\nThe model can hallucinate facts about marsh birds.\n",
)
ENTRY = {
    "openrouter": {
        "models": {
            MODEL["id"]: {
                "id": MODEL["id"], "name": "Heron 7B", "attachment": False, "reasoning": False, "tool_call": True,
                "temperature": True, "release_date": "2026-01-01", "last_updated": "2026-01-01", "open_weights": True,
                "modalities": {"input": ["text"], "output": ["text"]}, "limit": {"context": 65_536, "output": 16_384},
                "cost": {"input": 0.25, "output": 0.6},
            }
        }
    }
}  # fmt: skip
RAWS: list[RawListing] = [
    raw(record()),
    repository_raw(),
    raw_body(CARD, id=REPOSITORY, source="huggingface-card"),
    raw_body(json.dumps(ENTRY, sort_keys=True), id=f"openrouter/{MODEL['id']}", source="modelsdev"),
]


def subject(raws: list[RawListing] = RAWS) -> Subject:
    listings = [admitted(one) for one in raws]
    joins = joins_of(listings)
    placed = [one for listing in listings for one in joins.passports_of(listing)]
    own: list[Listing] = [one.listing for one in placed if one.by == "own"]
    (only,) = gather(own, joined=[one for one in placed if one.by != "own"]).subjects
    return only


def made_from(one: Subject) -> dict[str, Any]:
    made = make(one, None, Issuance(TERMS, SIGNER, KEYS, 1))
    assert isinstance(made, Issued), made
    document: dict[str, Any] = json.loads(made.document)["passport"]
    return document


@pytest.fixture(scope="module")
def signed() -> dict[str, Any]:
    return made_from(subject())


def judge(document: dict[str, Any], raws: list[RawListing] = RAWS) -> list[Mismatch]:
    return mismatches(document, raws, gates=default_gates())


def changed(signed: dict[str, Any], pointer: str, value: object) -> dict[str, Any]:
    document = copy.deepcopy(signed)
    parent, _, key = pointer.rpartition("/")
    holder = resolve(document["unfragile"], parent)
    holder[int(key) if isinstance(holder, list) else key] = value
    return document


def entry_of(signed: dict[str, Any], source: str, path: str) -> int:
    evidence = signed["unfragile"]["evidence"]
    return next(n for n, one in enumerate(evidence) if one["source"] == source and one["path"].startswith(path))


def test_a_passport_of_four_records_is_proved_by_them(signed: dict[str, Any]) -> None:
    assert judge(signed) == []
    model = signed["unfragile"]["artifact"]["model"]
    assert [(one["source"], one["joined_by"]) for one in model["records"]] == [
        ("openrouter", "own"),
        ("huggingface", "stated"),
        ("huggingface-card", "stated"),
        ("modelsdev", "stated"),
    ]
    assert (model["licence"], model["languages"], model["open_weights"]) == ("apache-2.0", ["en", "sv"], True)
    assert signed["unfragile"]["trust"]["community"]["model_downloads"] == 4200
    assert [one["path"] for one in signed["unfragile"]["conflicts"]] == ["/artifact/model/prices"]


@pytest.mark.parametrize(
    ("pointer", "value", "named"),
    [
        ("/artifact/model/licence", "mit", "/artifact/model/licence"),
        ("/artifact/model/open_weights", False, "/artifact/model/open_weights"),
        ("/trust/community/model_downloads", 4_200_000, "/trust/community/model_downloads"),
        ("/artifact/model/languages/1", "la", "/artifact/model/languages/la"),
        ("/artifact/model/records/1/joined_by", "own", "/trust/community/model_downloads"),
        ("/artifact/model/records/1/id", "HeronLab/Another", "/artifact/model/records"),
        ("/conflicts", [], "/conflicts"),
        ("/trust/maintenance/last_scraped_at", "2026-06-01T11:59:59.000Z", "/trust/maintenance/last_scraped_at"),
        ("/trust/maintenance/last_commit", "2026-06-01T11:59:59.000Z", "/trust/maintenance/last_commit"),
    ],
)
def test_one_false_statement_is_named(signed: dict[str, Any], pointer: str, value: object, named: str) -> None:
    assert any(mismatch.path.startswith(named) for mismatch in judge(changed(signed, pointer, value)))


def test_a_quote_that_is_not_in_the_card_is_named(signed: dict[str, Any]) -> None:
    place = entry_of(signed, "huggingface-card", "/artifact/model/licence")
    entry = signed["unfragile"]["evidence"][place]
    start = int(entry["locator"].removeprefix("bytes:").partition("-")[0])
    moved = f"bytes:{start + 1}-{start + 1 + len(entry['quote'])}"
    for key, value in (("quote", "license: mit"), ("locator", moved), ("locator", "bytes:0-9999999")):
        (found,) = judge(changed(signed, f"/evidence/{place}/{key}", value))
        assert (found.path, "the quote is not what bytes:" in found.reason) == (entry["path"], True)


@pytest.mark.parametrize(
    ("locator", "quote"),
    [
        ("bytes:4-4", ""), ("bytes:99999-99999", ""), ("bytes:", "!"), ("bytes:4", "license"), ("bytes:-11", "license"),
        ("bytes:x-11", "license"), ("bytes:4-x", "license"), ("bytes:4-11-20", "license"), ("bytes:4-12", "license"),
    ],
)  # fmt: skip
def test_a_quote_of_a_card_is_what_is_between_two_places(signed: dict[str, Any], locator: str, quote: str) -> None:
    place = entry_of(signed, "huggingface-card", "/artifact/model/licence")
    entry = signed["unfragile"]["evidence"][place]
    assert (entry["locator"], entry["quote"]) == ("bytes:4-23", "license: apache-2.0")
    (found,) = judge(changed(changed(signed, f"/evidence/{place}/quote", quote), f"/evidence/{place}/locator", locator))
    assert (found.path, "the quote is not" in found.reason) == ("/artifact/model/licence", True)


def test_a_value_is_no_quote_of_a_card() -> None:
    shouted = CARD.replace("birds.", "birds!")
    raws = [*RAWS[:2], raw_body(shouted, id=REPOSITORY, source="huggingface-card"), RAWS[3]]
    document = made_from(subject(raws))
    place = entry_of(document, "huggingface-card", "/artifact/model/licence")
    end = shouted.index("!")
    entry = document["unfragile"]["evidence"][place]
    without = {name: value for name, value in entry.items() if name != "quote"} | {"locator": f"bytes:{end}-{end + 1}"}
    (found,) = judge(changed(document, f"/evidence/{place}", {**without, "value": "apache-2.0"}), raws)
    assert (found.path, "the quote is not" in found.reason) == ("/artifact/model/licence", True)


def test_a_record_that_is_of_another_model_is_named(signed: dict[str, Any]) -> None:
    other = repository_raw(id="HeronLab/Plover-1B")
    document = copy.deepcopy(signed)
    for one in document["unfragile"]["artifact"]["model"]["records"]:
        if one["source"] == "huggingface":
            one["id"] = other.id
    for entry in document["unfragile"]["evidence"]:
        if entry["source"] == "huggingface":
            entry["content_sha256"] = other.content_sha256
            entry["value"] = other.id if entry["value"] == REPOSITORY else entry["value"]
    assert Mismatch(
        "/artifact/model/records", "no record joins 'HeronLab/Plover-1B' of huggingface to this model"
    ) in judge(document, [*RAWS, other])


def test_a_record_that_is_not_stored_any_more_is_named(signed: dict[str, Any]) -> None:
    assert any("no stored record of modelsdev" in mismatch.reason for mismatch in judge(signed, RAWS[:3]))


@pytest.mark.parametrize("left_out", [1, 2, 3])
def test_a_record_that_is_left_out_is_named(left_out: int) -> None:
    fewer = [raw for place, raw in enumerate(RAWS) if place != left_out]
    document = made_from(subject(fewer))
    assert judge(document, fewer) == []
    (found,) = judge(document, RAWS)
    missed = RAWS[left_out]
    assert found.path == "/artifact/model/records"
    assert found.reason == f"{missed.id!r} of {missed.source} is of this model, but the passport does not name it"


def test_an_offer_that_is_left_out_is_named_and_another_model_need_not_be(signed: dict[str, Any]) -> None:
    free = raw(record(id=f"{MODEL['id']}:free", pricing={"prompt": "0", "completion": "0"}))
    other = raw(record(id="heron-lab/plover-1b", hugging_face_id=None))
    assert judge(signed, [*RAWS, other]) == []
    (found,) = judge(signed, [*RAWS, free])
    assert found.reason.startswith(f"'{MODEL['id']}:free' of openrouter is of this model")


@pytest.mark.parametrize("beside", [RAWS[1:], RAWS[3:]], ids=["its repository too", "its entry in a catalogue"])
def test_what_others_still_say_of_a_listing_that_is_gone_is_not_missed(beside: list[RawListing]) -> None:
    observations = [
        roll_of("openrouter", [], url=RAWS[0].url, observed_at=f"2026-12-{day}T12:00:00.000Z") for day in ("02", "04")
    ]
    named = [{"source": one.source, "id": one.id, "joined_by": "own"} for one in (RAWS[0], *observations)]
    found = regather("heron-lab-heron-7b", named, [RAWS[0], *observations, *beside])
    assert found.absence is not None
    assert found.absence.confirmed
    with pytest.raises(NotJoinedError, match="but the passport does not name it"):
        regather("heron-lab-heron-7b", named[:1], [RAWS[0], *beside])


NAMELESS = raw(record(hugging_face_id=None))
SIBLING = raw(record(id="heron-lab/plover-1b", hugging_face_id="HeronLab/Plover-1B"))


@pytest.mark.parametrize(("owner", "holds"), [("HeronLab", True), ("SomebodyElse", False)])
def test_a_join_by_name_is_held_to_where_the_authors_other_repositories_lie(owner: str, holds: bool) -> None:
    repository = repository_raw(id=f"{owner}/Heron-7B")
    joined = Joined("heron-lab-heron-7b", admitted(repository), "name")
    (one,) = gather([admitted(NAMELESS)], joined=[joined]).subjects
    found = judge(made_from(one), [NAMELESS, repository, SIBLING])
    assert [mismatch.reason for mismatch in found] == (
        [] if holds else [f"no record joins '{owner}/Heron-7B' of huggingface to this model"]
    )


def test_an_answer_about_all_models_is_read_once_for_all_passports(
    signed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = facet("category=translation", within=["heron-lab/ruff-1b"], without=[])
    read, times = reader_of(answer.source), Counter[str]()

    def counting(one: RawListing) -> Listing:
        times[one.id] += 1
        return read(one)

    monkeypatch.setattr("pipelines.normalise.admit.reader_of", lambda _: counting)
    assert [judge(signed, [*RAWS, answer]) for _ in range(5)] == [[]] * 5
    assert times == {answer.id: 1}
