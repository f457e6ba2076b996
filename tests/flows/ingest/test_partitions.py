"""Lines on disk are read by slot: the same lines, however finely they are asked for, and each of them once."""

from collections.abc import Iterator
from copy import copy
from pathlib import Path

import pytest

from flows.ingest.partitions import PackedPartitions, PartitionWriter, ServedLines, SourceLines
from flows.registry.published import PublishedState
from pipelines.registry.slots import COUNTS, EVERY_SLOT, slot, slots_of
from schemas.crawl import AdmittedLine
from schemas.registry import SourceRef
from tests.support.hub_records import REPOSITORY, card

SLUGS = [f"heron-lab--m{n}" for n in range(300)]


@pytest.fixture(scope="module")
def lines() -> list[AdmittedLine]:
    listing = card("# Heron")
    raw = {"source": listing.source, "id": REPOSITORY, "url": listing.url, "observed_at": listing.observed_at}
    made = []
    for slug in SLUGS:
        document = {
            "raw": {**raw, "body": "# Heron", "content_sha256": listing.content_sha256},
            "listing": listing.model_copy(update={"slug": slug}).model_dump(),
        }
        made.append(AdmittedLine.model_validate(document))
    return made


class Serving(PublishedState):
    """A served generation with one source, made of lines in memory."""

    def __init__(self, count: int, lines: list[AdmittedLine]) -> None:
        super().__init__(None)
        self.count, self.stored = count, lines

    @property
    def sources(self) -> dict[str, SourceRef]:
        then = "2026-04-22T12:00:00.000Z"
        return {"hub": SourceRef(source="hub", parts=(), count=self.count, listings=1, last_scraped_at=then)}

    def lines(self, source: str, slots: range = EVERY_SLOT) -> Iterator[AdmittedLine]:
        assert (source, slots) in [("hub", slots_of(index, self.count)) for index in range(self.count)]
        texts = [line.model_dump_json() for line in self.stored if slot(line.listing.slug) in slots]
        return (AdmittedLine.model_validate_json(text) for text in texts)


def stored(kind: str, folder: Path, count: int, lines: list[AdmittedLine]) -> SourceLines:
    if kind == "served":
        return ServedLines(Serving(count, lines), "hub", folder)
    if kind == "spool":
        spool = PartitionWriter(folder, count)
        for line in lines:
            spool.add(line.listing.slug, line.model_dump_json().encode())
        spool.close()
        return spool
    written = PackedPartitions(folder, count)
    for index in range(count):
        written.write(index, [line for line in lines if slot(line.listing.slug) in slots_of(index, count)])
    return written


def slugs(read: Iterator[AdmittedLine]) -> list[str]:
    return [line.listing.slug for line in read]


@pytest.mark.parametrize("asked", COUNTS)
@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("kind", ["spool", "written", "served"])
def test_parts_of_any_cut_are_read_by_slots_of_any_cut(
    kind: str, count: int, asked: int, tmp_path: Path, lines: list[AdmittedLine]
) -> None:
    held = stored(kind, tmp_path / "lines", count, lines)
    for index in range(asked):
        slots = slots_of(index, asked)
        here = [line.listing.slug for line in lines if slot(line.listing.slug) in slots]
        read = slugs(held.read(slots))
        assert sorted(read) == sorted(here)
        assert read == here or asked < count  # of several parts each is given in its own order
    assert len(slugs(held.read())) == len(SLUGS)


@pytest.mark.parametrize("kind", ["spool", "written", "served"])
def test_however_finely_a_part_is_asked_for_each_line_is_read_once(
    kind: str, tmp_path: Path, lines: list[AdmittedLine], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = stored(kind, tmp_path / "lines", 1, lines)
    read = 0
    reading = AdmittedLine.model_validate_json

    def counted(text: bytes) -> AdmittedLine:
        nonlocal read
        read += 1
        return reading(text)

    monkeypatch.setattr(AdmittedLine, "model_validate_json", counted)
    for index in range(256):
        list(held.read(slots_of(index, 256)))
    assert read == len(SLUGS) * (2 if kind == "served" else 1)  # of a served one the dates are checked first


def test_a_part_that_is_written_anew_is_read_anew_and_another_process_unpacks_for_itself(
    tmp_path: Path, lines: list[AdmittedLine]
) -> None:
    written = PackedPartitions(tmp_path / "lines", 1)
    written.write(0, lines)
    half = range(128)
    before = slugs(written.read(half))
    assert slugs(copy(written).read(half)) == before
    written.write(0, lines[:10])
    assert slugs(written.read(half)) == [slug for slug in SLUGS[:10] if slot(slug) in half]
    assert slugs(written.read(EVERY_SLOT)) == SLUGS[:10]
