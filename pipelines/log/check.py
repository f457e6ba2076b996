"""Judges single files of a log, each by the tile above it, up to the signed frontier."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from pipelines.log.growth import leads_to
from pipelines.log.tiles import (
    TILE_LEVELS,
    TILE_WIDTH,
    Read,
    bundle_key,
    hashes_in,
    read_bundle,
    root_of_complete,
    tile_key,
)
from pipelines.log.tree import HASH_BYTES, Frontier, LogError, leaf_hash

_TILES_CACHED = 64


class LogFile(NamedTuple):
    """A tile of a level, or a bundle of entries, whose level is -1; its number in the level, and its width."""

    level: int
    number: int
    width: int

    @property
    def name(self) -> str:
        """Its name below the log's folder."""
        return bundle_key(self.number, self.width) if self.level < 0 else tile_key(self.level, self.number, self.width)


def files_from_above(size: int) -> Iterator[LogFile]:
    """Yield the files of a log of so many entries: tiles from the highest level down, and then the bundles."""
    levels = -(-size.bit_length() // TILE_LEVELS)
    for level in (*reversed(range(levels)), -1):
        count = size >> TILE_LEVELS * max(level, 0)
        yield from (LogFile(level, index, TILE_WIDTH) for index in range(count // TILE_WIDTH))
        if count % TILE_WIDTH:
            yield LogFile(level, *divmod(count, TILE_WIDTH))


class FileCheck:
    """Judges the files of a log by its signed frontier; `read` returns the stored ones, and raises its own errors."""

    def __init__(self, log: Frontier, read: Read) -> None:
        self._log, self._read = log, read
        self._above = lru_cache(_TILES_CACHED)(self._tile)

    def fault(self, file: LogFile, body: bytes) -> str | None:
        """Return why these are not the bytes of a file, None where they are; raise LogError where no tile shows it."""
        if file.level < 0:
            try:
                entries = read_bundle(body)
            except LogError as error:
                return str(error)
            right = b"".join(map(leaf_hash, entries)) == self._above(LogFile(0, file.number, file.width))
            return None if right else "has other entries than the signed log"
        if len(body) != file.width * HASH_BYTES:
            return f"has {len(body)} bytes, not {file.width * HASH_BYTES}"
        if file.width < TILE_WIDTH:
            return None if leads_to(self._log, file.level, file.number, body) else "does not lead to the signed log"
        count = self._log.size >> TILE_LEVELS * (file.level + 1)
        above, place = divmod(file.number, TILE_WIDTH)
        parent = self._above(LogFile(file.level + 1, above, min(TILE_WIDTH, count - above * TILE_WIDTH)))
        right = root_of_complete(hashes_in(body)) == hashes_in(parent)[place]
        return None if right else "does not lead to the tile above it"

    def from_below(self, file: LogFile) -> bytes:
        """Return a tile as the stored files below it state it; raise LogError for a bundle, and what `read` raises."""
        if file.level < 0:
            raise LogError("nothing is below a bundle")
        if file.level == 0:
            return b"".join(map(leaf_hash, read_bundle(self._read(bundle_key(file.number, file.width)))))
        first = file.number * TILE_WIDTH
        below = (self._read(tile_key(file.level - 1, first + number)) for number in range(file.width))
        return b"".join(root_of_complete(hashes_in(body)) for body in below)

    def _tile(self, file: LogFile) -> bytes:
        body = self._read(file.name)
        if fault := self.fault(file, body):
            raise LogError(f"{file.name} {fault}")
        return body
