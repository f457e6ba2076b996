"""What is served is proved to be in the signed log, whatever the log's files hold."""

from pathlib import Path

import pytest

from flows.maintenance.garbage import collect
from flows.registry.log import RegistryLog
from flows.registry.reader import Reader
from flows.registry.signed_files import TamperedError, seal
from flows.store.base import Store
from flows.store.local import LocalStore
from flows.store.open import open_store
from pipelines.log.entries import issued
from pipelines.log.tiles import bundle_key, tile_key
from pipelines.log.tree import is_included, leaf_hash
from pipelines.registry import layout
from pipelines.registry.packing import ref_of
from pipelines.registry.shards import encode_shard
from schemas.registry import LogHead, Snapshot
from schemas.verdict import Verdict
from tests.pipelines.log.naive import path
from tests.support.publications import AT, KEYS, SIGNER, Versions, passport, publish_versions, publisher, reader, sha256

SLUG = "acme-tern"
FIRST = {SLUG: 1, "acme-gull": 1, "acme-heron": 1}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return published(LocalStore(tmp_path), FIRST, {SLUG: 2})


def published(store: Store, *generations: Versions) -> Store:
    for number, versions in enumerate(generations, start=1):
        publish_versions(store, versions, nonce=str(number))
    return store


def log(store: Store) -> RegistryLog:
    return RegistryLog(reader(store))


def with_log(store: Store, head: LogHead | None) -> Reader:
    """Return a reader of what is served, as if its snapshot stated another log under a good signature."""
    served = reader(store)
    return served.at_snapshot(served.snapshot.model_copy(update={"log": head}))


def test_every_passport_served_is_logged_where_its_row_says(store: Store) -> None:
    served = log(store)
    entries = dict(served.entries())
    assert {row.log_index: issued(row) for row in served.reader.rows()} == {n: entries[n] for n in (0, 1, 3)}
    assert {served.check(row.slug).verdict for row in served.reader.rows()} == {Verdict.OK}
    assert served.check(passport(SLUG, 2)).verdict is Verdict.OK


def test_an_earlier_generation_is_proved_by_the_log_of_now(store: Store) -> None:
    publish_versions(store, {SLUG: 3}, nonce="3")
    collect(publisher(store, "gc"), generations=3, days=30)
    older = RegistryLog(reader(store).at_generation(1))
    assert older.frontier.size == 3
    assert older.check(SLUG).verdict is Verdict.OK
    assert [index for index, _ in older.entries()] == [0, 1, 2]


@pytest.mark.parametrize("name", [tile_key(0, 0, 4)])
@pytest.mark.parametrize("spoil", ["changed", "cut off", "far too large", "missing"])
def test_damaged_tiles_prove_nothing(name: str, spoil: str, store: Store) -> None:
    key = layout.log_key(name)
    if spoil == "missing":
        store.delete(key)
    else:
        store.put(key, {"changed": bytes(128), "cut off": bytes(96), "far too large": bytes(2**25)}[spoil])
    finding = log(store).check(SLUG)
    assert finding.verdict is Verdict.NOT_LOGGED
    assert "acme-tern: its issue is not in the log of generation 2" in finding.reason
    assert "ask its publisher" in finding.reason
    assert log(store).place(reader(store).row(SLUG) or pytest.fail("no row")) is None
    with pytest.raises(TamperedError, match="does not lead to the log"):
        list(log(store).entries())


def test_an_entry_that_was_changed_is_refused(store: Store) -> None:
    other = published(open_store("memory:///"), FIRST, {SLUG: 3})
    key = layout.log_key(bundle_key(0, 4))
    store.put(key, other.get(key).body)
    entries = log(store).entries()
    assert [index for index, _ in (next(entries), next(entries), next(entries))] == [0, 1, 2]
    with pytest.raises(TamperedError, match="proof of entry 3"):
        next(entries)


def test_a_signed_log_that_lacks_the_entry_is_found(store: Store) -> None:
    other = published(open_store("memory:///"), FIRST, {SLUG: 3})
    finding = RegistryLog(with_log(store, reader(other).snapshot.log)).check(SLUG)
    assert finding.verdict is Verdict.NOT_LOGGED


def test_a_row_without_a_place_is_not_logged(store: Store) -> None:
    served = log(store)
    row = served.reader.row(SLUG)
    assert row
    finding = served.reader.check(SLUG)
    for place in (None, 2, 4):
        assert served.judged(row.model_copy(update={"log_index": place}), finding).verdict is Verdict.NOT_LOGGED
    assert served.judged(row, finding) == finding


def test_a_generation_without_a_log_is_good_unless_its_parent_had_one(store: Store) -> None:
    finding = RegistryLog(with_log(store, None)).check(SLUG)
    assert finding.verdict is Verdict.NOT_LOGGED
    assert "has no log, and its parent had one" in finding.reason
    served = reader(store).at_generation(1)
    first = served.at_snapshot(served.snapshot.model_copy(update={"log": None}))
    assert RegistryLog(first).check(SLUG).verdict is Verdict.OK


def test_an_impossible_log_is_refused(store: Store) -> None:
    with pytest.raises(TamperedError, match="states an impossible log"):
        RegistryLog(with_log(store, LogHead(size=3, hashes=())))


def test_what_is_not_good_stays_what_it_is(store: Store) -> None:
    store.put(layout.log_key(tile_key(0, 0, 4)), b"")
    assert log(store).check(passport(SLUG, 1)).verdict is Verdict.SUPERSEDED
    assert log(store).check("acme-tern", seen_generation=3).verdict is Verdict.ROLLBACK


def test_a_place_is_proved_in_the_log_that_ends_with_it(store: Store) -> None:
    served = log(store)
    entries = [entry for _, entry in served.entries()]
    for row in served.reader.rows():
        place = served.place(row)
        assert place
        assert list(place.proof) == path(place.index, entries[: place.index + 1])
    assert not is_included(leaf_hash(b""), place.index, place.index + 1, place.proof, served.root)


def test_the_log_begins_with_those_of_before(store: Store) -> None:
    served = log(store)
    before = RegistryLog(reader(store).at_generation(1))
    assert served.begins_with(before.frontier.size, before.root)
    assert not served.begins_with(before.frontier.size, served.root)
    assert not before.begins_with(served.frontier.size, served.root)


def test_older_snapshots_without_a_log_are_read_and_what_they_serve_is_logged_next(tmp_path: Path) -> None:
    store = published(LocalStore(tmp_path), FIRST)
    _without_log(store)
    assert log(store).check(SLUG).verdict is Verdict.OK
    publish_versions(store, {SLUG: 2}, nonce="2")
    assert log(store).frontier.size == len(FIRST)
    assert {log(store).check(slug).verdict for slug in FIRST} == {Verdict.OK}


def _without_log(store: Store) -> None:
    """Change the served generation to what versions wrote that wrote no log."""
    served = Reader(store, KEYS, AT)

    rows = [row.model_copy(update={"log_index": None}) for row in served.rows()]
    body = encode_shard(rows)
    ref = ref_of(body, index=0, rows=len(rows))
    store.put(layout.shard_key(ref.sha256), body)
    snapshot = Snapshot.model_validate(served.snapshot.model_copy(update={"log": None, "shards": (ref,)}).model_dump())
    signed = seal(snapshot, SIGNER)
    store.put(layout.snapshot_key(1), signed)

    pointer = served.pointer.model_copy(update={"snapshot_sha256": sha256(signed)})
    store.put(layout.POINTER_KEY, seal(pointer, SIGNER))
    for key in list(store.list("registry/log")):
        store.delete(key)
