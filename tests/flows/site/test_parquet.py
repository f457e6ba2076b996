import itertools
import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.config.interrupts import TerminatedError, ending_at_once
from flows.site.parquet import write_table
from pipelines.exports.columns import Column
from tests.pipelines.exports.documents import HOSTILE_TEXTS

COLUMNS = (
    Column("slug", "text"), Column("tags", "texts"), Column("tokens", "whole"), Column("price", "number"),
    Column("free", "flag"), Column("ends_on", "day"), Column("signed_at", "instant"),
)  # fmt: skip
EMPTY = ("b", [], None, None, None, None, None)
FULL = ("a", ["x", "y"], 2**53 - 1, 0.07, True, "9999-12-31", "2026-06-15T14:50:47.607Z")


def read(path: Path, what: str = "*") -> list[tuple[Any, ...]]:
    return duckdb.sql(f"SELECT {what} FROM '{path}'").fetchall()  # noqa: S608 - a path of this test


def test_rows_are_read_back_by_another_library(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    assert write_table(path, COLUMNS, [FULL, EMPTY]) == 2
    what = "slug, tags, tokens, price, free, ends_on::VARCHAR, epoch_ms(signed_at)"
    assert read(path, what) == [("a", ["x", "y"], 2**53 - 1, 0.07, True, "9999-12-31", 1781535047607), EMPTY]


def test_no_rows_are_a_table_too(tmp_path: Path) -> None:
    assert write_table(tmp_path / "a.parquet", COLUMNS, []) == 0
    assert read(tmp_path / "a.parquet") == []


def test_hostile_texts_are_texts(tmp_path: Path) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in HOSTILE_TEXTS]
    path = tmp_path / "a.parquet"
    write_table(path, (Column("text", "text"), Column("texts", "texts")), [(text, [text]) for text in texts])
    assert read(path) == [(text, [text]) for text in texts]


def test_equal_rows_give_equal_bytes_in_many_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.site.parquet._ROWS_A_BATCH", 3)
    monkeypatch.setattr("flows.site.parquet._ROWS_A_GROUP", 7)
    rows = [(f"s-{number}", [str(number)], number, 0.5, False, None, None) for number in range(20)]
    for name in ("a.parquet", "b.parquet"):
        assert write_table(tmp_path / name, COLUMNS, iter(rows)) == 20
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert [tokens for (tokens,) in read(tmp_path / "a.parquet", "tokens")] == list(range(20))


def test_an_error_of_the_rows_is_raised_as_it_is(tmp_path: Path) -> None:
    def rows() -> Iterator[tuple[Any, ...]]:
        yield FULL
        raise LookupError("the third shard is gone")

    with pytest.raises(LookupError, match="the third shard is gone"):
        write_table(tmp_path / "a.parquet", COLUMNS, rows())


def test_a_value_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="int"):
        write_table(tmp_path / "a.parquet", COLUMNS, [(1, *FULL[1:])])


@pytest.mark.parametrize(
    ("number", "raised"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, TerminatedError)], ids=repr
)
def test_an_interrupt_ends_a_table_that_would_have_no_end(
    number: signal.Signals, raised: type[BaseException], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def rows() -> Iterator[tuple[Any, ...]]:
        for count in itertools.count():
            if count == 50_000:
                os.kill(os.getpid(), number)
            yield FULL

    with ending_at_once(), pytest.raises(raised):
        write_table(tmp_path / "a.parquet", COLUMNS, rows())
    assert capfd.readouterr() == ("", ""), "the library does not panic"


@pytest.mark.parametrize("room", [0, 20_000])
def test_a_full_disk_is_an_error_of_the_file(room: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    rows = ((os.urandom(20).hex(), *FULL[1:]) for _ in range(100_000))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_table(tmp_path / "a.parquet", COLUMNS, rows)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert next(rows), "rows that would be lost are not made"
    assert capfd.readouterr() == ("", ""), "the library does not panic"
