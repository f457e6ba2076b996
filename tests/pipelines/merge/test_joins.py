import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.merge.gather import gather
from pipelines.merge.joins import joins_of, words
from pipelines.merge.slug_owners import SlugOwners
from schemas.listing import Listing
from tests.support.hub_records import REPOSITORY, absence, card, moved, replaced, repository
from tests.support.listings import MODEL, admitted, listing, raw, raw_body
from tests.support.recordings import openrouter_models

SLUG = "heron-lab-heron-7b"
OWN = "heronlab--heron-7b"
LEFT = "heronlab--heron-old"


def sold(**changes: Any) -> Listing:
    return listing(**changes)


def nameless(**changes: Any) -> Listing:
    return listing(hugging_face_id="", **changes)


def other(name: str = "HeronLab/Egret-1B", **changes: Any) -> Listing:
    """A listing of the same author, which shows where the author's repositories lie."""
    return listing(id="heron-lab/egret-1b", hugging_face_id=name, **changes)


def record_of(source: str, kind: str, name: str, *same_as: str) -> Listing:
    changes = {
        "source": source,
        "kind": kind,
        "id": name,
        "base_id": name,
        "slug": "x",
        "same_as": same_as,
        "facts": (),
    }
    return repository().model_copy(update=changes)


def places(one: Listing, *batch: Listing) -> list[tuple[str, str]]:
    return [(joined.slug, joined.by) for joined in joins_of([*batch, one]).passports_of(one)]


def test_a_repository_belongs_to_the_listing_that_names_it_in_any_case() -> None:
    assert places(repository(), sold(hugging_face_id="heronlab/HERON-7b")) == [(SLUG, "stated")]


def test_a_repository_that_nobody_sells_has_a_passport_of_its_own() -> None:
    assert places(repository(), sold(hugging_face_id="HeronLab/Heron-8B")) == [(OWN, "own")]


def test_a_repository_belongs_to_every_listing_that_names_it() -> None:
    second = sold(id="heron-lab/heron-7b-next")
    assert places(repository(), sold(), second) == [(SLUG, "stated"), (f"{SLUG}-next", "stated")]


def test_variants_speak_for_their_model_and_aliases_for_nobody() -> None:
    assert places(repository(), sold(id="heron-lab/heron-7b:free")) == [(SLUG, "stated")]
    assert places(repository(), sold(id="~heron-lab/latest")) == [(OWN, "own")]


def test_what_does_not_own_its_slug_is_joined_to_nothing() -> None:
    first, second = sold(id="a-b/c", hugging_face_id="A-B/C"), sold(id="a/b-c", hugging_face_id="A/B-C")
    assert places(repository(id="A-B/C"), second, first) == [("a-b-c", "stated")]
    assert places(repository(id="A/B-C"), second, first) == [("a--b-c", "own")]
    assert places(record_of("modelsdev", "entry", "openrouter/a/b-c", "openrouter:a/b-c"), first, second) == []
    assert places(card("# Heron", "A/B-C"), first, second) == [("a--b-c", "stated")]


@given(st.lists(st.sampled_from(["a/b-c", "a-b/c", "a-b/c:free", "a/b-c:free", "a-b-c/d"]), unique=True), st.booleans())
def test_owners_are_those_that_a_batch_is_gathered_by(ids: list[str], served: bool) -> None:
    batch, rows = [sold(id=one) for one in ids], {"a-b-c": "a/b-c"} if served else {}
    owners = SlugOwners(rows.get)
    for one in batch:
        owners.claim(one)
    refused = {one.id for one in gather(batch, rows).collisions}
    in_doubt = len({one.base_id for one in batch if one.slug == "a-b-c"}) > 1
    assert {one.id for one in batch if not owners.owns(one.base_id, one.slug)} == (refused if in_doubt else set())


def test_a_renamed_repository_is_found_under_its_old_name_too() -> None:
    seller = sold(hugging_face_id="HeronLab/Heron-Old")
    renamed = repository(asked_as="HeronLab/Heron-Old")
    assert places(renamed, seller) == [(SLUG, "stated")]
    assert places(card("# Heron", "HeronLab/Heron-Old"), seller, renamed) == [(LEFT, "stated")], (
        "the new one has a card"
    )
    assert places(card("# Heron"), seller, renamed) == [(SLUG, "stated")]
    assert places(card("# Heron", "HeronLab/Heron-Old"), renamed) == [(LEFT, "stated")]
    assert places(repository(id="HeronLab/Heron-Old"), seller, renamed) == [(LEFT, "own")]
    assert places(moved("HeronLab/Heron-Old"), seller, renamed) == [(LEFT, "stated")]


