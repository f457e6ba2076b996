import json
from datetime import timedelta
from typing import Any

import pytest

from pipelines.formats.record_reader import FieldError
from pipelines.lifecycle.absence import Absence, absent_in, is_gone, proving_observations
from pipelines.lifecycle.update import CrawlScope, updated
from pipelines.normalise.admit import admit
from pipelines.normalise.roll import read_roll, roll_of
from schemas.crawl import AdmittedLine
from schemas.listing import Listing, RawListing
from schemas.times import instant, timestamp
from tests.support.hub_records import absence_raw, repository_raw
from tests.support.listings import SEEN, raw, raw_body, record

LATER = timestamp(instant(SEEN) + timedelta(hours=6))
LATEST = timestamp(instant(SEEN) + timedelta(days=2))
LAST = timestamp(instant(SEEN) + timedelta(days=5))
WHOLE = CrawlScope("openrouter", whole=True, began_at=LATER, ended_at=LATER)


def line(one: RawListing, *, at: str = SEEN, **marks: Any) -> AdmittedLine:
    seen = one.model_copy(update={"observed_at": at})
    read = admit(seen)
    assert isinstance(read, Listing), read
    return AdmittedLine(raw=seen, listing=read, **marks)


def model(name: str, *, at: str = SEEN, **fields: Any) -> AdmittedLine:
    return line(raw(record(id=f"heron-lab/{name}", **fields)), at=at)


def state(lines: list[AdmittedLine]) -> dict[str, str | None]:
    return {one.raw.id: one.missing_since for one in lines}


def test_what_a_whole_crawl_missed_is_retained_and_marked_and_what_it_brought_is_new() -> None:
    found = updated([model("a"), model("b")], [model("b", at=LATER), model("c", at=LATER)], WHOLE).lines
    assert state(found) == {"heron-lab/a": LATER, "heron-lab/b": None, "heron-lab/c": None}
    assert found[1].raw.observed_at == LATER


def test_the_first_miss_is_remembered_and_the_latest_too() -> None:
    once = updated([model("a")], [], WHOLE).lines
    [twice] = updated(once, [], CrawlScope("openrouter", whole=True, began_at=LATEST, ended_at=LATEST)).lines
    assert (twice.missing_since, twice.missed_at) == (LATER, LATEST)
    assert (is_gone(once[0]), is_gone(twice)) == (False, True)


@pytest.mark.parametrize(
    "scope",
    [
        WHOLE._replace(whole=False),
        WHOLE._replace(unread=frozenset({"heron-lab/a"})),
        WHOLE._replace(began_at=SEEN),
    ],
    ids=["not everything was looked at", "it was there and could not be read", "another run saw it meanwhile"],
)
def test_what_was_not_missed_stays_as_it_was(scope: CrawlScope) -> None:
    [retained] = updated([model("a")], [], scope).lines
    assert retained.missing_since is None


def test_a_record_that_cannot_be_read_is_there_and_its_absence_is_counted_anew() -> None:
    once = updated([model("a")], [], WHOLE).lines
    unread = WHOLE._replace(unread=frozenset({"heron-lab/a"}))
    found = updated(once, [], unread).lines
    assert state(found) == {"heron-lab/a": None}
    [missed] = updated(found, [], CrawlScope("openrouter", whole=True, began_at=LATEST, ended_at=LATEST)).lines
    assert not is_gone(missed)


@pytest.mark.parametrize(
    ("end", "shown"),
    [
        (None, [(LATER,), (LATER, LATEST), (LATER, LAST)]),
        ("2026-06-01", [(LATER,), (LATEST,), (LAST,)]),
        ("2026-06-03", [(LATER,), (LATER, LATEST), (LATER, LAST)]),
    ],
    ids=["two misses", "one miss, as its end had come", "its end came between the misses"],
)
def test_as_many_observations_show_an_absence_each_time(end: str | None, shown: list[tuple[str, ...]]) -> None:
    lines = [model("a", expiration_date=end)]
    for at, expected in zip((LATER, LATEST, LAST), shown, strict=True):
        lines = updated(lines, [], CrawlScope("openrouter", whole=True, began_at=at, ended_at=at)).lines
        assert proving_observations(lines[0]) == expected


def test_a_detail_that_a_whole_crawl_did_not_bring_is_let_go() -> None:
    alias = line(raw(record(id="~heron-lab/latest", alias_target={"slug": "heron-lab/a", "name": "A"})))
    assert updated([alias], [], WHOLE).lines == []


