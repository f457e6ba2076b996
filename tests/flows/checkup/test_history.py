"""The doctor finds a generation that is to be retained, and whose snapshot is gone."""

from datetime import timedelta
from pathlib import Path

import pytest

from flows.checkup.history import missing_snapshot
from flows.maintenance.garbage import collect
from flows.store.base import Store
from flows.store.local import LocalStore
from pipelines.registry.layout import snapshot_key
from tests.support.publications import AT, publish_versions, publisher, reader

SLUG, LATER = "acme-tern", AT + timedelta(days=40)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = LocalStore(tmp_path / "public")
    for version in range(1, 6):
        publish_versions(store, {SLUG: version}, nonce=str(version))
    return store


@pytest.mark.parametrize("lost", [1, 3, 4])
def test_a_snapshot_that_is_gone_is_named(store: Store, lost: int) -> None:
    assert missing_snapshot(reader(store)) is None
    store.delete(snapshot_key(lost))
    assert missing_snapshot(reader(store)) == lost


def test_of_several_the_newest_is_named(store: Store) -> None:
    for generation in range(1, 5):
        store.delete(snapshot_key(generation))
    assert missing_snapshot(reader(store)) == 4


def test_what_was_collected_is_not_missed(store: Store) -> None:
    assert collect(publisher(store, "gc", clock=lambda: LATER), generations=2, days=0).removed
    assert not store.exists(snapshot_key(1))
    assert missing_snapshot(reader(store)) is None


def test_a_number_that_no_generation_had_is_not_missed(store: Store) -> None:
    store.put(snapshot_key(6), b"left by another publisher")
    done = publish_versions(store, {SLUG: 6}, nonce="6")
    store.delete(snapshot_key(6))
    assert done.generation == 7
    assert missing_snapshot(reader(store)) is None
    store.delete(snapshot_key(5))
    assert missing_snapshot(reader(store)) == 5
