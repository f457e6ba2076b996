"""Registries of many shards: made small here by cutting earlier, so that three passports fill 16 and a dozen 256."""

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from weakref import WeakSet

import orjson
import pytest

from flows.publish.protocol import publish
from flows.publish.publication import Copies, Publication, PublicationError, Rendering, SourcePart, SourceParts, Step
from flows.registry.generation_changes import changes, due
from flows.registry.published import applied_generation
from flows.registry.reader import read_served
from flows.registry.signed_files import TamperedError, seal
from flows.store.base import MAX_BLOB_BYTES, Blob, Store
from flows.store.local import LocalStore
from flows.store.open import open_store
from pipelines.log.entries import LogPlace
from pipelines.registry import layout
from pipelines.registry.packing import ShardError, pack
from pipelines.registry.slots import slot, slots_by_shard
from pipelines.signing.registry_files import open_file, sign_file
from pipelines.signing.signatures import SNAPSHOT_TYPE
from schemas.registry import ShardRow
from schemas.times import timestamp
from tests.flows.publish.test_protocol import assert_whole
from tests.support.object_stores import Place
from tests.support.processes import run
from tests.support.publications import (
    AT,
    KEYS,
    SIGNER,
    SITE,
    Versions,
    copies,
    dump,
    passport,
    publication,
    publish_many_shards_until,
    publish_versions,
    publisher,
    reader,
    repair_store,
    row,
    rows_of,
    serving,
    sha256,
)

FEW, MANY = 2, 12
SOME = {f"acme-{bird}": 1 for bird in ("tern", "gull", "heron", "rail", "crake", "smew")}
LOTS = SOME | {f"model-{number}": 1 for number in range(12)}


@pytest.fixture(autouse=True)
def early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.registry.slots._FEW", FEW)
    monkeypatch.setattr("pipelines.registry.slots._MANY", MANY)


