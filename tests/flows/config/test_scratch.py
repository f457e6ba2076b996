"""Temporary folders: none is left of a process that ended, or that was killed once another one makes one."""

import ast
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flows.config import scratch
from flows.config.scratch import PREFIX, ScratchFolder, clear_left
from tests.support.house import modules, nodes

HOLD = """
import sys
from flows.config.scratch import ScratchFolder
held = ScratchFolder()
(held.path / "file").write_text("work")
print(held.path, flush=True)
sys.stdin.read()
"""
LEAVE = """
import os
import sys
from flows import cli, entry
from flows.config.scratch import ScratchFolder
held = []

def work():
    held.append(ScratchFolder())
    (held[0].path / "file").write_text("work")
    child = os.fork()
    if child == 0:
        entry.main()
    os.waitpid(child, 0)
    assert held[0].path.exists()
    raise SystemExit(143)

cli.main = lambda: sys.exit(143) if held else work()
entry.main()
"""
"""Leaves as the program does when it is asked to end; a process that it has forked leaves so before it."""
MAKERS = {"mkdtemp", "mkstemp", "NamedTemporaryFile", "TemporaryDirectory", "TemporaryFile", "SpooledTemporaryFile"}


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    scratch._clear_once.cache_clear()
    return tmp_path


@contextmanager
def elsewhere() -> Iterator[tuple["subprocess.Popen[str]", Path]]:
    """Give a process that has a folder, until it is ended, and the folder."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())


def test_a_folder_is_there_until_it_is_closed(root: Path) -> None:
    with ScratchFolder() as made:
        (made.path / "file").write_text("work")
        assert [made.path] == list(root.iterdir())
    made.close()
    assert not list(root.iterdir())


def test_a_process_that_is_asked_to_end_leaves_no_folder_and_removes_no_others(root: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", LEAVE], check=False, stderr=subprocess.PIPE)
    assert (ended.returncode, ended.stderr) == (143, b"")
    assert not list(root.iterdir())


def test_a_folder_goes_with_what_uses_it(root: Path) -> None:
    assert ScratchFolder().path.parent == root
    assert not list(root.iterdir())


def test_a_process_that_ends_leaves_none(root: Path) -> None:
    with elsewhere() as (process, folder):
        assert folder.is_dir()
        process.communicate("", timeout=60)
    assert not list(root.iterdir())


def test_of_a_killed_process_the_next_one_removes_what_it_left_and_nothing_else(root: Path) -> None:
    with elsewhere() as (killed, left), elsewhere() as (_, live):
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        others = root / "passports-registry"
        others.mkdir()
        with ScratchFolder() as own:
            assert set(root.iterdir()) == {others, live, own.path}
        assert left != live


def test_a_link_that_is_named_like_a_folder_of_ours_is_not_followed(tmp_path: Path) -> None:
    retained = tmp_path / "outside"
    retained.mkdir()
    (retained / "file").write_text("mine")
    root = tmp_path / "root"
    root.mkdir()
    (root / f"{PREFIX}link").symlink_to(retained)
    clear_left(root, PREFIX)
    assert (retained / "file").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of another user")
def test_the_folder_of_another_user_stays(root: Path) -> None:
    other = root / f"{PREFIX}other"
    other.mkdir()
    os.chown(other, 12345, 12345)
    clear_left(root, PREFIX)
    assert other.is_dir()


def test_no_module_makes_temporary_files_that_nobody_would_remove() -> None:
    made = [
        f"{path}:{node.lineno}"
        for path in modules("flows", "spiders", "pipelines")
        for node in nodes(path)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in MAKERS
        and not any(word.arg == "dir" for word in node.keywords)
    ]
    assert made == []