def test_what_a_source_cannot_list_is_not_missed_but_asked_for() -> None:
    hub = CrawlScope("huggingface", whole=False, began_at=LATER, ended_at=LATER)
    there = line(repository_raw(id="HeronLab/Heron-7B"))
    answer = line(absence_raw("HeronLab/Heron-7B"), at=LATER)
    assert state(updated([there], [], hub).lines) == {"HeronLab/Heron-7B": None}
    both = updated([there], [answer], hub).lines
    assert [(one.listing.kind, one.missing_since) for one in both] == [("model", LATER), ("absence", None)]
    back = line(repository_raw(id="HeronLab/Heron-7B"), at=LATEST)
    [again] = updated(both, [back], hub._replace(began_at=LATEST, ended_at=LATEST)).lines
    assert (again.listing.kind, again.missing_since) == ("model", None)


def test_the_answer_that_there_is_none_is_of_the_repository_however_its_name_was_spelt() -> None:
    hub = CrawlScope("huggingface", whole=False, began_at=LATER, ended_at=LATER)
    there = line(repository_raw(id="HeronLab/Heron-7B"))
    gone = updated([there], [line(absence_raw("heronlab/heron-7b"), at=LATER)], hub).lines
    assert state(gone) == {"HeronLab/Heron-7B": LATER, "heronlab/heron-7b": None}
    latest = hub._replace(began_at=LATEST, ended_at=LATEST)
    [record, answer] = updated(gone, [line(absence_raw("HeronLab/heron-7b"), at=LATEST)], latest).lines
    assert (is_gone(record), answer.raw.id) == (True, "HeronLab/heron-7b"), "the answer before it is let go"
    [again] = updated(gone, [line(repository_raw(id="HeronLab/Heron-7B"), at=LATEST)], latest).lines
    assert (again.listing.kind, again.missing_since) == ("model", None)


def test_a_observation_that_ended_earlier_takes_nothing_back_of_what_a_later_one_missed() -> None:
    once = updated([model("a")], [], WHOLE).lines
    twice = updated(once, [], CrawlScope("openrouter", whole=True, began_at=LATEST, ended_at=LATEST)).lines
    between = timestamp(instant(LATER) + timedelta(hours=1))
    slow = CrawlScope("openrouter", whole=True, began_at=between, ended_at=between)
    assert updated(twice, [], slow).lines == twice
    [first] = updated([model("b").model_copy(update={"missing_since": LATEST, "missed_at": LATEST})], [], slow).lines
    assert (first.missing_since, first.missed_at) == (between, LATEST)


HUB = CrawlScope("huggingface", whole=False, began_at=LATER, ended_at=LATER)
OURS = line(repository_raw(id="HeronLab/Heron-7B", _id="a" * 24))


@pytest.mark.parametrize("spelt", ["HeronLab/Heron-7B", "HERONLAB/heron-7b"])
def test_another_repository_under_a_known_name_is_refused_for_a_day_and_then_takes_its_place(spelt: str) -> None:
    theirs = line(repository_raw(id=spelt, _id="b" * 24), at=LATER)
    [ours, scope], [refused], replaced = updated([OURS], [theirs], HUB)
    assert (refused.stage, refused.id, refused.field) == ("merge", spelt, "/_id")
    assert ("another repository" in refused.reason, replaced) == (True, [])
    assert (ours.raw, ours.missing_since, is_gone(ours)) == (OURS.raw, LATER, False)
    stated = [("sought_id", "a" * 24), ("repository_replaced", "b" * 24)]
    assert [(fact.name, fact.value) for fact in scope.listing.facts] == stated
    again = line(repository_raw(id=spelt, _id="b" * 24), at=LATEST)
    [anew, shown], refusals, replaced = updated([ours, scope], [again], HUB._replace(began_at=LATEST, ended_at=LATEST))
    assert (anew.raw.succeeds, anew.missing_since, refusals, replaced) == ("a" * 24, None, [], [spelt])
    assert "made_anew" in {fact.name for fact in anew.listing.facts}
    assert (shown.listing.facts, shown.raw.observed_at) == (scope.listing.facts, LATEST), (
        "it shows why nothing is joined"
    )


def test_what_came_under_the_name_of_a_renamed_repository_takes_its_place_at_once() -> None:
    left = OURS.model_copy(update={"missing_since": SEEN, "missed_at": SEEN, "moved_to": "Fen/Heron-7B"})
    theirs = line(repository_raw(id="HeronLab/Heron-7B", _id="b" * 24), at=LATER)
    [anew], refused, _ = updated([left], [theirs], HUB)
    assert (anew.raw.succeeds, refused) == ("a" * 24, [])
    back = line(repository_raw(id="HeronLab/Heron-7B", _id="a" * 24), at=LATER)
    [same], refused, _ = updated([left], [back], HUB)
    assert (same.raw.succeeds, same.moved_to, same.missing_since, refused) == (None, None, None, [])


