"""What a process composed is used by the same code only, and never by code that an update has replaced meanwhile."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.build import composer
from flows.build.composer import composer_digest, started_at
from flows.crawl.process import ROOT
from flows.crawl.readers import reader_digest
from tests.flows.crawl.test_readers import STANDARD_OR_OURS
from tests.support.house import imported, modules


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("pipelines/rules/cards.toml", "pipelines/order.py", "schemas/b.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a = 1")
    return tmp_path


def later() -> float:
    return time.time() + 1.0


def test_code_and_tables_that_are_older_than_the_process_are_identified(root: Path) -> None:
    assert composer_digest(root, started_at=later()) == reader_digest(root)


@pytest.mark.parametrize("name", ["pipelines/rules/cards.toml", "pipelines/order.py", "schemas/b.py", "schemas/new.py"])
def test_a_process_that_may_have_loaded_what_was_there_before_an_update_is_not_identified(
    root: Path, name: str
) -> None:
    began = time.time()
    assert composer_digest(root, started_at=later())
    time.sleep(0.02)  # the kernel's clock of files is a few milliseconds behind
    (root / name).write_text("a = 2")
    assert composer_digest(root, started_at=began) is None


def test_a_file_that_is_put_back_with_its_old_date_is_seen(root: Path) -> None:
    began = time.time()
    time.sleep(0.02)
    path = root / "schemas/b.py"
    before = path.stat()
    path.unlink()
    path.write_text("a = 2")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert composer_digest(root, started_at=began) is None


def test_a_library_that_is_newer_than_the_process_is_seen(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = root / "site-packages"
    installed.mkdir()
    monkeypatch.setattr(composer, "_libraries", lambda: {installed})
    assert composer_digest(root, started_at=later())
    began = time.time()
    time.sleep(0.02)
    (installed / "orjson-99.dist-info").mkdir()
    assert composer_digest(root, started_at=began) is None


def test_where_it_is_not_known_when_the_process_began_it_is_not_identified(
    root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert composer_digest(root, started_at=None) is None
    monkeypatch.setattr(composer, "STAT", tmp_path / "nowhere")
    assert started_at() is None


@pytest.mark.skipif(not composer.STAT.exists(), reason="only Linux says when a process began")
def test_a_process_knows_when_it_began() -> None:
    before = time.time()
    said = "import time; time.sleep(0.3); from flows.build.composer import started_at; print(started_at())"
    answer = subprocess.run([sys.executable, "-c", said], check=True, stdout=subprocess.PIPE, cwd=ROOT)
    assert before - 1.1 < float(answer.stdout) < before + 0.3


def test_every_library_that_composing_can_use_is_in_the_digest() -> None:
    names = {"markdown_it": "markdown-it-py", "yaml": "PyYAML", "pydantic_core": "pydantic-core"}
    packages = {"merge", "enrich", "passport", "lifecycle", "rules", "texts", "markdown", "formats"}
    paths = [
        path for path in modules("schemas", "pipelines") if path.parts[0] == "schemas" or path.parts[1] in packages
    ]
    used = {name.partition(".")[0] for path in paths for name in imported(path)} - STANDARD_OR_OURS
    assert {names.get(name, name) for name in used} <= set(composer.READ_WITH)
