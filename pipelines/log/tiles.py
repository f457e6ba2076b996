"""Stores a log's tree as tiles of 256 hashes and bundles of 256 entries, and makes proofs from them.

Keys and contents are those of C2SP's tlog-tiles (c2sp.org/tlog-tiles), so that its clients and witnesses can read the
log from a bucket of static files.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial

from pipelines.log.tree import HASH_BYTES, MAX_SIZE, Frontier, LogError, node_hash

TILE_WIDTH = 256
"""Hashes of a full tile, and entries of a full bundle."""
TILE_LEVELS = 8
"""Levels of the tree that a tile stands for."""
PARTIAL = ".p/"
"""Comes before the width in the key of a tile or bundle that is not full."""
MAX_ENTRY_BYTES = 2**16 - 1
MAX_TILE_BYTES = TILE_WIDTH * HASH_BYTES
MAX_BUNDLE_BYTES = TILE_WIDTH * (2 + MAX_ENTRY_BYTES)
_TILES_CACHED = 64
_BUNDLES_CACHED = 8
_NODES_CACHED = 4096
"""Roots of complete subtrees; proofs of entries beside one another share nearly all of theirs."""

Read = Callable[[str], bytes]
"""From a key below the log's folder to its bytes; raises its own error where there is none."""


def tile_key(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Key, below the log's folder, of a tile of hashes; `width` is less than 256 for the last one of its level."""
    return f"tile/{level}/{_number(index)}{_partial(width)}"


def bundle_key(index: int, width: int = TILE_WIDTH) -> str:
    """Key, below the log's folder, of a bundle of entries; `width` is less than 256 for the last one."""
    return f"tile/entries/{_number(index)}{_partial(width)}"


def _number(index: int) -> str:
    """Write a number in groups of three digits, all but the last one marked: 1234067 is x001/x234/067."""
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    return "/".join(groups)


def _partial(width: int) -> str:
    return "" if width == TILE_WIDTH else f"{PARTIAL}{width}"


def file_names(size: int) -> Iterator[str]:
    """Yield the keys of all tiles and bundles of a log of so many entries."""
    if size > 0:
        level = 0
        while count := size >> TILE_LEVELS * level:
            for key in (bundle_key, partial(tile_key, 0)) if level == 0 else (partial(tile_key, level),):
                yield from (key(index, TILE_WIDTH) for index in range(count // TILE_WIDTH))
                if count % TILE_WIDTH:
                    yield key(*divmod(count, TILE_WIDTH))
            level += 1


def write_bundle(entries: Iterable[bytes]) -> bytes:
    """Return a bundle of entries, each after its length in two bytes; raise LogError on an entry beyond 64 KiB."""
    pieces = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise LogError(f"an entry has {len(entry)} bytes, and a log's may have {MAX_ENTRY_BYTES}")
        pieces.append(len(entry).to_bytes(2) + entry)
    return b"".join(pieces)


def read_bundle(body: bytes) -> tuple[bytes, ...]:
    """Return the entries of a bundle; raise LogError where it is cut off."""
    entries, at = [], 0
    while at < len(body):
        length = int.from_bytes(body[at : at + 2])
        entry = body[at + 2 : at + 2 + length]
        if at + 2 > len(body) or len(entry) != length:
            raise LogError("a bundle of entries is cut off")
        entries.append(entry)
        at += 2 + length
    return tuple(entries)


class Tiles:
    """The tiles of a log of one size, read as they are needed, and the proofs that they give.

    Nothing here is trusted: a proof that does not lead to the signed root is refused by whoever checks it. Methods
    raise LogError on a file of another size than the log's size says, and what `read` raises.
    """

    def __init__(self, size: int, read: Read) -> None:
        if not 0 <= size <= MAX_SIZE:
            raise LogError(f"a log cannot have {size} entries")
        self.size = size
        self.read = read
        self._tile = lru_cache(_TILES_CACHED)(self._read_tile)
        self._bundle = lru_cache(_BUNDLES_CACHED)(self._read_bundle)
        self._node = lru_cache(_NODES_CACHED)(self._hash_node)

    def entry(self, index: int) -> bytes:
        """Return one entry; raise LogError beyond the last."""
        if not 0 <= index < self.size:
            raise LogError(f"the log has {self.size} entries, and none at {index}")
        return self._bundle(index // TILE_WIDTH)[index % TILE_WIDTH]

    def entries(self, start: int = 0) -> Iterator[bytes]:
        """Yield the entries from `start` on."""
        for index in range(start, self.size):
            yield self.entry(index)

    def frontier(self, size: int | None = None) -> Frontier:
        """Return the frontier of the log, or of what it was at an earlier size, from the tiles; raise LogError."""
        size = self.size if size is None else size
        if not 0 <= size <= self.size:
            raise LogError(f"the log has {self.size} entries, and not {size}")
        hashes, start = [], 0
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                hashes.append(self._node(level, start >> level))
                start += 1 << level
        return Frontier(size, tuple(hashes))

    def inclusion(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """Return the proof that an entry is in the log, or was at an earlier size; raise LogError where it was not."""
        size = self.size if size is None else size
        if not 0 <= index < size <= self.size:
            raise LogError(f"the log has {self.size} entries: none at {index} of {size}")
        return tuple(self._path(index, 0, size))

    def consistency(self, older: int, size: int | None = None) -> tuple[bytes, ...]:
        """Return the proof that the log, or the log as it was at a size, begins with what it was at an earlier size.

        Raise LogError where it did not grow from the one to the other.
        """
        size = self.size if size is None else size
        if not 0 <= older <= size <= self.size:
            raise LogError(f"the log has {self.size} entries: it did not grow from {older} to {size}")
        return tuple(self._subproof(older, 0, size, whole=True)) if 0 < older < size else ()

    def _path(self, index: int, start: int, end: int) -> Iterator[bytes]:
        """Yield PATH of RFC 6962, section 2.1.1, for the entries from `start` to `end`."""
        if end - start == 1:
            return
        middle = start + _split(end - start)
        if index < middle:
            yield from self._path(index, start, middle)
            yield self._range(middle, end)
        else:
            yield from self._path(index, middle, end)
            yield self._range(start, middle)

    def _subproof(self, older: int, start: int, end: int, *, whole: bool) -> Iterator[bytes]:
        """Yield SUBPROOF of RFC 6962, section 2.1.2, for the entries from `start` to `end`."""
        if older == end:
            if not whole:
                yield self._range(start, end)
            return
        middle = start + _split(end - start)
        if older <= middle:
            yield from self._subproof(older, start, middle, whole=whole)
            yield self._range(middle, end)
        else:
            yield from self._subproof(older, middle, end, whole=False)
            yield self._range(start, middle)

    def _range(self, start: int, end: int) -> bytes:
        """Return the hash of the tree over the entries from `start`, a multiple of what fits, to `end`."""
        length = end - start
        if length & (length - 1) == 0:
            level = length.bit_length() - 1
            return self._node(level, start >> level)
        middle = start + _split(length)
        return node_hash(self._range(start, middle), self._range(middle, end))

    def _hash_node(self, level: int, index: int) -> bytes:
        """Return the root of a complete subtree of 2**level entries."""
        tile_level, above = divmod(level, TILE_LEVELS)
        first = index << above
        tile = self._tile(tile_level, first // TILE_WIDTH)
        hashes = tile[first % TILE_WIDTH : first % TILE_WIDTH + (1 << above)]
        return root_of_complete(hashes)

    def _read_tile(self, level: int, index: int) -> tuple[bytes, ...]:
        width = self._width(level, index)
        body = self.read(tile_key(level, index, width))
        if len(body) != width * HASH_BYTES:
            raise LogError(f"{tile_key(level, index, width)} has {len(body)} bytes, not {width * HASH_BYTES}")
        return hashes_in(body)

    def _read_bundle(self, index: int) -> tuple[bytes, ...]:
        width = self._width(0, index)
        entries = read_bundle(self.read(bundle_key(index, width)))
        if len(entries) != width:
            raise LogError(f"{bundle_key(index, width)} has {len(entries)} entries, not {width}")
        return entries

    def _width(self, level: int, index: int) -> int:
        return min(TILE_WIDTH, (self.size >> TILE_LEVELS * level) - index * TILE_WIDTH)


def hashes_in(tile: bytes) -> tuple[bytes, ...]:
    """Return the hashes of a tile."""
    return tuple(tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES))


def root_of_complete(hashes: Sequence[bytes]) -> bytes:
    """Return the root of a complete subtree from its hashes, a power of two of them."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]


def _split(length: int) -> int:
    """Largest power of two below a length of at least two."""
    return 1 << (length - 1).bit_length() - 1
