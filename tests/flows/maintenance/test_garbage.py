from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from flows.maintenance.garbage import Collection, collect, plan
from flows.publish.pointer import is_collecting
from flows.publish.publication import PublicationError
from flows.store.base import Store
from flows.store.local import LocalStore
from flows.store.open import open_store
from pipelines.registry import layout
from tests.flows.publish.test_protocol import assert_whole
from tests.support.publications import (
    AT,
    CreatesOnly,
    dump,
    passport,
    publish_versions,
    publisher,
    reader,
    row,
)

SLUG = "acme-tern"
LATER = AT + timedelta(days=40)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Ten generations, in which one passport stays as it was in the first."""
    store = LocalStore(tmp_path / "public")
    publish_versions(store, {SLUG: 1, "acme-gull": 1}, nonce="1")
    for version in range(2, 11):
        publish_versions(store, {SLUG: version, f"acme-{version}": 1}, nonce=str(version))
    store.put(layout.object_key("0" * 64), b"left by a killed run")
    store.put(layout.snapshot_key(99), b"left by a killed run")
    return store


def gc(store: Store, **changes: Any) -> Collection:
    bounds = {name: changes.pop(name, usual) for name, usual in (("generations", 3), ("days", 0))}
    return collect(publisher(store, "gc", **({"clock": lambda: LATER} | changes)), **bounds)


def test_a_dry_run_removes_nothing_and_says_what_it_would(store: Store) -> None:
    before = dump(store)
    planned = plan(store, reader(store), generations=3, days=0, at=LATER)
    assert planned.removed == 0
    assert planned.generations == [10, 9, 8]
    assert dump(store) == before
    assert gc(store).garbage == planned.garbage


def test_what_retained_generations_name_stays_and_the_rest_goes(store: Store) -> None:
    done = gc(store)
    assert done.removed == len(done.garbage) > 0
    assert not store.exists(layout.object_key("0" * 64))
    assert not store.exists(layout.snapshot_key(99))
    assert not store.exists(layout.object_key(row(SLUG, 3).object))
    served = reader(store)
    for generation in (10, 9, 8):
        older = served.at_generation(generation)
        assert older.passport(SLUG) == passport(SLUG, generation)
        assert list(older.delta())
    assert_whole(store)
    assert gc(store).garbage == []
    assert publish_versions(store, {SLUG: 11}, nonce="11", clock=lambda: LATER).generation == 11
    assert_whole(store)


def test_the_evidence_of_every_retained_passport_stays(store: Store) -> None:
    gc(store)
    served = reader(store)
    for found in served.rows():
        issued = served.snapshot_at(found.generation)
        for ref in issued.sources:
            assert all(store.exists(layout.source_key(ref.source, part.sha256)) for part in ref.parts)


def test_what_is_younger_than_the_days_stays(store: Store) -> None:
    assert plan(store, reader(store), generations=1, days=41, at=LATER).generations == list(range(10, 0, -1))
    assert plan(store, reader(store), generations=1, days=39, at=LATER).generations == [10]


def test_a_publisher_at_work_loses_its_swap_and_publishes_after_the_collection() -> None:
    store = open_store("memory:///")
    for version in range(1, 6):
        publish_versions(store, {SLUG: version}, nonce=str(version))
    seen: list[int] = []

    def collect_now(step: str, done: int, _total: int) -> None:
        if (step, done) == ("pointer", 0) and not seen:
            seen.append(gc(store, generations=1).removed)

    done = publish_versions(store, {SLUG: 6}, nonce="6", on_step=collect_now, clock=lambda: LATER)
    assert done.generation in {6, 7}
    assert seen[0] > 0
    assert_whole(store)


def test_a_publisher_waits_while_garbage_is_collected() -> None:
    store = open_store("memory:///")
    publish_versions(store, {SLUG: 1}, nonce="1")
    waiting: list[Thread] = []

    def publish() -> None:
        publish_versions(store, {SLUG: 2}, nonce="2")

    def clock() -> Any:
        if not waiting and is_collecting(reader(store).pointer, AT):
            waiting.append(Thread(target=publish))
            waiting[0].start()
            waiting[0].join(0.3)
            assert waiting[0].is_alive()
            assert reader(store).generation == 1
        return AT

    gc(store, clock=clock)
    waiting[0].join()
    assert reader(store).generation == 2
    assert not is_collecting(reader(store).pointer, AT)


def test_a_killed_collector_keeps_publishers_out_no_longer_than_its_lease(store: Store) -> None:
    class Killed(LocalStore):
        def delete(self, key: str) -> None:
            raise KeyboardInterrupt(key)

    class DiesAtOnce(Killed):
        """Nor does it get to say that it is over."""

        swaps = 0

        def swap(self, key: str, body: bytes, expected: str) -> None:
            self.swaps += 1
            if self.swaps > 1:
                raise KeyboardInterrupt(key)
            super().swap(key, body, expected)

    with pytest.raises(KeyboardInterrupt):
        gc(DiesAtOnce(Path(store.name)), clock=lambda: AT)
    assert is_collecting(reader(store).pointer, AT)
    late = AT + timedelta(minutes=11)
    assert publish_versions(store, {SLUG: 11}, nonce="11", clock=lambda: late).generation == 11
    assert_whole(store)


def test_garbage_is_not_collected_where_publishers_cannot_be_kept_out(tmp_path: Path) -> None:
    store = CreatesOnly(tmp_path)
    publish_versions(store, {SLUG: 1})
    with pytest.raises(PublicationError, match="cannot be collected"):
        gc(store)


def test_what_was_collected_does_not_become_whole_again(store: Store) -> None:
    gc(store, generations=2)
    assert reader(store).pointer.kept_from == 9
    assert plan(store, reader(store), generations=30, days=1000, at=LATER).generations == [10, 9]
    assert gc(store, generations=30).garbage == []
    publish_versions(store, {SLUG: 11}, nonce="11", clock=lambda: LATER)
    assert reader(store).pointer.kept_from == 9
    assert gc(store, generations=30).generations == [11, 10, 9]


def test_a_copy_or_a_brief_that_no_served_passport_owns_goes_and_the_others_stay(store: Store) -> None:
    slugs = [row.slug for row in reader(store).rows()]
    owned = {key(slug) for slug in slugs for key in (layout.passport_copy_key, layout.brief_key)}
    strays = {layout.passport_copy_key("acme-gone"), layout.brief_key("acme-gone")}
    for key in owned | strays:
        store.put(key, b"{}")
    assert strays < set(plan(store, reader(store), generations=3, days=0, at=LATER).garbage)
    assert strays < set(gc(store).garbage)
    assert not any(map(store.exists, strays))
    assert all(map(store.exists, owned))
