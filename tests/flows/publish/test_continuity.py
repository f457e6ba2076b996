"""A publisher builds on the newest generation that its key signed, and on nothing where that is not served."""

import shutil
from pathlib import Path

import pytest

from flows.audit.copy_check import check_copy
from flows.maintenance.garbage import collect
from flows.publish.continuity import HistoryError, ensure_newest
from flows.publish.protocol import publish
from flows.registry.reader import read_served
from flows.store.base import Store
from flows.store.local import LocalStore
from flows.trust.seen import Memory, RememberedGeneration, SeenError
from pipelines.registry import layout
from schemas.run import Published
from schemas.seen import Seen
from tests.support.publications import (
    AT,
    KEYS,
    SIGNER,
    CreatesOnly,
    dump,
    publication,
    publish_versions,
    publisher,
    reader,
)

REPAIR = "passports store repair"


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


def grow(store: Store, generations: int, mark: RememberedGeneration | None = None) -> list[bytes]:
    """Publish so often; returns each pointer."""
    pointers = []
    for number in range(1, generations + 1):
        publish_from_here(store, number, mark)
        pointers.append(store.get(layout.POINTER_KEY).body)
    return pointers


def publish_from_here(
    store: Store, version: int, mark: RememberedGeneration | None, *, new_store: bool = False
) -> Published:
    base = read_served(store, KEYS, AT)
    run = f"run-{version}"
    return publish(
        publisher(store, run, mark=mark),
        publication({"acme-tern": version}, base, run=run),
        base=base,
        rebase=lambda newer: publication({"acme-tern": version}, newer, run=run),
        new_store=new_store,
    )


def refused(store: Store, match: str, mark: RememberedGeneration | None = None) -> None:
    before = dump(store)
    with pytest.raises(HistoryError, match=match):
        publish_from_here(store, 99, mark)
    assert dump(store) == before


@pytest.mark.parametrize("generations", [1, 2, 4])
def test_a_store_without_a_pointer_is_not_begun_anew(generations: int, store: Store) -> None:
    grow(store, generations)
    store.delete(layout.POINTER_KEY)
    refused(store, rf"has no pointer, although generation {generations} was published.*{REPAIR}.*--new-store")


@pytest.mark.parametrize("left", [layout.APPLIED_KEY, layout.delta_key(2), layout.passport_copy_key("acme-tern")])
def test_what_followed_the_pointer_shows_that_there_was_one(left: str, local: LocalStore) -> None:
    grow(local, 2)
    for key in dump(local):
        if key != left:
            local.delete(key)
    refused(local, f"has no pointer, and {left} shows that it had one: restore it from a copy.*--new-store")


def test_who_means_it_begins_anew_above_what_was_published(local: LocalStore, mark: RememberedGeneration) -> None:
    grow(local, 3, mark)
    local.delete(layout.POINTER_KEY)
    assert publish_from_here(local, 9, None, new_store=True).generation == 4
    assert reader(local).snapshot.parent is None
    assert check_copy(reader(local), "acme-tern").verdict == "ok"
    shutil.rmtree(local.name)
    refused(local, "generation 3 was published", mark)
    assert publish_from_here(local, 1, mark, new_store=True).generation == 4
    assert publish_from_here(local, 2, mark).generation == 5


@pytest.mark.parametrize("back_to", [1, 2, 3])
def test_nothing_is_published_below_snapshots_that_were_served(back_to: int, local: LocalStore) -> None:
    pointers = grow(local, 4)
    local.put(layout.POINTER_KEY, pointers[back_to - 1])
    refused(local, f"serves generation {back_to}, and generation 4, which our key signed too, .*{REPAIR}")


def test_each_sign_alone_shows_that_the_last_generation_was_served(local: LocalStore) -> None:
    pointers = grow(local, 2)
    local.put(layout.POINTER_KEY, pointers[0])
    delta = local.get(layout.delta_key(2)).body
    local.delete(layout.delta_key(2))
    refused(local, "generation 2, which our key signed too")
    local.put(layout.APPLIED_KEY, b'{"generation":1}')
    local.put(layout.delta_key(2), delta)
    refused(local, "generation 2, which our key signed too")
    local.put(layout.delta_key(2), local.get(layout.delta_key(1)).body)
    assert publish_from_here(local, 3, None).generation == 3


def test_what_was_published_from_here_is_remembered_where_the_store_shows_nothing(
    local: LocalStore, mark: RememberedGeneration, tmp_path: Path
) -> None:
    pointers = grow(local, 2, mark)
    shutil.copytree(local.name, tmp_path / "early")
    publish_from_here(local, 3, mark)
    shutil.rmtree(local.name)
    (tmp_path / "early").rename(local.name)
    assert local.get(layout.POINTER_KEY).body == pointers[1]
    refused(local, f"serves generation 2 instead of generation 3, which was published from here: .*{REPAIR}", mark)
    assert publish_from_here(local, 4, None).generation == 3
    refused(local, "serves generation 3 with another snapshot than generation 3, which was published from here", mark)


