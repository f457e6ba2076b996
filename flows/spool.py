"""A source's lines on disk, cut by slot: as many as there are, while memory holds one part."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from pipelines.shards import EVERY_SLOT, MAX_PART_BYTES, pack, shard_index, slot, slots_of, unpack
from schemas.crawl import AdmittedLine


class SourceLines(Protocol):
    """The listings of one source, by the slots of their slugs."""

    def read(self, slots: range = EVERY_SLOT) -> Iterator[AdmittedLine]:
        """Give those whose slug lies in these slots, each part in order of id."""


class Spool:
    """Lines as they come, appended to one file a part."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder, self.count = folder, count
        folder.mkdir(parents=True)
        self._open = ExitStack()
        self._files = [self._open.enter_context((folder / f"{index}.jsonl").open("wb")) for index in range(count)]

    def add(self, slug: str, line: bytes) -> None:
        """Append a line (without its end) to the part that its slug belongs to."""
        self._files[shard_index(slug, self.count)].write(line + b"\n")

    def close(self) -> None:
        """End writing; from now on it can be read."""
        self._open.close()

    def read(self, slots: range = EVERY_SLOT) -> Iterator[AdmittedLine]:
        """Give the lines whose slug lies in these slots, as they came."""
        for index in parts_over(slots, self.count):
            with (self.folder / f"{index}.jsonl").open("rb") as file:
                yield from _within(file, slots)


class WrittenLines:
    """Lines in their final form: one packed file a part, as it will lie in the store."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder, self.count = folder, count
        folder.mkdir(parents=True)

    def path(self, index: int) -> Path:
        """The packed file of a part."""
        return self.folder / f"{index}.jsonl.zst"

    def write(self, index: int, lines: list[AdmittedLine]) -> None:
        """Write a part."""
        self.path(index).write_bytes(pack(line.model_dump_json().encode() for line in lines))

    def read(self, slots: range = EVERY_SLOT) -> Iterator[AdmittedLine]:
        """Give the lines whose slug lies in these slots."""
        for index in parts_over(slots, self.count):
            yield from _within(unpack(self.path(index).read_bytes(), max_bytes=MAX_PART_BYTES), slots)


def parts_over(slots: range, count: int) -> Iterator[int]:
    """Name the parts, of `count`, that hold any of these slots."""
    for index in range(count):
        covered = slots_of(index, count)
        if covered.start < slots.stop and slots.start < covered.stop:
            yield index


def _within(lines: Iterable[bytes], slots: range) -> Iterator[AdmittedLine]:
    for line in lines:
        admitted = AdmittedLine.model_validate_json(line)
        if slots == EVERY_SLOT or slot(admitted.listing.slug) in slots:
            yield admitted