def test_a_name_that_a_repository_had_joins_it_whoever_has_it_now() -> None:
    seller, followed = sold(hugging_face_id="fen/Heron"), repository(formerly=("fen/Heron",))
    assert places(followed, seller) == [(SLUG, "stated")]
    handed_on = repository(id="fen/Heron", _id="b" * 24, succeeds="a" * 24)
    assert places(handed_on, seller, followed) == [("fen--heron", "own")]
    assert places(card("# Heron", "fen/Heron"), seller, followed, handed_on) == [("fen--heron", "stated")]


def test_code_is_of_what_is_at_the_name_that_names_it_and_made_anew_of_nothing() -> None:
    followed, anew = repository(formerly=("fen/Heron",)), repository(id="fen/Heron", _id="b" * 24, succeeds="a" * 24)
    theirs = card("# Heron\n\nCode: https://github.com/fen/heron\n", "fen/Heron")
    code = raw_body(json.dumps({"full_name": "fen/heron", "id": 9}), id="fen/heron", source="github")
    there = (sold(hugging_face_id="fen/Heron"), followed, anew, theirs)
    assert places(admitted(code), *there) == [("fen--heron", "stated")]
    assert places(admitted(code.model_copy(update={"succeeds": "7"})), *there) == []


def test_what_was_made_anew_is_joined_to_nothing() -> None:
    anew = repository(_id="b" * 24, succeeds="a" * 24)
    assert places(anew, sold()) == [(OWN, "own")]
    assert places(card("# Heron"), sold(), anew) == [(OWN, "stated")]
    assert places(replaced(), sold(), anew) == [(SLUG, "stated")], "its passport states it"


def test_what_moved_to_another_owner_is_not_stated_to_be_the_same() -> None:
    seller = sold(hugging_face_id="fen/Heron-7B")
    assert places(repository(asked_as="fen/Heron-7B"), seller) == [(OWN, "own")]


def test_a_card_belongs_to_its_repository() -> None:
    assert places(card("# Heron"), sold()) == [(SLUG, "stated")]
    assert places(card("# Heron"), repository()) == [(OWN, "stated")]


def test_a_card_that_is_not_there_is_part_of_no_passport() -> None:
    assert places(card(""), sold(), repository()) == []
    assert places(card(" "), sold()) == [(SLUG, "stated")]


def test_that_a_repository_is_not_there_concerns_who_names_it() -> None:
    assert places(absence(), sold()) == [(SLUG, "stated")]
    assert places(absence()) == []


def test_a_name_alone_speaks_where_no_repository_is_named() -> None:
    assert places(repository(), nameless(), other()) == [(SLUG, "name")]
    assert places(card("# Heron"), nameless(), other(), repository()) == [(SLUG, "name")]
    code = record_of("github", "code", "HeronLab/heron")
    linking = card("https://github.com/HeronLab/heron")
    assert places(code, nameless(), other(), repository(), linking) == [(SLUG, "name")]


@pytest.mark.parametrize(
    ("batch", "why"),
    [
        ([nameless()], "nothing shows where the author's repositories lie"),
        ([nameless(), other("Fen/Egret-1B")], "they lie elsewhere"),
        ([nameless(), other(), listing(id="heron-lab/owl", hugging_face_id="Fen/Owl")], "they lie in two places"),
        (
            [nameless(id="fen/heron-7b"), listing(id="fen/egret", hugging_face_id="HeronLab/Egret")],
            "they are another's",
        ),
        ([nameless(id="heron-lab/heron-8b"), other()], "its name is another"),
        ([nameless(id="heron-lab/heron-7b-chat"), other()], "its name is longer"),
        ([nameless(id="fen/heron-7b"), other()], "its author is another"),
        ([nameless(id="heron-lab/heron-7b:free"), other()], "it is an offer"),
        ([nameless(pricing={"prompt": "-1", "completion": "-1"}), other()], "it is a router"),
        ([sold(hugging_face_id="HeronLab/Heron-7B-v2"), other()], "it names another repository"),
        ([nameless(), other(), repository(id="HeronLab/Heron_7b")], "two would fit"),
        ([nameless(), nameless(id="heron-lab/heron.7b"), other()], "it would fit two"),
    ],
)
def test_a_join_that_is_not_sure_is_not_made(batch: list[Listing], why: str) -> None:
    assert places(repository(), *batch) == [(OWN, "own")], why


