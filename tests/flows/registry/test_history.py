from pathlib import Path

import pytest

from flows.publish.protocol import publish
from flows.registry.history import steps
from flows.registry.reader import Reader
from flows.registry.signed_files import NotInSnapshotError, TamperedError
from flows.store.base import MAX_BLOB_BYTES, Blob, MissingKeyError, Store
from flows.store.local import LocalStore
from pipelines.registry import layout
from pipelines.registry.deltas import encode_delta
from tests.support.publications import (
    CreatesOnly,
    dump,
    passport,
    publication,
    publish_versions,
    publisher,
    reader,
    repair_store,
    row,
    serving,
)

SLUG = "acme-tern"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = LocalStore(tmp_path / "public")
    publish_versions(store, {SLUG: 1, "acme-gull": 1}, nonce="1")
    publish_versions(store, {SLUG: 2}, nonce="2")
    publish_versions(store, {"acme-heron": 1}, nonce="3")
    publish_versions(store, {SLUG: 3}, nonce="4")
    return store


def changes(served: Reader, generation: int) -> list[tuple[str, str]]:
    return [(line.change, line.slug) for line in served.delta(served.snapshot_at(generation))]


def test_a_delta_tells_what_its_generation_changed_and_why(store: Store) -> None:
    served = reader(store)
    assert changes(served, 1) == [("added", "acme-gull"), ("added", SLUG)]
    assert changes(served, 3) == [("added", "acme-heron")]
    (line,) = served.delta()
    assert (line.change, line.cause, line.status) == ("changed", "first_seen", "active")
    assert (line.before, line.object) == (row(SLUG, 2).object, row(SLUG, 3).object)


def test_who_follows_the_deltas_comes_to_the_same_rows(store: Store) -> None:
    served = reader(store)
    followed: dict[str, str | None] = {}
    for snapshot in reversed(list(served.ancestry())):
        followed |= {line.slug: line.object for line in served.delta(snapshot)}
    assert {slug: sha256 for slug, sha256 in followed.items() if sha256} == {r.slug: r.object for r in served.rows()}


def test_a_passport_that_is_served_no_more_is_a_removed_line(store: Store) -> None:
    base = reader(store)
    fewer = serving(publication({}, base, run="fewer"), [r for r in base.rows() if r.slug != SLUG])
    publish(publisher(store, "fewer"), fewer, base=base, rebase=lambda _: fewer)
    (line,) = reader(store).delta()
    assert (line.change, line.slug, line.object, line.before) == ("removed", SLUG, None, row(SLUG, 3).object)


def test_a_delta_that_is_not_what_was_signed_is_refused(store: Store) -> None:
    store.put(layout.delta_key(4), encode_delta(reader(store).delta(reader(store).snapshot_at(3))))
    with pytest.raises(TamperedError, match="not the delta that its snapshot names"):
        reader(store).delta()
    store.put(layout.delta_key(4), b"junk")
    with pytest.raises(TamperedError, match="cannot be unpacked"):
        reader(store).delta()


def test_deltas_that_killed_publishers_left_out_are_made_up_for(store: Store) -> None:
    whole = dump(store)
    for generation in (3, 4):
        store.delete(layout.delta_key(generation))
    store.delete(layout.APPLIED_KEY)
    assert repair_store(store) == {"delta": 2, "applied": 1}
    assert dump(store) == whole


def test_an_earlier_generation_is_read_as_it_was(store: Store) -> None:
    older = reader(store).at_generation(2)
    assert older.generation == 2
    assert not older.is_served
    assert older.passport(SLUG) == passport(SLUG, 2)
    assert older.row("acme-heron") is None
    assert older.check(SLUG).verdict == "ok"
    assert older.check(passport(SLUG, 3)).verdict == "not_in_snapshot"
    assert older.check(SLUG, seen_generation=4).verdict == "ok"
    with pytest.raises(NotInSnapshotError, match="not an ancestor"):
        reader(store).at_generation(5)


def test_the_versions_of_a_passport_are_reported_with_what_changed(store: Store) -> None:
    found = list(steps(reader(store), SLUG))
    assert [step.version.row.generation for step in found] == [4, 2, 1]
    assert [(c.path, c.before, c.after) for c in found[0].changes or ()] == [
        ("/artifact/name", f"{SLUG} v2", f"{SLUG} v3")
    ]
    assert found[-1].changes is None
    with pytest.raises(NotInSnapshotError):
        list(steps(reader(store), "acme-nobody"))


def test_history_ends_where_it_is_not_retained_any_more(store: Store) -> None:
    store.delete(layout.snapshot_key(1))
    assert [step.version.row.generation for step in steps(reader(store), SLUG)] == [4, 2]
    assert [snapshot.generation for snapshot in reader(store).ancestry()] == [4, 3, 2]


def test_the_pointer_of_a_store_that_only_creates_may_lag_behind(tmp_path: Path) -> None:
    store = CreatesOnly(tmp_path)
    publish_versions(store, {SLUG: 1}, nonce="1")
    lagging = store.get(layout.POINTER_KEY).body
    publish_versions(store, {SLUG: 2}, nonce="2")
    store.put(layout.snapshot_key(3), b"junk that nobody signed")
    publish_versions(store, {SLUG: 3}, nonce="3")
    store.put(layout.POINTER_KEY, lagging)
    served = reader(store)
    assert (served.generation, served.snapshot.parent) == (4, 2)
    assert served.passport(SLUG) == passport(SLUG, 3)
    assert publish_versions(store, {SLUG: 4}, nonce="4").generation == 5


class MakesUpSnapshots(CreatesOnly):
    """A mirror that has a file under every number of a snapshot."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.asked = 0

    def get(self, key: str, *, max_bytes: int = MAX_BLOB_BYTES) -> Blob:
        self.asked += 1
        assert self.asked < 1_000, "a reader asks for ever"
        try:
            return super().get(key, max_bytes=max_bytes)
        except MissingKeyError:
            return Blob(b"{}", "")


def test_a_mirror_cannot_have_a_reader_follow_snapshots_for_ever(tmp_path: Path) -> None:
    publish_versions(CreatesOnly(tmp_path), {SLUG: 1}, nonce="1")
    assert reader(CreatesOnly(tmp_path)).pointer.commit == "create"
    assert reader(MakesUpSnapshots(tmp_path)).generation == 1
