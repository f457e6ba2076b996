"""What was composed before is used only where nothing differs that it rests on, and never where it is damaged."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.build import substances
from flows.build.substances import StoredSubstances
from pipelines.passport.document import Substance

COMPOSER, INPUTS = "1" * 64, "2" * 64
SUBSTANCE = Substance("3" * 64, "4" * 64)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "composed" / ("0" * 16) / "1-0.json"
    stored = StoredSubstances(path, COMPOSER)
    stored.remember("heron", INPUTS, SUBSTANCE)
    stored.write(whole=True)
    return path


def found(path: Path, slug: str = "heron", inputs: str = INPUTS, composer: str = COMPOSER) -> Substance | None:
    return StoredSubstances(path, composer).find(slug, inputs)


def test_it_is_found_by_model_inputs_and_composer(path: Path) -> None:
    assert found(path) == SUBSTANCE
    assert found(path, slug="tern") is None
    assert found(path, inputs="5" * 64) is None
    assert found(path, composer="6" * 64) is None


def test_entries_are_added_replaced_and_those_of_another_composer_dropped(path: Path) -> None:
    other = Substance("7" * 64, "8" * 64)
    more = StoredSubstances(path, COMPOSER)
    more.remember("tern", INPUTS, other)
    more.write(whole=False)
    assert (found(path), found(path, "tern")) == (SUBSTANCE, other)
    anew = StoredSubstances(path, "6" * 64)
    anew.remember("heron", INPUTS, other)
    anew.write(whole=True)
    assert found(path, composer="6" * 64) == other
    assert (found(path), found(path, "tern")) == (None, None)


def test_entries_of_models_that_are_gone_are_dropped_where_the_whole_part_was_built(path: Path) -> None:
    for slug in ("gull", "tern"):
        stored = StoredSubstances(path, COMPOSER)
        stored.remember(slug, INPUTS, SUBSTANCE)
        stored.write(whole=False)
    again = StoredSubstances(path, COMPOSER)
    assert again.find("tern", INPUTS) == again.find("heron", INPUTS) == SUBSTANCE
    assert again.find("gull", "5" * 64) is None
    again.write(whole=True)
    assert (found(path), found(path, "tern"), found(path, "gull")) == (SUBSTANCE, SUBSTANCE, None)


def test_nothing_is_stored_where_other_code_was_installed_meanwhile(path: Path) -> None:
    stored = StoredSubstances(path, COMPOSER, lambda: False)
    stored.remember("tern", INPUTS, SUBSTANCE)
    stored.write(whole=True)
    assert (found(path), found(path, "tern")) == (SUBSTANCE, None)


def aged(path: Path, days: float) -> Path:
    """Make a file, or a folder with one in it, and date it back."""
    if not path.suffix:
        path.mkdir()
        aged(path / "1-0.json", days)
    else:
        path.write_bytes(b"")
    at = time.time() - days * 24 * 3600
    os.utime(path, (at, at))
    return path


def test_what_runs_have_left_and_no_run_uses_is_removed(path: Path) -> None:
    os.utime(path, (1, 1))
    folder, root = path.parent, path.parent.parent
    left = [aged(folder / name, 1.1) for name in ("16-0.json", "16-15.json", "1-0.json.0123abcd")]
    left.append(aged(root / ("a" * 16), 31))
    stays = [aged(folder / name, 0.9) for name in ("256-0.json", "1-0.json.fedc3210")]
    stays += [aged(folder / "other.json", 100), aged(root / ("b" * 16), 29), aged(root / "other", 100)]
    (root / ("c" * 16)).symlink_to(aged(root / "elsewhere", 100))
    mixed = aged(root / ("d" * 16), 31)
    aged(mixed / "not-ours.txt", 100)
    os.utime(mixed, (1, 1))
    stored = StoredSubstances(path, COMPOSER)
    assert stored.find("heron", INPUTS) == SUBSTANCE
    stored.write(whole=True)
    assert not any(one.exists() for one in left)
    assert all(one.exists() for one in (path, *stays, root / ("c" * 16) / "1-0.json", mixed / "not-ours.txt"))
    assert time.time() - folder.stat().st_mtime < 60


def test_nothing_is_written_where_nothing_is_new(path: Path) -> None:
    before = path.stat()
    stored = StoredSubstances(path, COMPOSER)
    assert stored.find("heron", INPUTS)
    stored.write(whole=True)
    assert path.stat() == before
    assert list(path.parent.iterdir()) == [path]


def test_only_its_owner_can_read_or_write_it(path: Path) -> None:
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def flipped(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[-5] ^= 1
    path.write_bytes(body)


def linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


SPOILT: dict[str, Callable[[Path], object]] = {
    "one bit differs": flipped,
    "it is cut off": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "it is empty": lambda path: path.write_bytes(b""),
    "others can write to it": lambda path: path.chmod(0o622),
    "others can write to its folder": lambda path: path.parent.chmod(0o722),
    "it is a link": linked,
    "it is a pipe": lambda path: (path.unlink(), os.mkfifo(path)),
    "it is gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_file_that_cannot_be_relied_on_is_not_used_and_is_begun_anew(path: Path, how: str) -> None:
    SPOILT[how](path)
    stored = StoredSubstances(path, COMPOSER)
    assert stored.find("heron", INPUTS) is None
    stored.remember("heron", INPUTS, SUBSTANCE)
    stored.write(whole=True)
    path.parent.chmod(0o700)
    assert found(path) == SUBSTANCE


def test_a_file_that_is_too_large_is_not_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(substances, "MOST_BYTES", path.stat().st_size - 1)
    assert found(path) is None


def test_where_nothing_can_be_written_it_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "composed").write_text("not a folder")
    stored = StoredSubstances(tmp_path / "composed" / "1-0.json", COMPOSER)
    stored.remember("heron", INPUTS, SUBSTANCE)
    stored.write(whole=True)
    assert (tmp_path / "composed").read_text() == "not a folder"