def test_what_is_made_from_another_model_is_joined_by_no_name() -> None:
    made_of = repository(tags=["base_model:quantized:fen/Owl"])
    assert places(made_of, nameless(), other()) == [(OWN, "own")]


def test_code_belongs_to_every_model_that_names_it_and_brings_no_card_along() -> None:
    code = record_of("github", "code", "heronlab/heron")
    first, second = sold(), sold(id="heron-lab/heron-9b", hugging_face_id="HeronLab/Heron-9B")
    link = "https://github.com/HeronLab/heron"
    cards = card(link), card(link, "HeronLab/Heron-9B")
    assert places(code, first, second, *cards) == [(SLUG, "stated"), ("heron-lab-heron-9b", "stated")]
    assert places(cards[0], first, second, cards[1]) == [(SLUG, "stated")]
    assert places(cards[1], first, second, cards[0]) == [("heron-lab-heron-9b", "stated")]
    assert places(repository(cardData={"repository": link}), first, second, *cards) == [(SLUG, "stated")]


def test_code_of_a_repository_that_nobody_sells_belongs_to_the_repository() -> None:
    code = record_of("github", "code", "heronlab/heron")
    assert places(code, repository(), card("https://github.com/HeronLab/heron")) == [(OWN, "stated")]
    assert places(code, repository()) == []


def test_renamed_code_is_found_under_the_name_that_cards_give_it() -> None:
    code = record_of("github", "code", "heronlab/heron-models", "github:heronlab/heron")
    assert places(code, sold(), card("https://github.com/HeronLab/heron")) == [(SLUG, "stated")]


def test_an_entry_of_a_catalogue_follows_what_it_names() -> None:
    assert places(record_of("modelsdev", "entry", "openrouter/x", f"openrouter:{MODEL['id']}"), sold()) == [
        (SLUG, "stated")
    ]
    assert places(record_of("modelsdev", "entry", "openrouter/x", f"openrouter:{MODEL['id']}:free"), sold()) == []
    assert places(record_of("modelsdev", "entry", "fen/x", f"huggingface:{REPOSITORY}"), sold()) == [(SLUG, "stated")]
    assert places(record_of("modelsdev", "entry", "fen/x"), sold()) == []


@pytest.mark.parametrize(
    ("one", "other"), [("QwQ-32B", "qwq 32b"), ("heron_7.b", "Heron-7-B"), ("--heron", "heron"), ("Heron", "HERON")]
)
def test_names_are_compared_by_their_words(one: str, other: str) -> None:
    assert words(one) == words(other)
    assert words("heron-1.5") != words("heron-15")


POOL = [
    sold(), nameless(id="heron-lab/heron-9b"), other(), sold(id="heron-lab/heron-7b:free"), repository(), absence(),
    repository(id="HeronLab/Heron-9B"), repository(id="heronlab/HERON.9B"), repository(id="fen/owl"),
    repository(id="HeronLab/New", asked_as="HeronLab/Egret-1B"), card("https://github.com/HeronLab/heron"),
    card("https://github.com/HeronLab/heron", "HeronLab/Heron-9B"), record_of("github", "code", "heronlab/heron"),
]  # fmt: skip


@given(st.permutations(POOL))
def test_the_order_of_a_batch_changes_no_join(batch: list[Listing]) -> None:
    joins, again = joins_of(POOL), joins_of(batch)
    assert [again.passports_of(one) for one in POOL] == [joins.passports_of(one) for one in POOL]


@pytest.mark.recordings
@pytest.mark.parametrize("day", ["2025-12-18", "2026-05-01"])
def test_names_alone_never_lead_to_a_repository_that_the_listing_does_not_name(day: str) -> None:
    """Each listing in turn is made to forget its repository; where its name finds one, it must be the one it named."""
    listings = [admitted(raw(made)) for made in openrouter_models(day)]
    named = {one.id: one.same_as[0].partition(":")[2] for one in listings if one.same_as and one.kind == "model"}
    hub = [admitted(raw_body(json.dumps({"id": name}), id=name, source="huggingface")) for name in set(named.values())]
    found = 0
    for number, one in enumerate(listings):
        if one.id not in named:
            continue
        forgetful = [*listings[:number], one.model_copy(update={"same_as": ()}), *listings[number + 1 :]]
        joins = joins_of([*forgetful, *hub])
        by_name = [joined for repo in hub for joined in joins.passports_of(repo) if joined.by == "name"]
        assert all((joined.slug, joined.listing.id) == (one.slug, named[one.id]) for joined in by_name), by_name
        found += len(by_name)
    assert found > len(named) / 4
