from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from flows.audit.copy_check import check_copy
from flows.publish.pointer import POINTER_LIFE
from flows.registry.log import RegistryLog
from flows.registry.reader import Reader, read_served
from flows.registry.signed_files import EmptyStoreError, NotInSnapshotError, TamperedError
from flows.site.rendering import copies_for
from flows.store.base import MAX_BLOB_BYTES, Blob, MissingKeyError, Store, TooLargeError
from flows.store.local import LocalStore
from flows.store.open import open_store
from pipelines.passport.links import Issuer
from pipelines.registry import layout
from pipelines.registry.packing import pack
from pipelines.signing.keys import KeyRing, Signer
from tests.support.publications import (
    AT,
    KEYS,
    SIGNER,
    copies,
    passport,
    publish_versions,
    reader,
    row,
    sha256,
)

SLUG = "acme-tern"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Two generations: the first two passports, then a newer one of the first."""
    store = LocalStore(tmp_path / "public")
    publish_versions(store, {SLUG: 1, "acme-gull": 1}, nonce="1")
    publish_versions(store, {SLUG: 2}, nonce="2")
    return store


def spoil(store: Store, key: str, old: bytes, new: bytes) -> None:
    body = store.get(key).body
    assert old in body
    store.put(key, body.replace(old, new, 1))


def test_an_empty_store_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EmptyStoreError, match=f"nothing published yet at {tmp_path}: run `passports refresh`"):
        reader(LocalStore(tmp_path))
    assert read_served(LocalStore(tmp_path), KEYS, AT) is None


def test_a_generation_is_read_from_its_pointer_down(store: Store) -> None:
    served = reader(store)
    assert served.generation == 2
    assert not served.frozen
    assert served.passport(SLUG) == passport(SLUG, 2)
    assert served.object(row(SLUG, 1).object) == passport(SLUG, 1)
    assert served.row("acme-nobody") is None
    assert [found.slug for found in served.rows()] == ["acme-gull", SLUG]
    assert list(served.source_listings("acme")) == [b"acme-gull", b"acme-tern"]
    assert served.snapshot.counts == {"active": 2}


def test_what_is_not_served_is_named(store: Store) -> None:
    with pytest.raises(NotInSnapshotError, match="acme-nobody: no such passport in generation 2"):
        reader(store).passport("acme-nobody")
    with pytest.raises(NotInSnapshotError, match="no listings of source 'nobody'"):
        list(reader(store).source_listings("nobody"))


def test_a_reader_keeps_to_the_generation_it_began_with(store: Store) -> None:
    served = reader(store)
    publish_versions(store, {SLUG: 3, "acme-heron": 1}, nonce="3")
    assert served.passport(SLUG) == passport(SLUG, 2)
    assert served.row("acme-heron") is None


def test_earlier_generations_are_reached_through_their_descendants(store: Store) -> None:
    served = reader(store)
    first = served.snapshot_at(1)
    assert {found.slug: found.object for found in served.rows(first)}[SLUG] == sha256(passport(SLUG, 1))
    assert served.snapshot_at(2) == served.snapshot
    for never in (0, 3):
        with pytest.raises(NotInSnapshotError, match="not an ancestor"):
            served.snapshot_at(never)


def test_a_snapshot_that_was_never_served_is_no_ancestor(store: Store) -> None:
    store.put(layout.snapshot_key(3), store.get(layout.snapshot_key(2)).body)
    publish_versions(store, {SLUG: 3}, nonce="3")
    assert reader(store).generation == 4
    with pytest.raises(NotInSnapshotError):
        reader(store).snapshot_at(3)


def test_a_passport_is_found_in_one_of_many_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.registry.slots._FEW", 99)
    store = LocalStore(tmp_path)
    publish_versions(store, {f"model-{number}": 1 for number in range(100)})
    counting = Counting(tmp_path)
    served = reader(counting)
    assert len(served.snapshot.shards) == 16
    found = served.row("model-47")
    assert found
    assert found == row("model-47").model_copy(update={"generation": 1, "log_index": found.log_index})
    assert served.row("model-100") is None
    assert len([key for key in counting.reads if "shards" in key]) <= 2
    assert b"model-47" in store.get(layout.passport_copy_key("model-47")).body


def test_a_passport_that_is_served_is_ok(store: Store) -> None:
    finding = reader(store).check(SLUG)
    assert finding[:2] == ("ok", f"signed by a trusted key, in date, and the one in generation 2 of {store.name}")
    assert reader(store).check(passport(SLUG, 2)).verdict == "ok"
    assert check_copy(reader(store), SLUG).verdict == "ok"


def test_how_a_passport_is_written_down_does_not_matter(store: Store) -> None:
    document = orjson.loads(passport(SLUG, 2))
    assert reader(store).check(orjson.dumps(document, option=orjson.OPT_INDENT_2)).verdict == "ok"
    assert reader(store).check(copies(SLUG, passport(SLUG, 2)).passport).verdict == "ok"


def test_a_passport_that_was_replaced_is_superseded(store: Store) -> None:
    finding = reader(store).check(passport(SLUG, 1))
    assert finding.verdict == "superseded"
    assert "has a version signed at 2026-06-15T12:00:02.000Z" in finding.reason


def test_a_passport_that_was_signed_but_not_published_is_not_in_the_snapshot(store: Store) -> None:
    assert reader(store).check(passport(SLUG, 3)).verdict == "not_in_snapshot"
    assert reader(store).check(passport("acme-heron")).verdict == "not_in_snapshot"
    assert reader(store).check("acme-heron").verdict == "not_in_snapshot"


def test_a_passport_of_another_signer_is_not_looked_up(store: Store) -> None:
    assert reader(store).check(passport(SLUG, 2, Signer(bytes(32)))).verdict == "unknown_key"
    assert reader(store).check(passport(SLUG, 2).replace(b"v2", b"v3")).verdict == "bad_signature"
    assert reader(store).check(b"<html>").verdict == "malformed"


def test_an_expired_passport_is_expired_before_anything_else(store: Store) -> None:
    assert reader(store, AT + timedelta(days=31)).check(SLUG).verdict == "expired"


def test_an_expired_pointer_is_a_freeze_from_its_last_instant_on(store: Store) -> None:
    assert reader(store, AT + POINTER_LIFE - timedelta(milliseconds=1)).check(SLUG).verdict == "ok"
    late = reader(store, AT + POINTER_LIFE)
    assert late.frozen
    assert late.check(SLUG).verdict == "freeze"
    assert check_copy(late, SLUG).verdict == "freeze"
    assert late.passport(SLUG) == passport(SLUG, 2)


def test_an_older_generation_than_was_seen_is_a_rollback(store: Store) -> None:
    assert reader(store).check(SLUG, seen_generation=2).verdict == "ok"
    assert reader(store).check(SLUG, seen_generation=3).verdict == "rollback"
    assert reader(store, AT + POINTER_LIFE).check(SLUG, seen_generation=3).verdict == "rollback"


def test_putting_back_an_old_pointer_is_a_rollback(store: Store) -> None:
    old = store.get(layout.POINTER_KEY).body
    publish_versions(store, {SLUG: 3}, nonce="3")
    seen = reader(store).generation
    store.put(layout.POINTER_KEY, old)
    assert reader(store).check(SLUG, seen_generation=seen).verdict == "rollback"


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"generation":2', b'"generation":3'), (b"2026", b"2027"), (b'"nonce":"2"', b'"nonce":"3"'), (b"{", b"[")],
)
def test_a_changed_pointer_is_refused(store: Store, old: bytes, new: bytes) -> None:
    spoil(store, layout.POINTER_KEY, old, new)
    with pytest.raises(TamperedError, match=r"registry/timestamp\.json cannot be trusted"):
        reader(store)


def test_a_pointer_of_another_or_a_revoked_key_is_refused(store: Store) -> None:
    with pytest.raises(TamperedError, match="unknown_key"):
        Reader(store, KeyRing([Signer(bytes(32)).public_key]), AT)
    with pytest.raises(TamperedError, match="key_revoked"):
        Reader(store, KeyRing([SIGNER.public_key], revoked=[SIGNER.key_id]), AT)


def test_a_snapshot_in_the_place_of_the_pointer_is_refused(store: Store) -> None:
    store.put(layout.POINTER_KEY, store.get(layout.snapshot_key(2)).body)
    with pytest.raises(TamperedError, match="payloadType"):
        reader(store)


def test_an_older_snapshot_in_the_place_of_the_newest_is_refused(store: Store) -> None:
    store.put(layout.snapshot_key(2), store.get(layout.snapshot_key(1)).body)
    with pytest.raises(TamperedError, match="does not hash to"):
        reader(store)


def test_another_snapshot_in_the_place_of_an_ancestor_is_refused(store: Store) -> None:
    publish_versions(store, {SLUG: 3}, nonce="3")
    store.put(layout.snapshot_key(2), store.get(layout.snapshot_key(1)).body)
    with pytest.raises(TamperedError, match="does not hash to"):
        reader(store).snapshot_at(2)


def test_a_changed_shard_is_refused(store: Store) -> None:
    ref = reader(store).snapshot.shards[0]
    store.put(layout.shard_key(ref.sha256), pack([row(SLUG, 1).model_dump_json().encode()]))
    with pytest.raises(TamperedError, match=f"{ref.sha256}.* does not hash to"):
        reader(store).check(SLUG)


def test_a_changed_source_is_refused(store: Store) -> None:
    (part,) = reader(store).snapshot.sources[0].parts
    store.put(layout.source_key("acme", part.sha256), pack([b"other"]))
    with pytest.raises(TamperedError, match="does not hash to"):
        list(reader(store).source_listings("acme"))


def test_a_missing_shard_is_named(store: Store) -> None:
    ref = reader(store).snapshot.shards[0]
    store.delete(layout.shard_key(ref.sha256))
    with pytest.raises(MissingKeyError, match=ref.sha256):
        reader(store).row(SLUG)


def test_a_changed_object_has_a_bad_signature_and_is_not_handed_out(store: Store) -> None:
    key = layout.object_key(row(SLUG, 2).object)
    spoil(store, key, b"v2", b"v3")
    assert reader(store).check(SLUG).verdict == "bad_signature"
    with pytest.raises(TamperedError, match="does not hash to"):
        reader(store).passport(SLUG)


@pytest.mark.parametrize("other", [passport(SLUG, 1), passport("acme-gull", 1)], ids=["older", "another's"])
def test_a_genuine_passport_in_the_place_of_another_is_not_in_the_snapshot(store: Store, other: bytes) -> None:
    store.put(layout.object_key(row(SLUG, 2).object), other)
    finding = reader(store).check(SLUG)
    assert finding.verdict == "not_in_snapshot"
    assert "is not what generation 2" in finding.reason


def test_a_missing_object_is_damage(store: Store) -> None:
    store.delete(layout.object_key(row(SLUG, 2).object))
    finding = reader(store).check(SLUG)
    assert (finding.verdict, "is missing, although generation 2" in finding.reason) == ("unreadable", True)


def test_a_copy_is_judged_by_what_is_there(store: Store) -> None:
    key = layout.passport_copy_key(SLUG)
    genuine = store.get(key).body
    store.put(key, genuine.replace(b"v2", b"v3"))
    assert _of_copy(store).startswith("bad_signature: ")
    store.put(key, copies("acme-gull", passport("acme-gull", 1)).passport)
    assert _of_copy(store).startswith("it is another model's passport")
    store.put(key, copies(SLUG, passport(SLUG, 1)).passport)
    assert _of_copy(store).startswith("superseded: ")
    store.delete(key)
    assert _of_copy(store).startswith("nothing is stored there")


def _of_copy(store: Store) -> str:
    """Why the copy is not what it should be."""
    finding = check_copy(reader(store), SLUG)
    assert finding.verdict == "copy_differs"
    return finding.reason.removeprefix(f"the copy at {layout.passport_copy_key(SLUG)}: ")


def test_a_copy_whose_links_lead_elsewhere_is_named_as_the_copy(store: Store) -> None:
    key = layout.passport_copy_key(SLUG)
    genuine = store.get(key).body
    store.put(key, genuine.replace(b"registry.example/api/v1/trust", b"attacker.example/api/v1/trust"))
    finding = check_copy(reader(store), SLUG)
    reported = (
        f"the copy at {key}: its _links.publicKey is 'https://attacker.example/api/v1/trust-passport-public-key', not "
    )
    assert (finding.verdict, finding.reason.startswith(reported)) == ("copy_differs", True)
    assert "run `passports store scrub` to write it again" in finding.reason
    assert reader(store).check(SLUG).verdict == "ok", "the registry's own is whole"


@pytest.mark.parametrize("spoil", ["without links", "spaced", "another registry"])
def test_a_copy_must_be_what_a_publisher_writes(spoil: str, store: Store) -> None:
    key = layout.passport_copy_key(SLUG)
    genuine = store.get(key).body
    store.put(
        key,
        {
            "without links": passport(SLUG, 2),
            "spaced": genuine.replace(b":", b" :", 1),
            "another registry": genuine.replace(b'"https://registry.example/docs"', b'"https://attacker.example/docs"'),
        }[spoil],
    )
    assert check_copy(reader(store), SLUG).verdict == "copy_differs"


def test_a_registry_that_has_moved_is_known_by_its_new_address_to_who_names_it(store: Store) -> None:
    served = reader(store)
    own = served.row(SLUG)
    assert own
    render = copies_for(Issuer("registry.example", "https://moved.example"))
    moved = render(SLUG, passport(SLUG, 2), RegistryLog(served).place(own)).passport
    store.put(layout.passport_copy_key(SLUG), moved)
    assert check_copy(reader(store), SLUG).verdict == "copy_differs"
    assert check_copy(reader(store), SLUG, base_urls=["https://moved.example"]).verdict == "ok"


def test_what_is_far_too_large_is_not_read(store: Store) -> None:
    store.put(layout.POINTER_KEY, b" " * 2**17)
    with pytest.raises(TooLargeError, match=r"timestamp\.json is larger than 65536 bytes"):
        reader(store)


class Counting(LocalStore):
    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.reads: list[str] = []

    def get(self, key: str, *, max_bytes: int = MAX_BLOB_BYTES) -> Blob:
        self.reads.append(key)
        return super().get(key, max_bytes=max_bytes)


def test_immutable_files_are_read_once(store: Store) -> None:
    counting = Counting(Path(store.name))
    served = reader(counting)
    for _ in range(3):
        served.passport(SLUG)
        served.row("acme-gull")
        list(served.rows())
    assert len(counting.reads) == len(set(counting.reads)) == 4


def test_a_registry_in_memory_reads_alike() -> None:
    store = open_store("memory:///")
    publish_versions(store, {SLUG: 1})
    assert reader(store).check(SLUG).verdict == "ok"
