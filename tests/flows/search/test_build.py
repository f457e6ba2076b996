"""The search index as a file: equal passports give equal bytes, and what it has is what the passports state."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from flows.search.build import ContentDigest, build_index
from flows.search.index import SearchIndex, SearchIndexError
from pipelines.views.index_rows import indexed
from schemas.registry import ShardRow
from tests.support.contract.documents import full, minimal
from tests.support.publications import passport, row
from tests.support.runs import NOON, reader

SHA256 = "a" * 64


def documents(root: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    read = reader(root)
    for one in read.rows():
        yield one.object, orjson.loads(read.object(one.object))["passport"]


def test_equal_passports_give_equal_bytes(published: Path, tmp_path: Path) -> None:
    for name in ("one", "other"):
        build_index(tmp_path / name, documents(published))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def content_digest(*rows: ShardRow) -> str:
    digest = ContentDigest()
    for one in rows:
        digest.add(one)
    return digest.hexdigest()


def test_the_digest_of_the_content_changes_with_every_passport() -> None:
    one, two = row("a"), row("b")
    assert len({content_digest(one, two), content_digest(one), content_digest(one, row("b", 2))}) == 3


def test_three_questions_are_answered_by_plain_sql(published: Path, tmp_path: Path) -> None:
    build_index(tmp_path / "index.sqlite", documents(published))
    database = sqlite3.connect(tmp_path / "index.sqlite")
    stated = {one["artifact"]["slug"]: one for one in (one["unfragile"] for _, one in documents(published))}
    cheapest = "SELECT slug FROM passports JOIN capabilities USING (slug) WHERE capabilities.name = 'tool calling'"
    assert {slug for (slug,) in database.execute(cheapest)} == {
        slug for slug, one in stated.items() if "tool calling" in {each["name"] for each in one["capabilities"]}
    }
    assert dict(database.execute("SELECT slug, count(*) FROM failure_modes GROUP BY slug")) == {
        slug: len(one["trust"]["failure_modes"]) for slug, one in stated.items()
    }
    links = "SELECT url, locator FROM evidence JOIN records ON records.id = record WHERE slug = ? AND path = ?"
    for url, locator in database.execute(links, ("qwen-qwq-32b", "/artifact/name")):
        assert (url, locator) in {
            (each["url"], each["locator"])
            for each in stated["qwen-qwq-32b"]["evidence"]
            if each["path"] == "/artifact/name"
        }
    database.close()


def test_passports_of_the_older_format_and_with_every_addition_are_indexed(tmp_path: Path) -> None:
    old = minimal()["passport"]
    new = full()["passport"]
    new["unfragile"]["artifact"]["slug"] = "acme-other"
    build_index(tmp_path / "index.sqlite", [(SHA256, old), (SHA256, new)])
    index = SearchIndex(tmp_path / "index.sqlite")
    assert len(index.passports(at=NOON).passports) == 2
    assert indexed(new, SHA256).evidence


def test_words_of_a_hostile_listing_are_words(tmp_path: Path) -> None:
    hostile = orjson.loads(passport("acme-tern"))["passport"]
    name = "'); DROP TABLE passports; -- <script>\u202e\x00" + "x" * 100_000
    hostile["unfragile"]["artifact"]["name"] = name
    build_index(tmp_path / "index.sqlite", [(SHA256, hostile)])
    index = SearchIndex(tmp_path / "index.sqlite")
    assert index.search("script", at=NOON)[0].name == name
    assert index.slugs() == ["acme-tern"]


@pytest.mark.parametrize("body", [b"", b"SQLite format 3\x00" + bytes(4080), b"nothing"])
def test_a_file_that_is_no_search_index_is_refused(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "index.sqlite"
    path.write_bytes(body)
    with pytest.raises(SearchIndexError, match=r"index\.sqlite"):
        SearchIndex(path)


def test_an_index_of_another_version_is_refused(tmp_path: Path) -> None:
    build_index(tmp_path / "index.sqlite", [])
    database = sqlite3.connect(tmp_path / "index.sqlite")
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(SearchIndexError, match="version 99"):
        SearchIndex(tmp_path / "index.sqlite")