class Counting(LocalStore):
    """Notes which keys are read and which were written."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.reads: list[str] = []
        self.tried: list[str] = []

    def get(self, key: str, *, max_bytes: int = MAX_BLOB_BYTES) -> Blob:
        self.reads.append(key)
        return super().get(key, max_bytes=max_bytes)

    def create(self, key: str, body: bytes) -> bool:
        self.tried.append(key)
        return super().create(key, body)

    def of(self, folder: str) -> list[str]:
        return [key for key in self.reads if key.startswith(folder)]


@pytest.fixture
def store(tmp_path: Path) -> Counting:
    """One generation of six passports in 16 shards, some of which are empty."""
    publish_versions(LocalStore(tmp_path / "public"), SOME, nonce="1")
    return Counting(tmp_path / "public")


def publish_wanted(store: Store, wanted: Publication, nonce: str = "wanted") -> Any:
    base = read_served(store, KEYS, AT)
    return publish(publisher(store, nonce), wanted, base=base, rebase=lambda _: wanted)


def followed(store: Store) -> dict[str, str | None]:
    """What somebody who applies every delta, the oldest first, comes to."""
    served, rows = reader(store), dict[str, str | None]()
    for snapshot in reversed(list(served.ancestry())):
        for line in served.delta(snapshot):
            assert rows.get(line.slug) == line.before
            rows[line.slug] = line.object
    return {slug: sha256 for slug, sha256 in rows.items() if sha256}


@pytest.mark.parametrize("sizes", [(1, 6, 18), (18, 6, 1), (6, 18, 6), (18, 1, 18)])
def test_a_registry_that_grows_or_shrinks_past_a_cut_is_served_whole(sizes: tuple[int, ...]) -> None:
    store = open_store("memory:///")
    for generation, size in enumerate(sizes, start=1):
        versions: Versions = dict.fromkeys(list(LOTS)[:size:2], generation) | dict.fromkeys(list(LOTS)[1:size:2], 1)
        wanted = publication(versions, run=f"run-{generation}")
        publish_wanted(store, wanted, nonce=str(generation))
        assert_whole(store)
        served = reader(store)
        assert served.snapshot.passports == size
        assert {row.slug: row.object for row in served.rows()} == followed(store)
        assert {slug: served.passport(slug) for slug in versions} == {s: passport(s, v) for s, v in versions.items()}
        copied = {key for key in dump(store) if key.startswith("api/v1/passport/")}
        assert copied == {layout.passport_copy_key(slug) for slug in versions}


@pytest.mark.parametrize(
    "slots", [range(256), range(16), range(10, 20), range(255, 256), range(200, 200), range(3, 250)]
)
@pytest.mark.parametrize("versions", [{"acme-tern": 1}, SOME, LOTS], ids=["1 shard", "16 shards", "256 shards"])
def test_rows_and_listings_are_read_by_slot(versions: Versions, slots: range) -> None:
    store = open_store("memory:///")
    publish_versions(store, versions)
    served, wanted = reader(store), {slug for slug in versions if slot(slug) in slots}
    assert {row.slug for row in served.rows(slots=slots)} == wanted
    assert {row.slug for row in served.rows(served.snapshot, slots)} == wanted
    lines = {line.decode() for line in served.source_listings("acme", slots)}
    assert wanted <= lines <= set(versions)
    assert {line for line in lines if slot(line) in slots} == wanted


def test_only_the_shards_and_parts_that_have_the_slots_are_read(store: Counting) -> None:
    own = slot("acme-tern")
    served = reader(store)
    assert [found.slug for found in served.rows(slots=range(own, own + 1))] == ["acme-tern"]
    list(served.source_listings("acme", range(own, own + 1)))
    served.row("acme-tern")
    assert len(store.of("registry/shards/")) == len(store.of("registry/sources/")) == 1


def test_what_a_reader_keeps_of_shards_does_not_grow(store: Counting) -> None:
    served = reader(store)
    list(served.rows())
    list(served.rows())
    assert len(store.of("registry/shards/")) == 2 * len(served.snapshot.shards) > 4


def test_no_more_than_a_few_shards_rows_are_in_memory_while_a_generation_is_published(tmp_path: Path) -> None:
    alive: WeakSet[Any] = WeakSet()
    most = [0]
    template = row("acme-tern")

    class Tracked:
        """Lives as long as the row that holds it."""

    def rows(slots: range) -> Iterator[ShardRow]:
        for slug in sorted(f"model-{number}" for number in range(2_000)):
            if slot(slug) in slots:
                made = template.model_copy(update={"slug": slug})
                object.__setattr__(made, "tracked", tracked := Tracked())
                alive.add(tracked)
                most[0] = max(most[0], len(alive))
                yield made

    store = LocalStore(tmp_path)
    wanted = replace(
        publication({"acme-tern": 1}), passports=2_000, rows=rows, rendering=Rendering(lambda *_: Copies(b"", None))
    )
    publish_wanted(store, replace(wanted, index_folder=None), nonce="1")
    assert len(reader(store).snapshot.shards) == 256
    assert 0 < most[0] < 100


def test_a_delta_is_in_order_of_shard_and_then_of_slug(store: Counting) -> None:
    publish_versions(store, dict.fromkeys(SOME, 2) | {"acme-ruff": 1}, nonce="2")
    slugs = [line.slug for line in reader(store).delta()]
    assert slugs == sorted([*SOME, "acme-ruff"], key=lambda slug: (slot(slug) // 16, slug))


def test_only_the_shard_and_the_part_that_changed_are_written(store: Counting) -> None:
    before = reader(store)
    written = publish_versions(store, {"acme-tern": 2}, nonce="2").written
    assert (written["shards"], written["copies"]) == (1, 2)
    assert "sources" not in written
    after = reader(store)
    changed = {ref.index for ref in after.snapshot.shards} - {
        ref.index for ref in after.snapshot.shards if ref in before.snapshot.shards
    }
    assert changed == {slot("acme-tern") // 16}
    assert publish_versions(store, {"acme-ruff": 1}, nonce="3").written["sources"] == 1
    assert_whole(store)


def test_an_unchanged_run_offers_no_shard_no_listings_and_no_passport_to_the_store(store: Counting) -> None:
    wanted = replace(publication({}, reader(store), run="run-2"), objects={})
    store.reads.clear()
    assert publish_wanted(store, wanted, nonce="2").written == {
        "report": 1,
        "snapshot": 1,
        "delta": 1,
        "page list": 1,
        "applied": 1,
    }
    assert {key.split("/")[1] for key in store.tried} == {"runs", "snapshots", "deltas"}
    specimen = store.of("registry/objects/")
    assert len(specimen) == 1
    assert_whole(store)


def test_due_copies_are_found_without_reading_shards_that_did_not_change(store: Counting) -> None:
    publish_versions(store, {"acme-tern": 2}, nonce="2")
    served = reader(store)
    store.reads.clear()
    named = {slug: sha256 for _, outdated in due(served, 1) for slug, sha256 in outdated.items()}
    assert named == {"acme-tern": row("acme-tern", 2).object}
    assert len(store.of("registry/shards/")) == 2
    parent = served.parent(served.snapshot)
    store.reads.clear()
    assert [line.slug for line in changes(served, parent, served.snapshot)] == ["acme-tern"]
    assert len(store.of("registry/shards/")) == 0


def test_where_an_earlier_shard_is_missing_all_copies_of_its_slots_are_looked_at(store: Counting) -> None:
    lost = {ref.index: ref for ref in reader(store).snapshot.shards}[slot("acme-tern") // 16]
    mark = store.get(layout.APPLIED_KEY).body
    publish_versions(store, {"acme-tern": 2}, nonce="2")
    store.put(layout.APPLIED_KEY, mark)
    store.delete(layout.shard_key(lost.sha256))
    beside = {slug for slug in SOME if slot(slug) // 16 == lost.index}
    assert {slug for _, outdated in due(reader(store), 1) for slug in outdated} == beside
    for slug in beside:
        store.put(layout.passport_copy_key(slug), b"spoilt")
    assert repair_store(store)["copies"] == len(beside)
    assert_whole(store)


@pytest.mark.parametrize("changed", [[], ["acme-tern"], list(SOME)[1:]])
def test_after_a_move_to_another_address_every_copy_of_every_shard_is_written_anew(
    store: Counting, changed: list[str]
) -> None:
    def moved(slug: str, body: bytes, place: LogPlace | None) -> Copies:
        return Copies(copies(slug, body, place).passport + b" ", None)

    wanted = replace(
        publication(dict.fromkeys(changed, 2), reader(store), run="run-2"), rendering=Rendering(moved, SITE)
    )
    assert publish_wanted(store, wanted, nonce="2").written["copies"] == len(SOME)
    for slug in SOME:
        assert store.get(layout.passport_copy_key(slug)).body.endswith(b" ")


def test_copies_are_counted_up_to_all_passports_and_never_past_them(store: Counting) -> None:
    seen: list[tuple[int, int]] = []
    wanted = {"acme-tern": 2, "acme-ruff": 1}
    publish_versions(
        store, wanted, nonce="2", on_step=lambda step, *reported: seen.append(reported) if step == "copies" else None
    )
    assert seen[0] == (0, 7)
    assert seen[-1] == (7, 7)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


@pytest.mark.parametrize(
    ("rows", "announced", "error", "reason"),
    [
        (SOME, 7, PublicationError, "rows written: 6, passports announced: 7: this is a fault in the run"),
        (SOME, 5, PublicationError, "rows written: 6, passports announced: 5"),
        ({}, 1, PublicationError, "rows written: 0, passports announced: 1"),
    ],
)
def test_rows_that_are_not_as_many_as_announced_stop_the_publication(
    store: Counting, rows: Versions, announced: int, error: type[Exception], reason: str
) -> None:
    wanted = replace(serving(publication(rows), [row(slug) for slug in rows]), passports=announced)
    with pytest.raises(error, match=reason):
        publish_wanted(store, wanted)
    assert reader(store).generation == 1


@pytest.mark.parametrize("disorder", [lambda rows: [*rows, *rows], lambda rows: rows[::-1]], ids=["twice", "reversed"])
def test_rows_out_of_order_or_twice_stop_the_publication(tmp_path: Path, disorder: Any) -> None:
    rows = disorder([row("acme-gull"), row("acme-tern")])
    with pytest.raises(ShardError, match="sort the rows, each slug once"):
        publish_wanted(
            LocalStore(tmp_path), replace(publication({}), passports=len(rows[:2]), rows=lambda _slots: iter(rows))
        )


def test_rows_of_other_slots_stop_the_publication(store: Counting) -> None:
    everything = rows_of(map(row, SOME))
    with pytest.raises(ShardError, match="choose the shard by `slot`"):
        publish_wanted(store, replace(publication(SOME), rows=lambda _slots: everything(range(256))))


@pytest.mark.parametrize(
    "cut", [[(0, 2)], [(16, 16)], [(0, 16), (0, 16)], [(1, 16), (0, 16)], [(0, 16), (16, 256)], [(-1, 1)]]
)
def test_parts_that_are_not_of_one_cut_stop_the_publication(store: Counting, cut: list[tuple[int, int]]) -> None:
    parts = tuple(SourcePart(index, count, lambda: pack([b"acme-tern"]), 1) for index, count in cut)
    wanted = replace(publication(SOME), sources={"acme": SourceParts(parts, timestamp(AT))})
    with pytest.raises(PublicationError, match="source acme: its parts are not those of one cut"):
        publish_wanted(store, wanted)
    assert reader(store).generation == 1


def test_a_source_without_listings_is_named_and_has_no_parts(store: Counting) -> None:
    empty = SourceParts((SourcePart(0, 1, lambda: pack([]), 0),), timestamp(AT))
    publish_wanted(store, replace(publication(SOME, run="run-2"), sources={"acme": empty, "extra": empty}), nonce="2")
    assert [(ref.source, ref.parts, ref.listings) for ref in reader(store).snapshot.sources] == [
        ("acme", (), 0),
        ("extra", (), 0),
    ]
    assert list(reader(store).source_listings("acme")) == []


def test_a_snapshot_of_another_layout_is_refused_with_what_to_do(store: Counting) -> None:
    record = open_file(store.get(layout.snapshot_key(1)).body, payload_type=SNAPSHOT_TYPE, keys=KEYS)
    for source in record["sources"]:
        source["sha256"] = source.pop("parts")[0]["sha256"]
    body = orjson.dumps(sign_file(record, payload_type=SNAPSHOT_TYPE, signer=SIGNER))
    pointer = reader(store).pointer.model_copy(update={"snapshot_sha256": sha256(body)})
    store.put(layout.snapshot_key(1), body)
    store.put(layout.POINTER_KEY, seal(pointer, SIGNER))
    with pytest.raises(TamperedError, match=r"snapshots/1\.json is signed but has another layout \(sources\.0\.parts"):
        reader(store)
    with pytest.raises(TamperedError, match="use that one, or publish to an empty store"):
        publish_versions(store, SOME, nonce="2")


def test_killed_before_the_copies_the_next_run_finishes_every_shard(store: Counting) -> None:
    publish_versions(store, dict.fromkeys(SOME, 2), nonce="2")
    whole = dump(store)
    for slug in SOME:
        store.put(layout.passport_copy_key(slug), copies(slug, passport(slug, 1)).passport)
    store.delete(layout.delta_key(2))
    store.put(layout.APPLIED_KEY, b'{"generation":1}')
    assert repair_store(store) == {"delta": 1, "copies": len(SOME), "applied": 1}
    assert dump(store) == whole
    assert applied_generation(store) == 2


@pytest.mark.parametrize(
    ("step", "done"),
    [
        (Step.SOURCES, 0),
        (Step.SHARDS, 0),
        (Step.SHARDS, 5),
        (Step.SHARDS, 16),
        (Step.SNAPSHOT, 1),
        (Step.POINTER, 1),
        (Step.DELTA, 1),
        (Step.COPIES, 0),
        (Step.COPIES, 3),
        (Step.APPLIED, 1),
    ],
)
def test_killed_between_shards_the_next_run_ends_where_an_undisturbed_one_does(
    store: Counting, tmp_path: Path, step: Step, done: int
) -> None:
    wanted = dict.fromkeys(SOME, 2) | {"acme-ruff": 1}
    undisturbed = LocalStore(tmp_path / "undisturbed")
    for key, body in dump(store).items():
        undisturbed.put(key, body)
    publish_versions(undisturbed, wanted, nonce="2")
    assert run(publish_many_shards_until, Place(store.name, {}), wanted, "2", step, done) == -signal.SIGKILL
    repair_store(store)
    if reader(store).generation == 1:
        publish_versions(store, wanted, nonce="2")
    assert dump(store) == dump(undisturbed)
    assert_whole(store)


def test_the_cuts_of_this_module_are_what_it_says() -> None:
    assert [len(slots_by_shard(passports)) for passports in (FEW, FEW + 1, MANY, MANY + 1)] == [1, 16, 16, 256]
