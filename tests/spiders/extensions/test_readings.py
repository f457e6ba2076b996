"""Readings of former crawls: used only where nothing that a reading depends on differs, and never where damaged."""

import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.item_pipeline import AdmitListing
from schemas.crawl import AdmittedLine, QuarantinedLine
from schemas.listing import Listing, Observation, RawListing
from spiders.extensions import readings
from spiders.extensions.readings import Readings

READER = "1" * 64
DAY_1, DAY_2 = "2026-06-01T00:00:00.000Z", "2026-06-02T00:00:00.000Z"
TEXT = (
    "---\nlicense: mit\n---\n# Heron\n\n## Limitations\n\nThe model may produce text that sounds right and is wrong.\n"
)
CARD = RawListing.of(Observation("huggingface-card", "heron-lab/a", DAY_1, "https://hub.example/c"), TEXT, version="5d")
OTHERS = {
    "source": "huggingface-licence", "id": "heron-lab/b", "url": "https://hub.example/d", "body": TEXT + " ",
    "content_sha256": "0" * 64, "asked_as": "heron-lab/old", "formerly": ("heron-lab/old",), "succeeds": "0a1b",
    "version": "6e",
}  # fmt: skip
"""Another value for each field of a record but the time of its observation."""


def later(raw: RawListing = CARD) -> RawListing:
    return raw.model_copy(update={"observed_at": DAY_2})


def line_of(raw: RawListing, former: Readings | None = None) -> AdmittedLine:
    line = AdmitListing(former).process_item(raw)
    assert isinstance(line, AdmittedLine)
    return line


def stored(path: Path, raw: RawListing = CARD, *, secrets: tuple[str, ...] = ()) -> Listing:
    """Read a record and close the file; return its listing."""
    former = Readings(path, READER, secrets)
    listing = line_of(raw, former).listing
    former.close()
    return listing


def spoilt(path: Path, change: str) -> None:
    with sqlite3.connect(path) as database:
        database.execute(change)
    database.close()


def test_an_unchanged_text_is_not_read_again_and_its_line_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r" / "huggingface.sqlite"
    assert stored(path).facts
    expected = line_of(later())
    monkeypatch.setattr("pipelines.item_pipeline.admit", lambda raw: pytest.fail(f"{raw.id} was read again"))
    again = Readings(path, READER)
    assert line_of(later(), again) == expected
    assert line_of(later(), again).model_dump_json() == expected.model_dump_json()
    again.close()


def test_whatever_a_reading_depends_on_is_in_its_key(tmp_path: Path) -> None:
    path = tmp_path / "r" / "huggingface.sqlite"
    stored(path)
    assert set(OTHERS) == set(RawListing.model_fields) - {"observed_at"}
    former = Readings(path, READER)
    assert former.find(later())
    assert [name for name, value in OTHERS.items() if former.find(later().model_copy(update={name: value}))] == []
    former.close()
    other_rules = Readings(path, "2" * 64)
    assert other_rules.find(later()) is None
    other_rules.close()


@given(body=st.text(max_size=300), asked=st.none() | st.sampled_from(["heron-lab/b", "Heron-Lab/A"]))
def test_what_is_found_is_what_would_be_read(tmp_path_factory: pytest.TempPathFactory, body: str, asked: str) -> None:
    seen = Observation("huggingface-card", "heron-lab/a", DAY_1)
    former = Readings(tmp_path_factory.mktemp("readings") / "r" / "huggingface.sqlite", READER)
    raw = RawListing.of(seen, body, asked_as=asked)
    first = AdmitListing(former).process_item(raw)
    assert AdmitListing(former).process_item(raw) == first
    assert AdmitListing(former).process_item(later(raw)) == AdmitListing().process_item(later(raw))
    former.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE reading SET listing = CAST(replace(CAST(listing AS TEXT), 'mit', 'gpl') AS BLOB)",
        "UPDATE reading SET listing = 7",
        "UPDATE reading SET observed_at = NULL",
        "UPDATE reading SET observed_at = '2026-05-01T00:00:00.000Z'",
        "UPDATE reading SET seal = x'00'",
        "DELETE FROM reading",
        "DROP TABLE reading",
        "ALTER TABLE reading RENAME COLUMN seal TO other",
    ],
)
def test_a_damaged_entry_is_ignored_and_replaced(tmp_path: Path, change: str) -> None:
    path = tmp_path / "r" / "huggingface.sqlite"
    listing = stored(path)
    spoilt(path, change)
    former = Readings(path, READER)
    assert former.find(CARD) is None
    assert line_of(CARD, former).listing == listing
    assert former.find(CARD) == listing
    former.close()


