import hashlib

from schemas.listing import Fact, Listing, Observation, Quarantined, RawListing

SEEN = Observation("egrets", "Heron-Lab/Heron-7B", "2026-07-01T09:00:00.000Z", "https://egrets.example/heron")
RAW = RawListing.of(SEEN, '{"name":"Héron"}', version="abc")
WHOLE = {
    "facts": (), "prices": (), "providers": (), "results": (), "same_as": (), "leftovers": (), "unfamiliar": (),
    "variant": None, "kind": "model", "slug": "heron-lab--heron-7b", **SEEN._asdict(), "base_id": "Heron-Lab/Heron-7B",
    "author": "Heron-Lab", "name": "Heron-7B", "content_sha256": RAW.content_sha256,
}  # fmt: skip


def test_a_raw_listing_has_the_hash_of_its_body() -> None:
    assert RAW.content_sha256 == hashlib.sha256('{"name":"Héron"}'.encode()).hexdigest()
    assert (RAW.source, RAW.id, RAW.url, RAW.observed_at, RAW.version) == (SEEN[0], SEEN[1], SEEN[3], SEEN[2], "abc")


def test_fields_of_which_nothing_was_read_are_empty_or_follow_from_the_id() -> None:
    listing = Listing.of(RAW, kind="model", slug="heron-lab--heron-7b")
    assert listing == Listing.model_validate(WHOLE)
    assert Listing.model_validate_json(listing.model_dump_json()) == listing


def test_what_was_read_replaces_what_follows_from_the_id() -> None:
    facts = (Fact("listed", True, "/id", "heron"),)
    listing = Listing.of(RAW, kind="variant", slug="heron", base_id="heron", variant="free", name="Heron", facts=facts)
    assert listing == Listing.model_validate(
        {**WHOLE, "kind": "variant", "slug": "heron", "base_id": "heron", "author": "heron", "name": "Heron",
         "variant": "free", "facts": facts}
    )  # fmt: skip


def test_a_record_is_refused_alike_before_and_after_it_is_read() -> None:
    listing = Listing.of(RAW, kind="model", slug="heron")
    refusals = {Quarantined.of(what, "merge", "is odd", field="/id", raw="") for what in (SEEN, RAW, listing)}
    assert [refusal.model_dump() for refusal in refusals] == [
        {"stage": "merge", "source": "egrets", "id": SEEN.id, "field": "/id", "reason": "is odd",
         "observed_at": SEEN.observed_at, "raw": ""}
    ]  # fmt: skip
