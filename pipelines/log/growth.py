"""Appends to a log: the tiles and bundles that it ends with, and what further entries make of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from pipelines.log.tiles import (
    PARTIAL,
    TILE_LEVELS,
    TILE_WIDTH,
    Read,
    bundle_key,
    hashes_in,
    read_bundle,
    root_of_complete,
    tile_key,
    write_bundle,
)
from pipelines.log.tree import HASH_BYTES, Frontier, LogError, leaf_hash

_MOST_LEVELS = 5
"""Levels of tiles of a log of MAX_SIZE entries."""


def read_ends(log: Frontier, read: Read) -> dict[str, bytes]:
    """Return by key the unfilled tiles and bundle that a log ends with; raise LogError if its frontier is not theirs.

    The frontier is signed. What `read` raises is passed on.
    """
    ends = {key: read(key) for key in _end_keys(log)}
    for level in range(_MOST_LEVELS):
        _ensure_leads_to(log, level, ends)
    if log.size % TILE_WIDTH:
        entries = read_bundle(ends[bundle_key(*divmod(log.size, TILE_WIDTH))])
        if b"".join(map(leaf_hash, entries)) != ends[tile_key(0, *divmod(log.size, TILE_WIDTH))]:
            raise LogError("the last entries are not those of the signed log")
    return ends


class Growth:
    """A log that entries are appended to in portions, each of whose full tiles can be written and forgotten at once.

    `ends` are the files that the log ends with, as `read_ends` returns them.
    """

    def __init__(self, log: Frontier, ends: Mapping[str, bytes]) -> None:
        self.frontier = log
        self._ends = dict(ends)

    def append(self, entries: Sequence[bytes]) -> dict[str, bytes]:
        """Append entries; return the full tiles and bundles that they complete, by key. Raise LogError."""
        size, hashes = self.frontier.size, [leaf_hash(entry) for entry in entries]
        self.frontier = self.frontier.appended(hashes)
        bundle = read_bundle(self._ends.get(bundle_key(*divmod(size, TILE_WIDTH)), b""))
        files = _cut(bundle_key, size, [*bundle, *entries], write_bundle)
        level, added = 0, hashes
        while added:
            before = size >> TILE_LEVELS * level
            tile = [*hashes_in(self._ends.get(tile_key(level, *divmod(before, TILE_WIDTH)), b"")), *added]
            files |= _cut(partial(tile_key, level), before, tile, b"".join)
            whole = len(tile) - len(tile) % TILE_WIDTH
            added = [root_of_complete(tile[at : at + TILE_WIDTH]) for at in range(0, whole, TILE_WIDTH)]
            level += 1
        self._ends |= {key: body for key, body in files.items() if PARTIAL in key}
        self._ends = {key: self._ends[key] for key in _end_keys(self.frontier)}
        return {key: body for key, body in files.items() if PARTIAL not in key}

    def ends(self) -> dict[str, bytes]:
        """Return the tiles and the bundle that the log ends with now and that are not full, by key."""
        return dict(self._ends)


def _cut(
    key: Callable[[int, int], str], before: int, items: Sequence[bytes], join: Callable[[Sequence[bytes]], bytes]
) -> dict[str, bytes]:
    """Return files of 256 items each, by key, of which the first one begins where the last full one ended."""
    portions = [items[at : at + TILE_WIDTH] for at in range(0, len(items), TILE_WIDTH)]
    return {key(before // TILE_WIDTH + n, len(portion)): join(portion) for n, portion in enumerate(portions)}


def _end_keys(log: Frontier) -> Iterator[str]:
    for level in range(_MOST_LEVELS):
        index, width = divmod(log.size >> TILE_LEVELS * level, TILE_WIDTH)
        if width:
            yield tile_key(level, index, width)
    if log.size % TILE_WIDTH:
        yield bundle_key(*divmod(log.size, TILE_WIDTH))


def _ensure_leads_to(log: Frontier, level: int, ends: Mapping[str, bytes]) -> None:
    """Raise LogError unless the last tile of a level has the hashes of the frontier's subtrees of these levels."""
    index, width = divmod(log.size >> TILE_LEVELS * level, TILE_WIDTH)
    if not width:
        return
    key = tile_key(level, index, width)
    if len(ends[key]) != width * HASH_BYTES:
        raise LogError(f"{key} has {len(ends[key])} bytes, not {width * HASH_BYTES}")
    if not leads_to(log, level, index, ends[key]):
        raise LogError(f"{key} does not lead to the signed log")


def leads_to(log: Frontier, level: int, index: int, tile: bytes) -> bool:
    """Whether the last tile of a level, which is not full, has the hashes that a log's frontier states of it."""
    above, width = index.bit_count(), len(tile) // HASH_BYTES
    last = divmod(log.size >> TILE_LEVELS * level, TILE_WIDTH)
    stated = log.hashes[above : above + width.bit_count()]
    return last == (index, width) and Frontier().appended(hashes_in(tile)).hashes == stated