def test_another_machine_that_published_more_is_no_objection(local: LocalStore, mark: RememberedGeneration) -> None:
    grow(local, 2, mark)
    publish_from_here(local, 3, None)
    assert publish_from_here(local, 4, mark).generation == 4
    assert mark.recall() == Seen(generation=4, snapshot_sha256=reader(local).snapshot_sha256)


def test_what_was_published_since_the_base_was_read_is_no_objection(store: Store, mark: RememberedGeneration) -> None:
    grow(store, 1, mark)
    base = read_served(store, KEYS, AT)
    publish_from_here(store, 2, mark)
    publish_from_here(store, 3, mark)
    ensure_newest(store, base, KEYS, mark)
    ensure_newest(store, None, KEYS, mark)


def test_attempts_that_were_never_served_are_built_past(local: LocalStore) -> None:
    grow(local, 1)
    served = local.get(layout.POINTER_KEY).body
    for number in (2, 3):  # each killed before its pointer moved
        publish_versions(local, {"acme-tern": number}, nonce=str(number))
        for key in (layout.delta_key(number), layout.APPLIED_KEY):
            local.delete(key)
        local.put(layout.POINTER_KEY, served)
    assert publish_from_here(local, 9, None).generation == 4
    assert reader(local).snapshot.parent == 1


def test_a_first_attempt_that_was_never_served_is_built_past(local: LocalStore) -> None:
    class KilledError(Exception):
        pass

    def killed(step: object, done: int, _: int) -> None:
        if str(step) == "pointer" and done == 0:
            raise KilledError

    with pytest.raises(KilledError):
        publish_versions(local, {"acme-tern": 1}, nonce="1", on_step=killed)
    assert publish_from_here(local, 2, None).generation == 2


def test_snapshots_of_another_key_or_of_none_are_no_objection(local: LocalStore) -> None:
    grow(local, 1)
    local.put(layout.snapshot_key(2), b"junk")
    local.put("registry/snapshots/notes.json", b"junk")
    local.put(layout.snapshot_key(3), local.get(layout.snapshot_key(1)).body)
    assert publish_from_here(local, 2, None).generation == 4


def test_garbage_is_not_collected_below_snapshots_that_were_served(local: LocalStore) -> None:
    pointers = grow(local, 3)
    local.put(layout.POINTER_KEY, pointers[0])
    before = dump(local)
    with pytest.raises(HistoryError, match=REPAIR):
        collect(publisher(local, "gc"), generations=1, days=0)
    assert dump(local) == before


def test_a_new_history_is_begun_only_where_that_is_asked_for(local: LocalStore) -> None:
    grow(local, 2)
    local.delete(layout.POINTER_KEY)
    with pytest.raises(HistoryError, match=REPAIR):
        publish(
            publisher(local, "run-9"),
            publication({"acme-tern": 9}, None, run="run-9"),
            base=None,
            rebase=lambda newer: publication({"acme-tern": 9}, newer, run="run-9"),
        )


def test_a_new_history_is_no_leave_to_build_on_an_older_pointer(local: LocalStore) -> None:
    pointers = grow(local, 3)
    local.put(layout.POINTER_KEY, pointers[0])
    with pytest.raises(HistoryError, match="generation 3"):
        publish_from_here(local, 9, None, new_store=True)


def test_nothing_is_published_where_it_could_be_recalled_but_not_remembered(
    local: LocalStore, mark: RememberedGeneration, tmp_path: Path
) -> None:
    grow(local, 1, mark)
    (tmp_path / "seen.json.lock").unlink()
    (tmp_path / "seen.json.lock").mkdir()
    before = dump(local)
    with pytest.raises(SeenError):
        publish_from_here(local, 2, mark)
    assert dump(local) == before


def test_nothing_is_built_on_another_history_of_the_same_key(
    local: LocalStore, mark: RememberedGeneration, tmp_path: Path
) -> None:
    """A staging store with more generations was put in the place of the one that was published to from here."""
    grow(local, 2, mark)
    staging = LocalStore(tmp_path / "staging")
    publish_from_here(staging, 7, None)
    grow(staging, 3)
    shutil.rmtree(local.name)
    shutil.copytree(staging.name, local.name)
    refused(local, "generation 4 does not descend from generation 2 .*passports store forget", mark)
    mark.memory.forget("here", pins=False)
    assert publish_from_here(local, 9, mark).generation == 5
