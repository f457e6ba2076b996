"""The pointer is put back onto the newest whole history, and never behind what was served."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from flows.maintenance.garbage import collect
from flows.maintenance.repair import Recovered, RecoveryError, recover
from flows.maintenance.replicate import replicate
from flows.maintenance.scrub import Scrubber
from flows.publish.copies import repair
from flows.publish.publication import PublicationError
from flows.registry.reader import Reader
from flows.registry.signed_files import seal
from flows.store.base import Store
from flows.store.local import LocalStore
from flows.trust.seen import Memory, RememberedGeneration
from pipelines.registry import layout
from pipelines.signing.keys import Signer
from schemas.seen import Seen
from tests.flows.publish.test_continuity import grow, publish_from_here
from tests.support.publications import (
    AT,
    KEYS,
    RENDERING,
    SIGNER,
    CreatesOnly,
    copies,
    dump,
    publish_versions,
    publisher,
    reader,
)

STRANGER = Signer(bytes(range(1, 33)))


@pytest.fixture(params=[LocalStore, CreatesOnly])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    made: Store = request.param(tmp_path / "store")
    return made


@pytest.fixture
def local(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


@pytest.fixture
def mark(tmp_path: Path) -> RememberedGeneration:
    return RememberedGeneration(Memory(tmp_path / "seen.json"), "here", SIGNER.key_id, KEYS)


def recovered(store: Store, mark: RememberedGeneration | None = None) -> Recovered:
    return recover(publisher(store, "repair", mark=mark), RENDERING)


def assert_as_before(store: Store, before: dict[str, bytes]) -> None:
    """Everything but the pointer's nonce and dates is as it was, and the next publication goes on from there."""
    after = dump(store)
    del after[layout.POINTER_KEY], before[layout.POINTER_KEY]
    assert after == before
    served = reader(store).generation
    assert publish_versions(store, {"acme-tern": 77}, nonce="next").generation == served + 1
    assert reader(store).snapshot.parent == served
    found = Scrubber(store, KEYS, AT, copies).scrub(1000)
    assert (found.damages, found.read) == ([], found.of)


def test_a_lost_pointer_is_put_back(store: Store, mark: RememberedGeneration) -> None:
    grow(store, 4, mark)
    before = dump(store)
    store.delete(layout.POINTER_KEY)
    done = recovered(store, mark)
    assert (done.generation, done.before, done.kept_from) == (4, None, 1)
    assert_as_before(store, before)


@pytest.mark.parametrize("back_to", [1, 3])
def test_an_older_pointer_is_put_forward_again(back_to: int, local: LocalStore, mark: RememberedGeneration) -> None:
    pointers = grow(local, 4, mark)
    before = dump(local)
    local.put(layout.POINTER_KEY, pointers[back_to - 1])
    done = recovered(local, mark)
    assert (done.generation, done.before) == (4, back_to)
    assert_as_before(local, before)


def test_a_pointer_of_another_key_is_replaced(local: LocalStore) -> None:
    grow(local, 3)
    before = dump(local)
    local.put(layout.POINTER_KEY, seal(reader(local).pointer, STRANGER))
    assert (recovered(local).generation, recovered(local).before) == (3, 3)
    assert_as_before(local, before)


@pytest.mark.parametrize("body", [b"", b"{", b"x" * (1 << 17)])
def test_a_damaged_pointer_is_replaced(body: bytes, local: LocalStore) -> None:
    grow(local, 2)
    before = dump(local)
    local.put(layout.POINTER_KEY, body)
    assert recovered(local).generation == 2
    assert_as_before(local, before)


def test_copies_and_deltas_that_are_lacking_follow(local: LocalStore) -> None:
    grow(local, 2)
    before = dump(local)
    local.put(layout.passport_copy_key("acme-tern"), b"spoilt")
    for key in (layout.POINTER_KEY, layout.delta_key(2)):
        local.delete(key)
    done = recovered(local)
    assert {step: done.written[step] for step in ("delta", "copies", "applied")} == {
        "delta": 1,
        "copies": 1,
        "applied": 1,
    }
    assert_as_before(local, before)


def test_a_healthy_store_is_left_alone(store: Store, mark: RememberedGeneration) -> None:
    grow(store, 2, mark)
    before = dump(store)
    assert recovered(store, mark) == Recovered(2, 2, 1, {})
    assert dump(store) == before


