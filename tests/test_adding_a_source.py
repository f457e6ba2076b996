"""The guide to adding a source is true: what it names, and nothing else, adds a source to a copy of the house."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ADDED = ROOT / "tests" / "added_source"
EXAMPLE = "modelsdev"
ROOMS = ("schemas", "spiders", "pipelines", "flows")
PATH = re.compile(r"`((?:[a-z_]+/)*[a-z_A-Z-]+\.(?:py|toml|yaml|md|json))`")
TABLES = ("schemas/sources.py", "pipelines/rules/gates.toml", "pipelines/rules/precedence.toml")
LAST_CATALOGUE = """        settings=CrawlSettings("https://models.dev", "models.dev", "/api.json"),
    ),
"""
"""Text of the table of sources behind which a row is added."""
ORDERS = {
    'fact = "knowledge_cutoff"\norder = ["openrouter", "modelsdev"': ', "fieldguide"',
    'fact = "open_weights"\norder = ["huggingface", "openrouter", "modelsdev"': ', "fieldguide"',
    "[scope]\n": 'fieldguide = "field guide"\n',
}  # fmt: skip
"""Text of precedence.toml → what is added behind it."""
FOLDERS = "tests/spiders/test_sources.py"
CHECKS = (
    "tests/added_source/scenario.py",
    "tests/schemas/test_sources.py",
    "tests/spiders/test_settings.py",
    f"{FOLDERS}::test_a_source_is_read_as_expected_and_every_fact_is_where_its_locator_says[fieldguide]",
    f"{FOLDERS}::test_every_source_has_its_folder_and_no_other_is_there",
    "tests/test_house.py::test_the_order_names_what_is_there_and_nothing_else",
    "tests/pipelines/lifecycle/test_crawl_checks.py::test_every_source_that_is_read_has_a_gate_and_a_precedence",
    "tests/pipelines/merge/test_resolve.py::test_the_table_names_known_sources_each_with_a_scope",
)
"""Tests that must pass in the copy."""


def guide() -> str:
    return (ROOT / "docs" / "adding-a-source.md").read_text("utf-8")


def copied(folder: Path) -> Path:
    """A copy of the product and its tests, with what Python compiled of them."""
    for name in (*ROOMS, "tests"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy2(ROOT / "pyproject.toml", folder)
    return folder


def add_source(house: Path) -> None:
    """The six things of the guide."""
    shutil.copy(ADDED / "spider.py", house / "spiders" / "fieldguide.py")
    shutil.copy(ADDED / "reader.py", house / "pipelines" / "normalise" / "fieldguide.py")
    rows, gates, precedence = (house / name for name in TABLES)
    insert(rows, {LAST_CATALOGUE: (ADDED / "row.txt").read_text("utf-8")})
    gates.write_text(gates.read_text("utf-8") + (ADDED / "gates.toml").read_text("utf-8"), "utf-8")
    insert(precedence, ORDERS)
    fixtures = house / "tests" / "sources" / "fieldguide"
    fixtures.mkdir()
    for name in ("answers.json", "expected.json"):
        shutil.copy(ADDED / name, fixtures)


def insert(path: Path, texts: dict[str, str]) -> None:
    text = path.read_text("utf-8")
    for before, added in texts.items():
        assert text.count(before) == 1, f"{path.name} holds {before!r} once"
        text = text.replace(before, before + added)
    path.write_text(text, "utf-8")


@pytest.mark.slow
def test_a_source_is_added_by_what_the_guide_names(tmp_path: Path) -> None:
    house = copied(tmp_path / "house")
    add_source(house)
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *CHECKS]
    done = subprocess.run(
        command, cwd=house, env={**own, "PYTHONPATH": str(house)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_no_file_but_those_holds_the_example() -> None:
    texts = [path for room in ROOMS for path in (ROOT / room).rglob("*") if path.suffix in (".py", ".toml", ".json")]
    holding = {
        path.relative_to(ROOT).as_posix()
        for path in texts
        if EXAMPLE in path.name or EXAMPLE in path.read_text("utf-8").lower()
    }
    assert holding == {f"spiders/{EXAMPLE}.py", f"pipelines/normalise/{EXAMPLE}.py", *TABLES}
    assert holding - set(PATH.findall(guide())) == set()


def test_the_guide_has_no_more_than_six_rows() -> None:
    table = [line for line in guide().splitlines() if line.startswith("|")]
    assert len(table) - 2 == 6


def test_every_file_that_is_named_is_there() -> None:
    named = {name for name in PATH.findall(guide()) if "/" in name}
    assert {name for name in named if not (ROOT / name).is_file()} == set()
