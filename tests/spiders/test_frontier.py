import sqlite3
from pathlib import Path

import pytest

from schemas.crawl import KNOWN_RECORDS_SCHEMA
from schemas.listing import RawListing
from spiders.frontier import KnownRecords, SeenIds

RAW = RawListing(
    source="huggingface-card",
    id="Heron-Lab/A",
    url="https://hub.example/c",
    observed_at="2026-07-01T00:00:00.000Z",
    body="# A\n",
    content_sha256="0" * 64,
    version="5d0c1f",
)


def file_with(folder: Path, *wanted: tuple[str, str]) -> str:
    path = folder / "what is known?.sqlite"
    database = sqlite3.connect(path)
    with database:
        database.executescript(KNOWN_RECORDS_SCHEMA)
        database.execute("INSERT INTO known VALUES (?, ?, ?)", (RAW.source, RAW.id, RAW.model_dump_json()))
        database.executemany("INSERT INTO wanted (source, id) VALUES (?, ?)", wanted)
    database.close()
    return str(path)


def test_a_record_is_found_in_whatever_letters_and_only_in_its_source(tmp_path: Path) -> None:
    known = KnownRecords(file_with(tmp_path))
    assert known.raw("huggingface-card", "heron-lab/a") == RAW
    assert known.raw("huggingface", "Heron-Lab/A") is None
    assert known.raw("huggingface-card", "heron-lab/b") is None


def test_what_is_wanted_comes_in_order_and_by_source(tmp_path: Path) -> None:
    known = KnownRecords(file_with(tmp_path, ("github", "b/b"), ("github", "A/a"), ("huggingface", "c/c")))
    assert list(known.wanted("github")) == ["A/a", "b/b"]


def test_a_crawl_may_know_nothing() -> None:
    assert (KnownRecords("").raw("github", "a/a"), list(KnownRecords("").wanted("github"))) == (None, [])


@pytest.mark.parametrize("content", [None, b"", b"no database", b"SQLite format 3\x00 but broken"])
def test_a_file_of_another_kind_is_refused_and_left_alone(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "known.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=r"cannot be read .*name the file that is written for this crawl"):
        KnownRecords(str(path))
    assert (path.read_bytes() if path.exists() else None) == content


def test_what_was_seen_is_new_once() -> None:
    seen = SeenIds()
    assert [seen.add(text) for text in ("a", "A", "a", "")] == [True, True, False, True]
    assert ("a" in seen, "b" in seen) == (True, False)
