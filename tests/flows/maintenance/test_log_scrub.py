"""A scrub finds files of the public log that are not the signed log's, and makes them anew."""

from pathlib import Path

import pytest

from flows.maintenance.scrub import Damage, Scrubber
from flows.store.base import Store
from flows.store.local import LocalStore
from pipelines.log.tiles import bundle_key, tile_key
from pipelines.registry.layout import log_key
from tests.support.publications import AT, KEYS, copies, dump, publish_versions

ENTRIES = 300
"""A full tile and bundle, the last ones of each, and a tile above."""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("log-scrub") / "store"
    store = LocalStore(folder)
    publish_versions(store, {f"acme-{number}": 1 for number in range(ENTRIES - 1)}, nonce="1")
    publish_versions(store, {"acme-0": 2}, nonce="2")
    return folder


@pytest.fixture
def store(published: Path, tmp_path: Path) -> Store:
    made = LocalStore(tmp_path / "store")
    for key, body in dump(LocalStore(published)).items():
        made.put(key, body)
    return made


def scrubbed(store: Store, other: Store | None = None) -> list[Damage]:
    return Scrubber(store, KEYS, AT, copies, other).scrub(10_000).damages


def test_a_whole_log_has_no_damage(store: Store) -> None:
    assert scrubbed(store) == []


@pytest.mark.parametrize("name", [tile_key(0, 0), tile_key(0, 1, 44), tile_key(1, 0, 1)])
@pytest.mark.parametrize("spoil", [lambda body: body[:-1] + b"\0", lambda body: body[:-1], lambda _: None])
def test_a_tile_is_made_anew_from_what_is_below_it(name: str, spoil: object, store: Store) -> None:
    key = log_key(name)
    before = store.get(key).body
    body = spoil(before)  # type: ignore[operator]
    store.delete(key)
    if body is not None:
        store.put(key, body)
    (damage,) = scrubbed(store)
    assert (damage.key, damage.repaired, store.get(key).body) == (key, True, before)
    assert scrubbed(store) == []


@pytest.mark.parametrize("name", [bundle_key(0), bundle_key(1, 44)])
def test_entries_are_made_anew_from_another_store(name: str, store: Store, published: Path) -> None:
    key = log_key(name)
    before = store.get(key).body
    store.put(key, before.replace(b'"active"', b'"acting"', 1))
    (damage,) = scrubbed(store)
    assert (damage.repaired, "has other entries than the signed log" in damage.reason) == (False, True)
    assert "passports store scrub --copy URL" in damage.reason
    assert scrubbed(store, LocalStore(published))[0].repaired
    assert (store.get(key).body, scrubbed(store)) == (before, [])


def test_what_a_spoilt_tile_judges_is_not_called_right(store: Store) -> None:
    """The tile above and what it would be made from are spoilt: nothing below it can be judged."""
    for name in (tile_key(0, 1, 44), bundle_key(1, 44)):
        store.put(log_key(name), bytes(44 * 32))
    reasons = {damage.key: damage.reason for damage in scrubbed(store)}
    assert "does not lead to the signed log" in reasons[log_key(tile_key(0, 1, 44))]
    assert "has 704 entries" in reasons[log_key(bundle_key(1, 44))] or reasons[log_key(bundle_key(1, 44))]
