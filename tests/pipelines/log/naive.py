"""RFC 6962's definitions as they are written, over a whole list: slow, and nothing that the product uses."""

import hashlib
from collections.abc import Sequence


def tree_hash(entries: Sequence[bytes]) -> bytes:
    if not entries:
        return hashlib.sha256().digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = split(len(entries))
    return hashlib.sha256(b"\x01" + tree_hash(entries[:k]) + tree_hash(entries[k:])).digest()


def path(index: int, entries: Sequence[bytes]) -> list[bytes]:
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if index < k:
        return [*path(index, entries[:k]), tree_hash(entries[k:])]
    return [*path(index - k, entries[k:]), tree_hash(entries[:k])]


def subproof(older: int, entries: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    if older == len(entries):
        return [] if whole else [tree_hash(entries)]
    k = split(len(entries))
    if older <= k:
        return [*subproof(older, entries[:k], whole=whole), tree_hash(entries[k:])]
    return [*subproof(older - k, entries[k:], whole=False), tree_hash(entries[:k])]


def split(length: int) -> int:
    k = 1
    while k * 2 < length:
        k *= 2
    return k
