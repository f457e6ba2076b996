import hashlib
import tracemalloc
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard

from flows.maintenance.garbage import collect
from flows.maintenance.scrub import Damage, Scrubbed, Scrubber
from flows.publish.pointer import is_collecting
from flows.publish.publication import PublicationError, Step
from flows.registry.signed_files import TamperedError, seal
from flows.store.base import Store, StoreUnavailableError
from flows.store.local import LocalStore
from pipelines.registry import layout
from pipelines.registry.deltas import print_delta
from pipelines.registry.packing import MAX_PART_BYTES, unpack
from pipelines.signing.registry_files import sign_file
from pipelines.signing.signatures import SNAPSHOT_TYPE
from tests.flows.publish.test_protocol import assert_whole
from tests.support.object_stores import Place
from tests.support.processes import run
from tests.support.publications import (
    AT,
    KEYS,
    SIGNER,
    copies,
    dump,
    publish_until,
    publish_versions,
    publisher,
    reader,
    repair_store,
    row,
)

SLUG = "acme-tern"
Kind = Callable[[Store], str]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Four generations, in which one passport stays as it was in the first."""
    store = LocalStore(tmp_path / "public")
    publish_versions(store, {SLUG: 1, "acme-gull": 1}, nonce="1")
    for version in range(2, 5):
        publish_versions(store, {SLUG: version}, nonce=str(version))
    return store


@pytest.fixture
def other(store: Store, tmp_path: Path) -> Store:
    """The same elsewhere."""
    other = LocalStore(tmp_path / "other")
    for key, body in dump(store).items():
        other.put(key, body)
    return other


def scrubbed(store: Store, other: Store | None = None, *, budget: int = 10_000, days: int = 0) -> Scrubbed:
    return Scrubber(store, KEYS, AT + timedelta(days=days), copies, other).scrub(budget)


KINDS: dict[str, Kind] = {
    "the served snapshot": lambda store: layout.snapshot_key(reader(store).generation),
    "an earlier snapshot": lambda _: layout.snapshot_key(2),
    "the served shard": lambda store: layout.shard_key(reader(store).snapshot.shards[0].sha256),
    "an earlier shard": lambda store: layout.shard_key(reader(store).at_generation(2).snapshot.shards[0].sha256),
    "a source file": lambda store: layout.source_key("acme", reader(store).snapshot.sources[0].parts[0].sha256),
    "a delta": lambda _: layout.delta_key(3),
    "the newest delta": lambda _: layout.delta_key(4),
    "a passport": lambda _: layout.object_key(row(SLUG, 4).object),
    "an earlier passport": lambda _: layout.object_key(row(SLUG, 2).object),
}


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def key(request: pytest.FixtureRequest, store: Store) -> str:
    kind: Kind = request.param
    return kind(store)


def spoil(store: Store, key: str, *, missing: bool) -> None:
    if missing:
        store.delete(key)
    else:
        body = store.get(key).body
        store.put(key, body[:-9] + bytes(byte ^ 1 for byte in body[-9:]))


@pytest.mark.parametrize("missing", [False, True])
def test_every_kind_of_damage_is_named_with_its_remedy_and_repaired_from_another_store(
    store: Store, other: Store, key: str, *, missing: bool
) -> None:
    whole = scrubbed(store)
    spoil(store, key, missing=missing)
    before = dump(store)
    (damage,) = scrubbed(store).damages
    assert (damage.key, damage.repaired) == (key, False)
    assert f"{store.name}: " in damage.reason
    assert key in damage.reason
    assert "passports store scrub --copy URL" in damage.reason
    assert dump(store) == before
    (damage,) = scrubbed(store, other).damages
    assert (damage.key, damage.repaired) == (key, True)
    assert dump(store) == dump(other)
    assert scrubbed(store) == whole == (whole.of, whole.of, [])


def without_sizes(store: Store) -> None:
    """Sign the newest snapshot anew as it was signed before sizes were."""
    snapshot, pointer = reader(store).snapshot, reader(store).pointer
    document = snapshot.model_dump(mode="json", exclude={"delta_bytes"})
    for ref in (*document["shards"], *(part for source in document["sources"] for part in source["parts"])):
        del ref["packed_bytes"], ref["unpacked_bytes"]
    body = orjson.dumps(sign_file(document, payload_type=SNAPSHOT_TYPE, signer=SIGNER))
    store.put(layout.snapshot_key(snapshot.generation), body)
    moved = pointer.model_copy(update={"snapshot_sha256": hashlib.sha256(body).hexdigest()})
    store.put(layout.POINTER_KEY, seal(moved, SIGNER))


PACKED = ("the served shard", "a source file", "a delta", "the newest delta")


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("kind", PACKED)
def test_a_bomb_in_the_place_of_a_packed_file_is_named_and_takes_little_memory(
    store: Store, kind: str, *, signed: bool
) -> None:
    if not signed:
        without_sizes(store)
    assert scrubbed(store).damages == []
    key = KINDS[kind](store)
    store.put(key, zstandard.compress(b"\n" * (128 * 2**20)))
    tracemalloc.start()
    try:
        damages = scrubbed(store).damages
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [damage.key for damage in damages] == [key]
    assert peak < 16 * 2**20


def test_the_sizes_of_packed_files_are_signed_and_old_generations_are_read_without_them(store: Store) -> None:
    snapshot = reader(store).snapshot
    refs = [
        *((layout.shard_key(ref.sha256), ref) for ref in snapshot.shards),
        *(
            (layout.source_key(source.source, part.sha256), part)
            for source in snapshot.sources
            for part in source.parts
        ),
    ]
    for key, ref in refs:
        body = store.get(key).body
        lines = list(unpack(body, max_bytes=MAX_PART_BYTES))
        assert (ref.packed_bytes, ref.unpacked_bytes) == (len(body), sum(len(line) + 1 for line in lines))
    assert snapshot.delta_bytes == sum(map(len, print_delta(reader(store).delta())))
    before = list(reader(store).rows()), list(reader(store).source_listings("acme")), list(reader(store).delta())
    without_sizes(store)
    old = reader(store)
    assert {ref.packed_bytes for ref in old.snapshot.shards} == {None}
    assert (list(old.rows()), list(old.source_listings("acme")), list(old.delta())) == before
    publish_versions(store, {SLUG: 9}, nonce="9")
    assert reader(store).snapshot.shards[0].packed_bytes


def test_a_run_does_not_stop_at_the_first_damage(store: Store, other: Store) -> None:
    spoilt = {kind(store) for kind in KINDS.values()}
    for number, key in enumerate(sorted(spoilt)):
        spoil(store, key, missing=bool(number % 2))
    assert {damage.key for damage in scrubbed(store, other).damages} == spoilt
    assert dump(store) == dump(other)
    shard = KINDS["an earlier shard"](store)
    passport, source = KINDS["a passport"](store), KINDS["a source file"](store)
    for key in (shard, passport, source):
        spoil(store, key, missing=True)
    assert [damage.key for damage in scrubbed(store).damages] == [shard, passport, source]


@pytest.mark.parametrize("body", [None, b"spoilt"])
@pytest.mark.parametrize("key", [layout.passport_copy_key(SLUG), layout.page_key(SLUG)])
def test_a_copy_that_is_not_what_is_served_is_written_anew(store: Store, other: Store, key: str, body: bytes) -> None:
    store.delete(key) if body is None else store.put(key, body)
    (damage,) = scrubbed(store).damages
    assert (damage.key, damage.repaired) == (key, True)
    assert f"{store.name}: {key} is not what generation 4 of" in damage.reason
    assert dump(store) == dump(other)
    assert scrubbed(store).damages == []


def test_another_models_genuine_passport_in_a_copys_place_is_found(store: Store, other: Store) -> None:
    store.put(layout.passport_copy_key(SLUG), store.get(layout.passport_copy_key("acme-gull")).body)
    assert [damage.key for damage in scrubbed(store).damages] == [layout.passport_copy_key(SLUG)]
    assert dump(store) == dump(other)


def test_a_copy_of_a_damaged_passport_is_left_alone(store: Store) -> None:
    copy, damaged = layout.passport_copy_key(SLUG), layout.object_key(row(SLUG, 4).object)
    store.put(copy, b"spoilt")
    spoil(store, damaged, missing=False)
    assert [damage.key for damage in scrubbed(store).damages] == [damaged]
    assert store.get(copy).body == b"spoilt"


def test_a_damaged_other_store_repairs_nothing_and_is_named(store: Store, other: Store, key: str) -> None:
    store.put(key, b"damaged")
    other.put(key, b"also damaged")
    damage = scrubbed(store, other).damages[0]
    assert (damage.key, damage.repaired) == (key, False)
    assert f"not repaired: {other.name}: {key}" in damage.reason
    assert store.get(key).body == b"damaged"


def test_a_file_that_the_disk_does_not_give_is_one_damage_and_a_store_out_of_reach_an_error(
    store: Store, other: Store
) -> None:
    class Failing(LocalStore):
        fails = layout.object_key(row(SLUG, 4).object)

        def get(self, key: str, **limits: int) -> Any:
            if key.startswith(self.fails):
                raise StoreUnavailableError(f"{self.name}: {key}: Input/output error: check the disk and run again")
            return super().get(key, **limits)

        def put(self, key: str, body: bytes) -> None:
            super().put(key, body)
            self.fails = "nothing any more"

    failing = Failing(Path(store.name))
    key = failing.fails
    assert scrubbed(failing, other).damages == [
        Damage(key, f"{store.name}: {key}: Input/output error: check the disk and run again", True)
    ]
    failing.fails = "registry/"
    with pytest.raises(StoreUnavailableError):
        scrubbed(failing)


def test_a_damaged_pointer_is_not_repaired(store: Store, other: Store) -> None:
    """Another store's may be older: only a publication can tell."""
    store.put(layout.POINTER_KEY, b"{}")
    with pytest.raises(TamperedError, match=r"registry/timestamp\.json"):
        scrubbed(store, other)