def test_what_a_slower_crawl_saw_is_no_news() -> None:
    anew = repository_raw(id="HeronLab/Heron-7B", _id="b" * 24).model_copy(update={"succeeds": "a" * 24})
    served, slow = line(anew, at=LATEST), line(repository_raw(id="HeronLab/Heron-7B", _id="a" * 24), at=LATER)
    assert updated([served], [slow], HUB) == ([served], [], [])


def test_code_that_was_made_anew_takes_the_place_at_once_and_inherits_no_names() -> None:
    def code(number: int, at: str, **notes: Any) -> AdmittedLine:
        body = json.dumps({"full_name": "fen/heron", "id": number})
        return line(raw_body(body, id="fen/heron", source="github").model_copy(update=notes), at=at)

    scope = HUB._replace(source="github")
    [anew] = updated([code(7, SEEN, formerly=("fen/old",))], [code(8, LATER)], scope).lines
    assert (anew.raw.formerly, anew.raw.succeeds, anew.listing.same_as) == ((), "7", ())


def test_names_that_a_record_had_are_retained_when_it_comes_again() -> None:
    asked = OURS.raw.model_copy(update={"asked_as": "HeronLab/Old", "formerly": ("Fen/Heron",)})
    [retained] = updated([line(asked)], [line(OURS.raw, at=LATER)], HUB).lines
    assert (set(retained.raw.formerly), retained.raw.asked_as) == ({"HeronLab/Old", "Fen/Heron"}, None)
    assert set(retained.listing.same_as) == {"huggingface:HeronLab/Old", "huggingface:Fen/Heron"}
    renamed = OURS.raw.model_copy(update={"asked_as": "Fen/Heron"})
    [retained] = updated([line(renamed)], [line(OURS.raw, at=LATER)], HUB).lines
    assert retained.raw.formerly == (), "another owner's name proves nothing"


def test_what_is_spelt_in_other_letters_takes_the_place_of_what_it_was() -> None:
    before = [line(repository_raw(id="HeronLab/Heron-7B")), line(repository_raw(id="heronlab/Heron-7B"))]
    renamed = line(repository_raw(id="HERONLAB/heron-7b"), at=LATER)
    assert updated(before, [renamed], HUB) == ([renamed], [], [])
    cards = [line(raw_body("# Heron", id=one, source="huggingface-card")) for one in ("HeronLab/A", "heronlab/a")]
    scope = HUB._replace(source="huggingface-card")
    assert [one.raw.id for one in updated(cards[:1], cards[1:], scope).lines] == ["heronlab/a"]


def test_ids_of_a_source_that_minds_letters_stay_apart() -> None:
    entries = [
        model("a").model_copy(update={"raw": raw_body("{}", id=one, source="modelsdev")}) for one in ("x/a", "x/A")
    ]
    scope = CrawlScope("modelsdev", whole=False, began_at=LATER, ended_at=LATER)
    assert [one.raw.id for one in updated(entries[:1], entries[1:], scope).lines] == ["x/A", "x/a"]


@pytest.mark.parametrize(("end", "gone"), [("2026-06-01", True), ("2026-06-02", False), ("2098-12-31", False)])
def test_one_observation_is_enough_from_the_announced_end_on(end: str, gone: bool) -> None:
    [missed] = updated([model("a", expiration_date=end)], [], WHOLE).lines
    assert is_gone(missed) is gone


def test_a_roll_names_who_is_there_and_shows_who_is_not() -> None:
    made = roll_of("openrouter", ["b/~x", "a/y"], url="https://openrouter.example/api/v1/models", observed_at=LATER)
    assert made.body == '{"listed":{"a/y":true,"b/~x":true}}'
    roll = read_roll(made)
    fact = absent_in(roll, "b/~z")
    assert (fact.value, fact.locator, fact.as_stated) == (True, "/listed/b~1~0z", None)
    assert Absence((roll,), confirmed=True).latest is roll


@pytest.mark.parametrize("body", ["{}", "[]", '{"listed":[]}'])
def test_what_is_no_roll_is_refused(body: str) -> None:
    made = roll_of("openrouter", [], url="https://x.example", observed_at=LATER)
    with pytest.raises(FieldError):
        read_roll(made.model_copy(update={"body": body}))