def test_an_attempt_that_lost_is_not_put_over_what_was_served(local: LocalStore) -> None:
    grow(local, 2)
    pointer = local.get(layout.POINTER_KEY).body
    publish_versions(local, {"acme-tern": 3}, nonce="lost")
    lost = local.get(layout.snapshot_key(3)).body
    local.delete(layout.snapshot_key(3))
    local.delete(layout.delta_key(3))
    local.put(layout.POINTER_KEY, pointer)
    local.put(layout.APPLIED_KEY, b'{"generation":2}')
    local.put(layout.snapshot_key(3), b"junk")
    publish_from_here(local, 4, None)
    local.put(layout.snapshot_key(3), lost)
    assert reader(local).generation == 4
    local.delete(layout.POINTER_KEY)
    assert recovered(local).generation == 4


def test_a_generation_that_is_not_whole_is_not_gone_behind(local: LocalStore) -> None:
    grow(local, 3)
    row = reader(local).row("acme-tern")
    assert row
    body = local.get(layout.object_key(row.object)).body
    local.delete(layout.object_key(row.object))
    local.delete(layout.POINTER_KEY)
    before = dump(local)
    with pytest.raises(
        RecoveryError, match=f"generation 3 is incomplete: registry/objects/.*{row.object}.* is missing"
    ):
        recovered(local)
    assert dump(local) == before
    local.put(layout.object_key(row.object), body)
    assert recovered(local).generation == 3


def test_a_snapshot_that_is_gone_is_not_gone_behind(local: LocalStore, mark: RememberedGeneration) -> None:
    pointers = grow(local, 3, mark)
    local.delete(layout.snapshot_key(3))
    with pytest.raises(
        RecoveryError, match=r"generation 3 was published, but registry/snapshots/3\.json is missing or is not its"
    ):
        recovered(local)
    with pytest.raises(RecoveryError, match=r"generation 3 was published.*or publish to an empty store"):
        recovered(local, mark)
    local.put(layout.POINTER_KEY, pointers[1])
    with pytest.raises(RecoveryError, match=r"generation 3 was published.*run `passports store forget`"):
        recovered(local, mark)


def test_a_store_without_a_snapshot_of_ours_is_refused(local: LocalStore) -> None:
    with pytest.raises(RecoveryError, match="no snapshot that our key signed"):
        recovered(local)
    assert dump(local) == {}


def test_what_is_remembered_decides_between_attempts(local: LocalStore, mark: RememberedGeneration) -> None:
    grow(local, 2)
    first = local.get(layout.POINTER_KEY).body
    for number in (3, 4):
        publish_versions(local, {"acme-tern": number}, nonce=str(number))
        for key in (layout.delta_key(number), layout.APPLIED_KEY):
            local.delete(key)
        local.put(layout.POINTER_KEY, first)
    body = local.get(layout.snapshot_key(3)).body
    mark.raise_to(Seen(generation=3, snapshot_sha256=hashlib.sha256(body).hexdigest()))
    assert recovered(local, mark).generation == 3


def test_what_was_collected_is_not_missed_after_a_repair(local: LocalStore) -> None:
    grow(local, 4)
    collect(publisher(local, "gc", clock=lambda: AT + timedelta(days=9)), generations=2, days=0)
    before, kept_from = dump(local), reader(local).pointer.kept_from
    local.delete(layout.POINTER_KEY)
    assert recovered(local).kept_from == kept_from == 3
    assert_as_before(local, before)


def test_two_repairs_and_a_publisher_at_once_lose_nothing(local: LocalStore) -> None:
    pointers = grow(local, 3)
    local.put(layout.POINTER_KEY, pointers[0])
    assert [recovered(local).generation, recovered(local).generation] == [3, 3]
    assert publish_from_here(local, 9, None).generation == 4
    assert repair(publisher(local), RENDERING) == {}


def test_a_mirror_that_lost_its_pointer_is_not_given_another_history(local: LocalStore, tmp_path: Path) -> None:
    short, target = LocalStore(tmp_path / "short"), LocalStore(tmp_path / "target")
    grow(local, 3)
    grow(short, 2)
    replicate(Reader(local, KEYS, AT), target, RENDERING, nonce="mirror")
    target.delete(layout.POINTER_KEY)
    before = dump(target)
    with pytest.raises(PublicationError, match="has lost its pointer: generation 3 was published to it"):
        replicate(Reader(short, KEYS, AT), target, RENDERING, nonce="mirror")
    assert dump(target) == before
    assert replicate(Reader(local, KEYS, AT), target, RENDERING, nonce="mirror").generation == 3
