import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from flows.crawl.known_records import Wanted, write_known
from pipelines.registry.slots import EVERY_SLOT
from schemas.crawl import AdmittedLine
from tests.support.hub_records import repository_raw
from tests.support.listings import admitted, raw_body


class Lines:
    def __init__(self, *lines: AdmittedLine) -> None:
        self.lines = lines

    def read(self, slots: range = EVERY_SLOT) -> Iterator[AdmittedLine]:
        return (line for line in self.lines if slots)


def code(name: str, **notes: Any) -> AdmittedLine:
    raw = raw_body(json.dumps({"full_name": name, "id": 7}), id=name, source="github").model_copy(update=notes)
    return AdmittedLine(raw=raw, listing=admitted(raw))


def rows(path: Path, table: str) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(f"SELECT id, * FROM {table} ORDER BY id").fetchall()  # noqa: S608 - a name from below


def test_a_renamed_record_is_known_by_its_former_names_too_and_what_it_left_is_not(tmp_path: Path) -> None:
    left = code("heron/old").model_copy(update={"moved_to": "heron-lab/new"})
    new = code("heron-lab/new", asked_as="heron/asked", formerly=("heron/old",))
    path = write_known(tmp_path / "known.sqlite", "github", {"github": Lines(left, new)})
    found = {row[0]: json.loads(row[-1])["id"] for row in rows(path, "known")}
    assert found == dict.fromkeys(["heron-lab/new", "heron/asked", "heron/old"], "heron-lab/new")
    renamed = code("heron/asked")
    path = write_known(path, "github", {"github": Lines(renamed, new)})
    found = {row[0]: json.loads(row[-1])["id"] for row in rows(path, "known")}
    assert found["heron/asked"] == "heron/asked"


def test_a_repository_that_is_elsewhere_is_not_asked_for_again(tmp_path: Path) -> None:
    def hosted(name: str, **marks: Any) -> AdmittedLine:
        raw = repository_raw(id=name)
        return AdmittedLine(raw=raw, listing=admitted(raw), **marks)

    lines = {"huggingface": Lines(hosted("Fen/There"), hosted("Fen/Left", moved_to="Fen/New"))}
    path = write_known(tmp_path / "known.sqlite", "huggingface", lines, Wanted(seen_before="2027-01-01T00:00:00.000Z"))
    assert [row[0] for row in rows(path, "wanted")] == ["Fen/There"]
