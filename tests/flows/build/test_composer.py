"""What a process composed is used by the same code only, and never by code that an update has replaced meanwhile."""

from pathlib import Path

import pytest

from flows.build.composer import COMPOSER, LoadedCode
from flows.crawl.process import ROOT
from flows.crawl.readers import READ_WITH, reader_digest
from tests.flows.crawl.test_readers import STANDARD_OR_OURS
from tests.support.house import imported, modules


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("pipelines/rules/cards.toml", "pipelines/order.py", "schemas/b.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a = 1")
    return tmp_path


def test_code_is_identified_by_what_it_is_read_from(root: Path) -> None:
    assert LoadedCode(root).digest() == reader_digest(root)
    assert COMPOSER.digest() == reader_digest(ROOT)


@pytest.mark.parametrize("name", ["pipelines/rules/cards.toml", "pipelines/order.py", "schemas/b.py", "schemas/new.py"])
def test_a_process_that_may_have_loaded_what_was_there_before_an_update_is_not_identified(
    root: Path, name: str
) -> None:
    code = LoadedCode(root)
    (root / name).write_text("a = 2")
    assert code.digest() is None
    assert LoadedCode(root).digest() == reader_digest(root)


def test_a_process_that_began_while_something_was_being_installed_is_never_identified(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as installing:
        installing.setattr("flows.crawl.readers.READ_WITH", (*READ_WITH, "no-such-library"))
        code = LoadedCode(root)
        assert code.digest() is None
    assert code.digest() is None


def test_every_library_that_composing_can_use_is_in_the_digest() -> None:
    names = {"markdown_it": "markdown-it-py", "yaml": "PyYAML", "pydantic_core": "pydantic-core"}
    packages = {"merge", "enrich", "passport", "lifecycle", "rules", "texts", "markdown", "formats"}
    paths = [
        path for path in modules("schemas", "pipelines") if path.parts[0] == "schemas" or path.parts[1] in packages
    ]
    used = {name.partition(".")[0] for path in paths for name in imported(path)} - STANDARD_OR_OURS
    assert {names.get(name, name) for name in used} <= set(READ_WITH)