def test_what_a_collection_removed_is_not_missed_and_what_it_retained_is(store: Store, other: Store) -> None:
    gc(store)
    for key in other.list():
        other.delete(key) if not store.exists(key) else other.put(key, store.get(key).body)
    assert scrubbed(store).damages == []
    for key in ("the served shard", "the served snapshot", "an earlier snapshot", "a source file"):
        spoil(store, KINDS[key](other), missing=True)
        assert [damage.repaired for damage in scrubbed(store, other).damages] == [True]
    assert dump(store) == dump(other)


def gc(store: Store, clock: Callable[[], datetime] = lambda: AT + timedelta(days=1)) -> None:
    collect(publisher(store, "gc", clock=clock), generations=1, days=0)


def test_nothing_is_looked_at_while_garbage_is_collected(store: Store) -> None:
    def clock() -> datetime:
        if is_collecting(reader(store).pointer, AT):
            with pytest.raises(PublicationError, match="garbage is being collected"):
                scrubbed(store)
        return AT

    gc(store, clock)
    assert scrubbed(store).damages == []


def test_what_a_killed_publisher_has_still_to_write_is_not_missed(store: Store) -> None:
    run(publish_until, Place(store.name, {}), {"acme-gull": 2}, "5", Step.DELTA, "begins")
    assert not store.exists(layout.delta_key(5))
    assert {damage.key for damage in scrubbed(store).damages} == {
        layout.passport_copy_key("acme-gull"),
        layout.page_key("acme-gull"),
    }
    repair_store(store)
    assert_whole(store)
    assert scrubbed(store).damages == []


def test_daily_scrubs_come_round(store: Store) -> None:
    keys_of_copies = {layout.passport_copy_key(slug) for slug in (SLUG, "acme-gull")}
    spoilt = {*keys_of_copies, *(kind(store) for name, kind in KINDS.items() if "sna" not in name and "sh" not in name)}
    for key in spoilt:
        store.put(key, b"spoilt")
    seen: set[str] = set()
    for day in range(scrubbed(store).of):
        found = scrubbed(store, budget=2, days=day)
        assert found.read < found.of
        seen |= {damage.key for damage in found.damages}
    assert seen >= spoilt - keys_of_copies
