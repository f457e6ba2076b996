"""Partitions of a source's lines on disk, by slot of the slug. Memory holds one partition and the lines' offsets."""

import tempfile
from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import IO, Any, Protocol

import orjson

from flows.registry.published import PublishedState
from pipelines.registry.packing import MAX_PART_BYTES, pack, unpack
from pipelines.registry.slots import EVERY_SLOT, SLOTS, shard_index, slot, slots_of
from schemas.crawl import AdmittedLine


class SourceLines(Protocol):
    """The listings of one source, which can be read by the slots of their slugs."""

    def read(self, slots: range = EVERY_SLOT) -> Iterator[AdmittedLine]:
        """Yield the lines whose slugs have these slots, each partition in order of id."""


class Places:
    """Offsets of the lines of a file, by slot of their slugs: reading some slots skips the lines of all others."""

    def __init__(self) -> None:
        self._starts = [array("Q") for _ in range(SLOTS)]

    def append(self, file: IO[bytes], slug: str, line: bytes) -> None:
        """Append a line (given without its newline) to a file, and record its offset in bytes."""
        self._starts[slot(slug)].append(file.tell())
        file.write(line + b"\n")

    def read(self, file: IO[bytes], slots: range) -> Iterator[AdmittedLine]:
        """Yield the lines of these slots, in the order of writing."""
        for start in sorted(chain.from_iterable(self._starts[one] for one in slots)):
            file.seek(start)
            yield AdmittedLine.model_validate_json(file.readline())


class PartitionWriter:
    """Writes lines in any order, each to the file of its partition; they can be read once `close` was called."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder, self.count = folder, count
        folder.mkdir(parents=True)
        self._open, self._places = ExitStack(), Places()
        self._files = [self._open.enter_context(self._path(index).open("wb")) for index in range(count)]

    def add(self, slug: str, line: bytes) -> None:
        """Append a line (given without its newline) to the partition of its slug."""
        self._places.append(self._files[shard_index(slug, self.count)], slug, line)

    def close(self) -> None:
        """End writing; call before `read`."""
        self._open.close()

    def read(self, slots: range = EVERY_SLOT) -> Iterator[AdmittedLine]:
        """Yield the lines whose slugs have these slots, each partition in the order of writing."""
        for index in parts_over(slots, self.count):
            with self._path(index).open("rb") as file:
                yield from self._places.read(file, _shared(slots, slots_of(index, self.count)))

    def _path(self, index: int) -> Path:
        return self.folder / f"{index}.jsonl"


class PartitionedLines(ABC):
    """The lines of a source in partitions of which each can only be read whole.

    Reading only some slots of one writes it into a temporary file once, which later reads of this process use.
    """

    def __init__(self, folder: Path, count: int) -> None:
        self.folder, self.count = folder, count
        self._unpacked: dict[int, tuple[Path, Places]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the temporary files when pickled: another process unpacks its own."""
        return {**vars(self), "_unpacked": {}}

    def read(self, slots: range = EVERY_SLOT) -> Iterator[AdmittedLine]:
        """Yield the lines whose slugs have these slots."""
        for index in parts_over(slots, self.count):
            own = slots_of(index, self.count)
            if (shared := _shared(slots, own)) == own:
                yield from self._lines(index)
            else:
                path, places = self._unpacked.get(index) or self._unpack(index)
                with path.open("rb") as file:
                    yield from places.read(file, shared)

    @abstractmethod
    def _lines(self, index: int) -> Iterator[AdmittedLine]:
        """Yield the lines of a partition."""

    @abstractmethod
    def _written(self, index: int) -> Iterator[tuple[str, bytes]]:
        """Yield the lines of a partition in JSON, each with its slug."""

    def _unpack(self, index: int) -> tuple[Path, Places]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".jsonl", delete=False) as file:
            places = Places()
            for slug, line in self._written(index):
                places.append(file, slug, line)
        self._unpacked[index] = Path(file.name), places
        return self._unpacked[index]


class PackedPartitions(PartitionedLines):
    """A source's lines as they will be stored: one compressed file for each partition."""

    def __init__(self, folder: Path, count: int) -> None:
        super().__init__(folder, count)
        folder.mkdir(parents=True)

    def path(self, index: int) -> Path:
        """Path of the compressed file of a partition."""
        return self.folder / f"{index}.jsonl.zst"

    def write(self, index: int, lines: list[AdmittedLine]) -> None:
        """Write a partition, replacing what was written for it before."""
        self._unpacked.pop(index, None)
        self.path(index).write_bytes(pack(line.model_dump_json().encode() for line in lines))

    def _lines(self, index: int) -> Iterator[AdmittedLine]:
        return map(AdmittedLine.model_validate_json, self._packed(index))

    def _written(self, index: int) -> Iterator[tuple[str, bytes]]:
        return ((orjson.loads(line)["listing"]["slug"], line) for line in self._packed(index))

    def _packed(self, index: int) -> Iterator[bytes]:
        return unpack(self.path(index).read_bytes(), max_bytes=MAX_PART_BYTES)


class ServedLines(PartitionedLines):
    """The lines of a source in the served generation but those dated in the future; reading may raise TamperedError."""

    def __init__(self, served: PublishedState, source: str, folder: Path) -> None:
        super().__init__(folder, served.sources[source].count)
        self._served, self._source = served, source

    def _lines(self, index: int) -> Iterator[AdmittedLine]:
        return self._served.lines(self._source, slots_of(index, self.count))

    def _written(self, index: int) -> Iterator[tuple[str, bytes]]:
        return ((line.listing.slug, line.model_dump_json().encode()) for line in self._lines(index))


def parts_over(slots: range, count: int) -> Iterator[int]:
    """Yield the indices of those of `count` partitions that hold any of these slots."""
    for index in range(count):
        covered = slots_of(index, count)
        if covered.start < slots.stop and slots.start < covered.stop:
            yield index


def _shared(one: range, other: range) -> range:
    return range(max(one.start, other.start), min(one.stop, other.stop))
