"""Roots and proofs are those of RFC 6962's definitions, and no other tree passes for one."""

import pytest

from pipelines.log.tree import EMPTY_ROOT, Frontier, LogError, is_consistent, is_included, leaf_hash
from tests.pipelines.log.naive import path, subproof, tree_hash

SIZES = range(1, 70)
ENTRIES = [b"entry %d" % n for n in range(max(SIZES))]
ROOTS = [tree_hash(ENTRIES[:n]) for n in range(max(SIZES) + 1)]


def grown(size: int) -> Frontier:
    return Frontier().appended(map(leaf_hash, ENTRIES[:size]))


def test_the_frontier_leads_to_the_root_of_every_size() -> None:
    assert Frontier().root() == EMPTY_ROOT == ROOTS[0]
    assert [grown(size).root() for size in SIZES] == [ROOTS[size] for size in SIZES]


def test_appending_at_once_or_one_by_one_is_the_same() -> None:
    one_by_one = Frontier()
    for entry in ENTRIES:
        one_by_one = one_by_one.appended([leaf_hash(entry)])
    assert one_by_one == grown(len(ENTRIES))


@pytest.mark.parametrize(("size", "hashes"), [(1, 0), (3, 1), (2, 2), (-1, 1), (2**41, 1)])
def test_a_frontier_of_another_size_is_refused(size: int, hashes: int) -> None:
    with pytest.raises(LogError, match="complete subtrees"):
        Frontier(size, (bytes(32),) * hashes)


def test_every_entry_is_proved_and_nothing_else() -> None:
    for size in SIZES:
        for index in range(size):
            proof = path(index, ENTRIES[:size])
            leaf = leaf_hash(ENTRIES[index])
            assert is_included(leaf, index, size, proof, ROOTS[size])
            assert not is_included(leaf_hash(b"other"), index, size, proof, ROOTS[size])
            assert not is_included(leaf, index, size, proof, ROOTS[size - 1])
            assert not is_included(leaf, index, size, [*proof, bytes(32)], ROOTS[size])
            assert not proof or not is_included(leaf, index, size, proof[:-1], ROOTS[size])
            assert size == 1 or not is_included(leaf, (index + 1) % size, size, proof, ROOTS[size])


def test_every_older_tree_is_proved_and_no_other() -> None:
    for newer in SIZES:
        for older in range(1, newer + 1):
            proof = subproof(older, ENTRIES[:newer])
            here, there = (older, ROOTS[older]), (newer, ROOTS[newer])
            assert is_consistent(here, there, proof)
            assert not is_consistent((older, bytes(32)), there, proof)
            assert not is_consistent(here, (newer, bytes(32)), proof)
            assert not is_consistent(here, there, [*proof, bytes(32)])
            assert not proof or not is_consistent(here, there, proof[:-1])
            assert newer == older or not is_consistent((older - 1, ROOTS[older]), there, proof)


def test_the_empty_tree_begins_every_tree() -> None:
    assert is_consistent((0, EMPTY_ROOT), (5, ROOTS[5]), [])
    assert not is_consistent((0, bytes(32)), (5, ROOTS[5]), [])
    assert not is_consistent((0, EMPTY_ROOT), (5, ROOTS[5]), [bytes(32)])


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0), (0, 2**41)])
def test_places_that_no_tree_has_are_not_proved(index: int, size: int) -> None:
    assert not is_included(leaf_hash(b""), index, size, [], leaf_hash(b""))


def test_a_tree_does_not_begin_with_a_larger_one() -> None:
    assert not is_consistent((3, ROOTS[3]), (2, ROOTS[2]), [])
