"""Every passport gets its own answer, whatever somebody put in the place of a file of the store."""

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.audit.verification import OpenedRegistry, judged_all
from flows.store.base import StoreUnavailableError
from flows.store.local import LocalStore
from pipelines.registry.layout import object_key, shard_key
from tests.support.cli import Terminal
from tests.support.runs import NOON, reader

QWEN = "qwen-qwq-32b"
AT = ("--at", NOON.isoformat().replace("+00:00", "Z"))


def as_link(path: Path) -> None:
    shutil.move(path, path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def as_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def as_socket(path: Path) -> None:
    path.unlink()
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("bound")  # a socket is bound to a hundred characters at most
    Path("bound").rename(path)


def as_large_file(path: Path) -> None:
    path.write_bytes(b" " * 2_000_000)


SPOILERS = [as_link, as_pipe, as_folder, as_socket, as_large_file]
Spoil = Callable[[Path], None]


@pytest.mark.parametrize("spoil", SPOILERS)
@pytest.mark.parametrize("what", ["copy", "object"])
def test_one_file_that_cannot_be_read_is_one_answer(
    what: str, spoil: Spoil, store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(store)
    row = reader(store).row(QWEN)
    assert row is not None
    key = f"api/v1/passport/{QWEN}" if what == "copy" else object_key(row.object)
    spoil(store / key)
    ended = passports("verify", "--all", "--store", store, *AT, "--json")
    (bad,) = [found for found in ended.json()["findings"] if found["verdict"] != "ok"]
    assert (ended.status, ended.json()["verified"], bad["target"], bad["verdict"]) == (1, 21, QWEN, "unreadable")
    assert key in bad["reason"]
    assert bad["reason"].startswith("the copy cannot be read: ") == (what == "copy")
    named = passports("verify", QWEN, "google-gemini-2.0-flash-001", "--store", store, *AT, "--json")
    verdicts = [found["verdict"] for found in named.json()["findings"]]
    assert verdicts == ["unreadable", "ok"], "as with --all"


@pytest.mark.parametrize("spoil", [*SPOILERS, Path.unlink])
def test_a_shard_that_cannot_be_read_is_one_answer(
    spoil: Spoil, store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(store)
    (ref,) = reader(store).snapshot.shards
    spoil(store / shard_key(ref.sha256))
    ended = passports("verify", "--all", "--store", store, *AT, "--json")
    (bad,) = ended.json()["findings"]
    assert (ended.status, bad["target"]) == (1, shard_key(ref.sha256))
    assert bad["verdict"] == ("not_in_snapshot" if spoil is as_large_file else "unreadable")
    assert "the passports that it lists (22) cannot be verified" in bad["reason"]


@pytest.mark.parametrize("spoil", [*SPOILERS, Path.unlink])
def test_records_that_cannot_be_read_are_an_answer_for_each_passport(
    spoil: Spoil, store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(store)
    (endpoints,) = (store / "registry/sources/openrouter-endpoints").iterdir()
    spoil(endpoints)
    ended = passports("verify", "--all", "--evidence", "--store", store, *AT, "--json")
    verdicts = {found["verdict"] for found in ended.json()["findings"]}
    assert (ended.status, len(ended.json()["findings"])) == (1, 22)
    assert verdicts == {"evidence_mismatch" if spoil is as_large_file else "unreadable"}


def test_a_store_that_goes_away_is_no_answer_for_each_passport(store: Path) -> None:
    registry = OpenedRegistry(LocalStore(store), reader(store))
    answers = judged_all(registry)
    assert next(answers).finding.verdict == "ok"
    shutil.rmtree(store)
    store.write_text("")
    with pytest.raises(StoreUnavailableError, match="where a folder must be"):
        list(answers)
