"""The search index of a publication: named by the signed snapshot, and written only when its passports changed."""

from pathlib import Path

from flows.client.index import index_of
from flows.maintenance.replicate import replicate
from flows.maintenance.scrub import Scrubber
from flows.publish.publication import Rendering, Step
from flows.registry.reachable import reachable
from flows.store.local import LocalStore
from flows.store.open import open_store
from pipelines.registry.layout import search_key
from tests.support.publications import AT, COPIES, KEYS, publish_versions, reader


def test_an_index_is_written_only_when_passports_changed(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "public")
    first = publish_versions(store, {"acme-tern": 1, "acme-heron": 1}, nonce="1")
    named = reader(store).snapshot.search
    again = publish_versions(store, {"acme-tern": 1}, nonce="2")
    assert (first.written[Step.SEARCH], again.written.get(Step.SEARCH)) == (1, None)
    assert named is not None
    assert reader(store).snapshot.search == named
    changed = publish_versions(store, {"acme-tern": 2}, nonce="3")
    assert changed.written[Step.SEARCH] == 1
    assert reader(store).snapshot.search != named
    index = index_of(reader(store), tmp_path / "index.sqlite")
    assert [one.name for one in index.passports(at=AT).passports] == ["acme-heron v1", "acme-tern v2"]


def test_an_index_that_was_removed_is_written_again(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "public")
    publish_versions(store, {"acme-tern": 1}, nonce="1")
    key = search_key(reader(store).snapshot.search.sha256)  # type: ignore[union-attr]
    store.delete(key)
    assert index_of(reader(store), tmp_path / "index.sqlite").slugs() == ["acme-tern"]
    publish_versions(store, {"acme-tern": 1}, nonce="2")
    assert store.exists(key)


def test_an_index_is_copied_to_another_store_collected_and_repaired(tmp_path: Path) -> None:
    store, other = LocalStore(tmp_path / "public"), open_store("memory:///")
    publish_versions(store, {"acme-tern": 1}, nonce="1")
    publish_versions(store, {"acme-tern": 2}, nonce="2")
    assert len({item.key for item in reachable(reader(store), 1) if item.key.startswith("registry/search/")}) == 2
    assert len([item for item in reachable(reader(store), 2) if item.key.startswith("registry/search/")]) == 1
    replicate(reader(store), other, Rendering(COPIES), nonce="3")
    key = search_key(reader(store).snapshot.search.sha256)  # type: ignore[union-attr]
    assert other.get(key).body == store.get(key).body
    whole = store.get(key).body
    store.put(key, whole[:-1] + b"x")
    found = Scrubber(store, KEYS, AT, COPIES, other).scrub(10_000)
    assert [(damage.key, damage.repaired) for damage in found.damages] == [(key, True)]
    assert store.get(key).body == whole
