"""Merkle trees of RFC 6962: hashes, the frontier that a tree grows from, and the proofs that a reader checks."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.errors import PipelineError

HASH_BYTES = 32
MAX_SIZE = 2**40
"""Most entries that a log may state; a hundred thousand passports renewed daily for twenty thousand years."""
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of a tree without entries (RFC 6962, section 2.1)."""


class LogError(PipelineError):
    """Raised where a log, a proof or a checkpoint is not what it should be; the message says what."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one entry (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node from those of its two children (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\1" + left + right).digest()


@dataclass(frozen=True)
class Frontier:
    """The size of a tree, and the roots of its complete subtrees, the largest first: enough to append and to hash.

    There is one hash for each bit that is set in the size. Raises LogError on another number of hashes.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        whole = all(len(one) == HASH_BYTES for one in self.hashes)
        if not 0 <= self.size <= MAX_SIZE or len(self.hashes) != self.size.bit_count() or not whole:
            raise LogError(f"a tree of {self.size} entries has not {len(self.hashes)} complete subtrees")

    def appended(self, leaves: Iterable[bytes]) -> "Frontier":
        """Return the frontier after the hashes of further entries."""
        size, hashes = self.size, list(self.hashes)
        for leaf in leaves:
            hashes.append(leaf)
            complete = size
            while complete & 1:
                right = hashes.pop()
                hashes[-1] = node_hash(hashes[-1], right)
                complete >>= 1
            size += 1
        return Frontier(size, tuple(hashes))

    def root(self) -> bytes:
        """Return the hash of the whole tree."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether a proof shows an entry's hash at `index` of the tree of that size and root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size <= MAX_SIZE:
        return False
    node, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(older: tuple[int, bytes], newer: tuple[int, bytes], proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that a tree (size, root) begins with an older one (size, root) (RFC 9162, 2.1.4.2)."""
    (first, first_root), (second, second_root) = older, newer
    if not 0 <= first <= second <= MAX_SIZE:
        return False
    if first in (0, second):
        return not proof and (first_root == second_root if first == second else first_root == EMPTY_ROOT)
    path = [first_root, *proof] if first.bit_count() == 1 else list(proof)
    if not path:
        return False
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and (old, new) == (first_root, second_root)
