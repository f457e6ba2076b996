from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.merge.gather import account, collision, gather
from schemas.listing import Listing
from tests.support.listings import endpoints, listing, raw, record, subject

BASE = "heron-lab/heron-7b"


def variant(name: str, **changes: Any) -> Listing:
    return listing(id=f"{BASE}:{name}", **changes)


def alias(name: str = "~heron-lab/latest", target: str | None = BASE) -> Listing:
    return listing(id=name, **({"alias_target": {"slug": target, "name": "x"}} if target else {}))


def test_variants_are_offers_of_their_model_which_comes_first() -> None:
    one = subject(variant("free"), variant("batch"), listing())
    assert [offer.id for offer in one.offers] == [BASE, f"{BASE}:batch", f"{BASE}:free"]
    assert one.primary.id == BASE
    assert one.items("offer") == ["standard", "batch", "free"]


def test_variants_without_their_model_make_one_passport_named_by_the_first() -> None:
    one = subject(variant("thinking"), variant("free"))
    assert (one.slug, one.primary.id, len(one.offers)) == ("heron-lab-heron-7b", f"{BASE}:free", 2)


def test_an_alias_is_a_name_of_its_target_and_without_one_it_is_counted() -> None:
    gathered = gather(
        [listing(), alias(), alias("~heron-lab/lost", None), alias("~heron-lab/gone", "heron-lab/unlisted")]
    )
    assert [one.id for one in gathered.subjects[0].aliases] == ["~heron-lab/latest"]
    assert gathered.aliases_without_target == ("~heron-lab/gone", "~heron-lab/lost")


def test_an_alias_of_a_model_that_lost_its_slug_does_not_join_the_winner() -> None:
    gathered = gather([listing(id="a-b/c"), alias("~a/latest", "a/b-c")])
    assert gathered.subjects[0].aliases == ()
    assert gathered.aliases_without_target == ("~a/latest",)


def test_endpoints_join_the_listing_that_they_were_asked_for() -> None:
    gathered = gather([listing(), variant("free"), endpoints({}), endpoints({"tag": "x"}, id=f"{BASE}:free")])
    (one,) = gathered.subjects
    assert one.endpoints is not None
    assert one.endpoints.id == BASE


def test_endpoints_of_a_model_that_was_refused_or_is_not_listed_make_no_passport() -> None:
    gathered = gather([listing(), endpoints({}, id="heron-lab/egret-1b")])
    assert [(one.slug, one.endpoints) for one in gathered.subjects] == [("heron-lab-heron-7b", None)]


def test_endpoints_of_a_variant_do_not_stand_in_for_those_of_its_model() -> None:
    assert subject(listing(), variant("free"), endpoints({}, id=f"{BASE}:free")).endpoints is None


def test_the_model_list_is_believed_before_the_endpoints() -> None:
    one = subject(listing(), endpoints({}))
    assert one.claims["context_tokens"].listing.source == "openrouter"
    assert one.claims["only_provider"].listing.source == "openrouter-endpoints"
    assert one.text("only_provider") == "Marsh"


def test_a_fact_that_is_false_is_claimed_and_not_stated() -> None:
    one = subject(listing())
    assert one.value("moderated") is False
    assert "moderated" not in one.stated
    assert one.value("knowledge_cutoff") is None
    assert one.items("reasoning_effort") == []


@pytest.mark.parametrize(
    ("owners", "retained", "lost"),
    [(None, "a-b/c", "a/b-c"), ({"a-b-c": "a/b-c"}, "a/b-c", "a-b/c"), ({"a-b-c": "x-y/z"}, None, None)],
)
def test_of_two_ids_that_share_a_slug_the_one_first_seen_keeps_it(
    owners: dict[str, str] | None, retained: str | None, lost: str | None
) -> None:
    gathered = gather([listing(id="a/b-c"), listing(id="a-b/c")], owners)
    assert [one.primary.base_id for one in gathered.subjects] == ([retained] if retained else [])
    assert [one.base_id for one in gathered.collisions] == ([lost] if lost else ["a-b/c", "a/b-c"])


def test_a_collision_is_explained_with_the_record() -> None:
    made = record(id="a/b-c")
    refusal = collision(listing(id="a/b-c"), "a-b/c", raw(made))
    assert (refusal.stage, refusal.field, refusal.id) == ("merge", "/id", "a/b-c")
    assert "'a-b/c'" in refusal.reason
    assert refusal.raw == raw(made).body


POOL = [
    listing(), variant("free"), variant("batch"), alias(), alias("~heron-lab/lost", None), listing(id="a/b-c"),
    listing(id="a-b/c"), listing(id="a-b/c:free"), alias("~a/latest", "a/b-c"), listing(id="fen/owl:free"),
    listing(id="fen/router", pricing={"prompt": "-1", "completion": "-1"}), endpoints({}),
    endpoints({}, id="fen/unlisted"), endpoints({}, id="a/b-c"),
]  # fmt: skip


@given(st.lists(st.sampled_from(POOL), unique_by=lambda one: (one.source, one.id)), st.integers(0, 5), st.booleans())
def test_every_listing_is_accounted_for_whatever_the_batch(
    batch: list[Listing], refused: int, another_owns_it: bool
) -> None:
    owners = {"a-b-c": "a/b-c"} if another_owns_it else None
    gathered = gather(batch, owners)
    counted = account(gathered, listings=batch, quarantined=refused)
    listed = [one for one in batch if one.kind != "endpoints"]
    assert counted.listings == len(listed) + refused
    assert counted.listings == counted.passports + counted.offers_merged + counted.aliases + counted.quarantined
    shown = [(one.primary.id, one.endpoints) for one in gathered.subjects if one.endpoints]
    assert all(one in batch and one.id == offer for offer, one in shown)


@given(st.permutations(POOL))
def test_the_order_of_a_batch_changes_nothing(batch: list[Listing]) -> None:
    assert gather(batch) == gather(POOL)
