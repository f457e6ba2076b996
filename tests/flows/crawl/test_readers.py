import sys
from importlib import metadata
from pathlib import Path

import pytest

from flows.crawl.process import ROOT
from flows.crawl.readers import READ_WITH, ROOMS, reader_digest
from pipelines.normalise.admit import reader_of
from schemas.listing import Observation, RawListing
from schemas.sources import HOSTED
from schemas.times import timestamp
from tests.support.house import imported, modules
from tests.support.runs import NOON

STANDARD_OR_OURS = {*sys.stdlib_module_names, *ROOMS}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in {
        "pipelines/rules/cards.toml": "a = 1",
        "pipelines/order.py": "a = 1",
        "schemas/b.py": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("name", ["pipelines/rules/cards.toml", "pipelines/order.py", "schemas/b.py", "schemas/new.py"])
def test_other_code_or_rules_have_another_digest(root: Path, name: str) -> None:
    before = reader_digest(root)
    assert reader_digest(root) == before
    (root / name).write_text("a = 2")
    assert reader_digest(root) != before


def test_moving_a_line_from_one_file_to_the_next_is_another_digest(root: Path) -> None:
    before = reader_digest(root)
    (root / "pipelines/order.py").write_text("a")
    (root / "pipelines/rules/cards.toml").write_text(" = 1a = 1")
    assert reader_digest(root) != before


def test_other_versions_have_another_digest(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = reader_digest(root)
    monkeypatch.setattr(metadata, "version", lambda _: "0")
    assert reader_digest(root) != before


def test_a_link_to_nowhere_that_an_editor_left_is_no_code(root: Path) -> None:
    before = reader_digest(root)
    (root / "pipelines/.#order.py").symlink_to("nobody@nowhere.1234")
    (root / "pipelines/a.py").mkdir()
    assert reader_digest(root) == before


def test_while_something_is_being_installed_there_is_no_digest(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.crawl.readers.READ_WITH", ("no-such-library",))
    assert reader_digest(root) is None
    monkeypatch.undo()
    monkeypatch.setattr(Path, "read_bytes", lambda path: path.with_name("gone").open("rb").read())
    assert reader_digest(root) is None


def test_every_library_that_a_reader_can_use_is_in_the_digest() -> None:
    """Readers come from these packages; those after them in the rooms' order are not imported by them."""
    names = {"markdown_it": "markdown-it-py", "yaml": "PyYAML", "pydantic_core": "pydantic-core"}
    before = {"errors", "ahead", "freshness", "formats", "registry", "log", "signing", "rules", "markdown", "texts"}
    packages = {*before, "extraction", "normalise"}
    paths = [path for path in modules(*ROOMS) if path.parts[0] == "schemas" or path.parts[1] in packages]
    used = {name.partition(".")[0] for path in paths for name in imported(path)} - STANDARD_OR_OURS
    signing = {"jsonschema", "jsonschema_rs", "nacl", "zstandard"}  # of what is signed and stored, not of what is read
    assert {names.get(name, name) for name in used - signing} <= set(READ_WITH)


@pytest.mark.parametrize("source", HOSTED)
def test_a_reading_does_not_depend_on_the_day(source: str) -> None:
    body = (
        '{"id": "heron-lab/a", "createdAt": "2025-01-01T00:00:00.000Z"}' if source == "huggingface" else "MIT License"
    )
    listings = [
        reader_of(source)(RawListing.of(Observation(source, "heron-lab/a", at, "https://hub.example/a"), body))
        for at in (timestamp(NOON), "2029-01-01T00:00:00.000Z")
    ]
    dated = [listing.model_copy(update={"observed_at": ""}) for listing in listings]
    assert dated[0] == dated[1]


def test_readers_of_repositories_do_not_use_the_time_of_the_observation() -> None:
    paths = [path for path in modules("pipelines") if path.parts[1] in ("markdown", "texts")]
    paths += [path for path in modules("pipelines") if path.parts[1:3] == ("normalise", "huggingface")]
    assert [path for path in paths if "observed_at" in (ROOT / path).read_text()] == []