def test_a_reading_of_another_record_is_not_used_even_under_a_right_seal(tmp_path: Path) -> None:
    path = tmp_path / "r" / "huggingface.sqlite"
    stored(path)
    other = RawListing.of(Observation("huggingface-card", "heron-lab/b", DAY_1), "# Tern\n")
    former = Readings(path, READER)
    key, listing = former._key(CARD), line_of(other).listing.model_dump_json().encode()
    former.close()
    with sqlite3.connect(path) as database:
        sealed = (listing, readings._seal(key, DAY_1, listing))
        database.execute("UPDATE reading SET listing = ?, seal = ?", sealed)
    database.close()
    former = Readings(path, READER)
    assert former.find(CARD) is None
    former.close()


@pytest.mark.parametrize("content", [b"not a database", b"", b"SQLite format 3\0" + bytes(4000)])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "r" / "huggingface.sqlite"
    path.parent.mkdir(mode=0o700)
    path.touch(mode=0o600)
    path.write_bytes(content)
    listing = stored(path)
    former = Readings(path, READER)
    assert former.find(CARD) == listing
    former.close()


def test_pages_damaged_in_the_middle_only_cost_the_reading(tmp_path: Path) -> None:
    path = tmp_path / "r" / "huggingface.sqlite"
    for number in range(20):
        stored(path, RawListing.of(Observation("huggingface-card", f"heron-lab/{number}", DAY_1), TEXT * 3))
    damaged = bytearray(path.read_bytes())
    damaged[4096:] = bytes(255 for _ in damaged[4096:])
    path.write_bytes(damaged)
    former = Readings(path, READER)
    assert line_of(CARD, former) == line_of(CARD)
    former.close()


def test_a_file_that_others_can_write_to_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "r" / "huggingface.sqlite"
    stored(path)
    path.chmod(0o666)
    former = Readings(path, READER)
    assert former.find(CARD) is None
    former.close()
    path.parent.chmod(0o777)
    stored(path)
    former = Readings(path, READER)
    assert former.find(CARD) is None
    former.close()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "r" / "huggingface.sqlite", tmp_path / "elsewhere"
    path.parent.mkdir(mode=0o700)
    elsewhere.write_bytes(b"mine")
    path.symlink_to(elsewhere)
    stored(path)
    assert elsewhere.read_bytes() == b"mine"
    assert not path.is_symlink()


def test_a_file_larger_than_its_bound_is_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r" / "huggingface.sqlite"
    monkeypatch.setattr(readings, "MOST_BYTES", 16 * readings.PAGE_BYTES)
    for number in range(200):
        stored(path, RawListing.of(Observation("huggingface-card", f"heron-lab/{number}", DAY_1), TEXT))
        assert path.stat().st_size <= readings.MOST_BYTES
    former = Readings(path, READER)
    assert line_of(CARD, former) == line_of(CARD)
    former.close()


def test_a_reading_of_a_later_day_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "r" / "huggingface.sqlite"
    stored(path, later())
    former = Readings(path, READER)
    assert former.find(CARD) is None
    former.close()


def test_what_is_refused_is_read_each_time(tmp_path: Path) -> None:
    path = tmp_path / "r" / "huggingface.sqlite"
    former = Readings(path, READER)
    unreadable = RawListing.of(Observation("huggingface", "heron-lab/a", DAY_1), "[]")
    for _ in range(2):
        assert isinstance(AdmitListing(former).process_item(unreadable), QuarantinedLine)
    former.close()


def test_no_secret_is_stored(tmp_path: Path) -> None:
    path, secret = tmp_path / "r" / "huggingface.sqlite", "hf_" + "a1B2c3D4" * 4
    text = TEXT.replace("sounds right", f"shows {secret}, sounds right")
    raw = RawListing.of(Observation("huggingface-card", "heron-lab/a", DAY_1), text)
    assert secret in stored(path, raw, secrets=(secret,)).model_dump_json()
    written = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert secret.encode() not in written


def test_two_crawls_at_once_do_not_stop_each_other(tmp_path: Path) -> None:
    path = tmp_path / "r" / "huggingface.sqlite"
    first, second = Readings(path, READER), Readings(path, READER)
    other = RawListing.of(Observation("huggingface-card", "heron-lab/b", DAY_1), TEXT)
    assert line_of(CARD, first) == line_of(CARD)
    assert line_of(other, second) == line_of(other)
    first.close()
    second.close()
    assert os.access(path, os.R_OK)
