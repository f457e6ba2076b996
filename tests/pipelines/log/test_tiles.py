"""Tiles hold a log of any size, grow by appending, and give the proofs of RFC 6962's definitions."""

import random

import pytest

from pipelines.log.growth import Growth, read_ends
from pipelines.log.tiles import Tiles, bundle_key, read_bundle, tile_key, write_bundle
from pipelines.log.tree import Frontier, LogError, is_consistent, is_included, leaf_hash, node_hash
from tests.pipelines.log.naive import path, subproof, tree_hash

ENTRIES = [b"entry %d" % n for n in range(70_000)]
STEPS = (0, 1, 2, 255, 256, 257, 300, 511, 512, 1_000, 65_535, 65_536, 65_537, 70_000)


PORTION = 700


class Files(dict[str, bytes]):
    """Stored files, and which were read."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def read(self, key: str) -> bytes:
        self.asked.append(key)
        return self[key]


def logs(*sizes: int) -> tuple[Frontier, Files]:
    """Return a log that grew through these sizes, and its files."""
    files, log = Files(), Frontier()
    for size in sizes:
        growth = Growth(log, read_ends(log, files.read))
        for at in range(log.size, size, PORTION):
            files.update(growth.append(ENTRIES[at : min(at + PORTION, size)]))
        files.update(growth.ends())
        log = growth.frontier
    return log, files


@pytest.mark.parametrize(
    ("index", "key"),
    [(0, "tile/0/000"), (67, "tile/0/067"), (1_000, "tile/0/x001/000"), (1_234_067, "tile/0/x001/x234/067")],
)
def test_keys_are_those_of_tlog_tiles(index: int, key: str) -> None:
    assert tile_key(0, index) == key
    assert bundle_key(index, 112) == key.replace("tile/0", "tile/entries") + ".p/112"


def test_a_log_that_grew_in_steps_is_the_one_that_was_made_at_once() -> None:
    stepped, files = logs(*STEPS)
    at_once, whole = logs(STEPS[-1])
    assert stepped == at_once == Frontier().appended(map(leaf_hash, ENTRIES))
    assert {key: files[key] for key in whole} == dict(whole)
    assert Tiles(stepped.size, files.read).frontier() == stepped


def test_growing_reads_one_partial_tile_of_each_level_and_one_bundle() -> None:
    log, files = logs(65_537 + 300)
    files.asked.clear()
    read_ends(log, files.read)
    assert set(files.asked) == {bundle_key(257, 45), tile_key(0, 257, 45), tile_key(1, 1, 1), tile_key(2, 0, 1)}


def test_proofs_are_those_of_the_definitions() -> None:
    _, files = logs(1_000)
    tiles, chance = Tiles(1_000, files.read), random.Random(1)  # noqa: S311 - samples
    for _ in range(60):
        size = chance.randint(1, 1_000)
        index, older = chance.randrange(size), chance.randint(1, size)
        assert list(tiles.inclusion(index, size)) == path(index, ENTRIES[:size])
    for older in (1, 2, 255, 256, 257, 512, 640, 999, 1_000):
        assert list(tiles.consistency(older)) == subproof(older, ENTRIES[:1_000])


def test_proofs_of_a_large_log_lead_to_its_root() -> None:
    log, files = logs(70_000)
    tiles, root = Tiles(log.size, files.read), log.root()
    for index in (0, 255, 256, 65_535, 65_536, 69_999):
        assert is_included(leaf_hash(ENTRIES[index]), index, log.size, tiles.inclusion(index), root)
        assert tiles.entry(index) == ENTRIES[index]
    for older in (1, 256, 65_536, 69_999):
        begun = Frontier().appended(map(leaf_hash, ENTRIES[:older]))
        assert is_consistent((older, begun.root()), (log.size, root), tiles.consistency(older))


def test_entries_are_read_from_a_place_on() -> None:
    log, files = logs(600)
    assert list(Tiles(log.size, files.read).entries(250)) == ENTRIES[250:600]


def test_growing_from_tiles_that_were_changed_is_refused() -> None:
    log, files = logs(300)
    key = tile_key(0, 1, 44)
    files[key] = bytes(32) + files[key][32:]
    with pytest.raises(LogError, match=key):
        read_ends(log, files.read)


def test_growing_from_entries_that_were_changed_is_refused() -> None:
    log, files = logs(300)
    files[bundle_key(1, 44)] = write_bundle([b"forged", *ENTRIES[257:300]])
    with pytest.raises(LogError, match="last entries"):
        read_ends(log, files.read)


@pytest.mark.parametrize("body", [b"\0", b"\0\5four", b"\0\1a\0"])
def test_a_bundle_that_is_cut_off_is_refused(body: bytes) -> None:
    with pytest.raises(LogError, match="cut off"):
        read_bundle(body)


def test_an_entry_that_no_bundle_can_hold_is_refused() -> None:
    assert read_bundle(write_bundle([b"", bytes(65_535)])) == (b"", bytes(65_535))
    with pytest.raises(LogError, match="65536 bytes"):
        write_bundle([bytes(65_536)])


def test_a_tile_of_another_length_is_refused() -> None:
    _, files = logs(300)
    files[tile_key(0, 1, 44)] += bytes(32)
    with pytest.raises(LogError, match="not 1408"):
        Tiles(300, files.read).inclusion(299)


@pytest.mark.parametrize(("index", "size"), [(300, 300), (-1, 300), (5, 301), (0, 0)])
def test_places_beyond_the_log_have_no_proof(index: int, size: int) -> None:
    _, files = logs(300)
    with pytest.raises(LogError, match="300 entries"):
        Tiles(300, files.read).inclusion(index, size)


def test_the_definitions_have_the_same_root() -> None:
    assert Frontier().appended(map(leaf_hash, ENTRIES[:1_000])).root() == tree_hash(ENTRIES[:1_000])


def test_proofs_of_entries_beside_one_another_hash_each_subtree_once(monkeypatch: pytest.MonkeyPatch) -> None:
    log, files = logs(1_000)
    tiles, hashed = Tiles(log.size, files.read), 0

    def counted(left: bytes, right: bytes) -> bytes:
        nonlocal hashed
        hashed += 1
        return node_hash(left, right)

    monkeypatch.setattr("pipelines.log.tiles.node_hash", counted)
    for index in range(log.size):
        tiles.inclusion(index, index + 1)
    assert hashed <= 10 * log.size  # each subtree once, from the hashes below it: ten levels
