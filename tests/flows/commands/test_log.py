"""`passports log` shows what was issued, follows a registry, and ends where its log is not one that only grew."""

import base64
import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from flows.audit.opened import TrustOptions
from flows.commands.log.watch import watch
from pipelines.log.checkpoint import verifier_key
from pipelines.registry import layout
from tests.flows.commands.test_verify import QWEN
from tests.support.cli import Terminal
from tests.support.runs import NOON, SIGNER, Record, edited, reader, refresh


class EnoughError(Exception):
    """Ends a watch, which has no end of its own."""


def publish_again(store: Path, records: list[Record]) -> None:
    refresh(store, edited(records, "qwen/qwq-32b", context_length=65_536), at=NOON + timedelta(hours=1))


def watched(
    store: Path, capsys: pytest.CaptureFixture[str], *between: Callable[[], object], start: int | None = None
) -> list[str]:
    """Return the lines of a watch with `between` done while it waits, one thing at a time."""
    steps = iter(between)

    def wait(_: float) -> None:
        try:
            step = next(steps)
        except StopIteration:
            raise EnoughError from None
        step()

    with pytest.raises((EnoughError, SystemExit)):
        watch(str(store), TrustOptions(), start=start, interval_s=1, as_json=False, wait=wait)
    return capsys.readouterr().out.splitlines()


def test_every_issue_is_a_line(store: Path, passports: Terminal) -> None:
    ended = passports("log", "show", "--store", store)
    lines = ended.out.splitlines()
    assert (ended.status, len(lines)) == (0, 22)
    (own,) = [line for line in lines if f" issued {QWEN} " in line]
    assert "generation 1" in own
    assert "first seen, active" in own
    assert "22 of 22 entries, each proved" in ended.err
    assert passports("log", "show", "--from", 20, "--store", store).out.splitlines() == lines[20:]


def test_entries_are_shown_from_a_time_on(store: Path, records: list[Record], passports: Terminal) -> None:
    publish_again(store, records)
    shown = passports("log", "show", "--since", "2027-01-01T00:00:00Z", "--store", store, "--json").json()
    assert (shown["entries"], shown["size"] >= 22) == ([], True)
    every = passports("log", "show", "--since", "2020-01-01T00:00:00Z", "--store", store, "--json").json()
    assert [entry["index"] for entry in every["entries"]] == list(range(every["size"]))
    ended = passports("log", "show", "--since", "yesterday", "--store", store)
    assert (ended.status, "--since" in ended.err) == (2, True)
    ended = passports("log", "show", "--since", "2020-01-01T00:00:00Z", "--from", 3, "--store", store)
    assert (ended.status, "either --from or --since" in ended.err) == (2, True)


def test_entries_that_are_not_proved_are_not_shown(store: Path, passports: Terminal) -> None:
    (tile,) = (store / "registry/log/tile/0").rglob("22")
    tile.write_bytes(bytes(32 * 22))
    ended = passports("log", "show", "--store", store)
    assert (ended.status, ended.out) == (1, "")
    assert "does not lead to the log" in ended.err


def test_the_checkpoint_is_shown_with_its_key(store: Path, passports: Terminal) -> None:
    ended = passports("log", "checkpoint", "--store", store)
    stored = (store / layout.log_key("checkpoint")).read_text()
    assert ended.out == stored
    origin, size, root, *_ = stored.split("\n")
    assert f"verify it with the key {verifier_key(origin, SIGNER.public_key)}" in ended.err
    answer = passports("log", "checkpoint", "--store", store, "--json").json()
    assert (answer["note"], answer["size"]) == (stored, int(size))
    assert answer["root"] == base64.b64decode(root).hex()


@pytest.mark.parametrize("spoil", ["key", "root", "form"])
def test_another_checkpoint_is_refused(spoil: str, store: Path, passports: Terminal) -> None:
    file = store / layout.log_key("checkpoint")
    text = file.read_text()
    changed = {"key": text.replace("\n22\n", "\n21\n"), "root": text[:-10] + "AAAAAAAA=\n", "form": "none"}[spoil]
    file.write_text(changed)
    ended = passports("log", "checkpoint", "--store", store)
    assert (ended.status, ended.out) == (1, "")
    assert "registry/log/checkpoint" in ended.err


def test_a_watch_shows_what_is_issued_after_it_began(
    store: Path, records: list[Record], capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(watched(store, capsys, start=20)) == 2
    lines = watched(store, capsys, lambda: None, lambda: publish_again(store, records))
    assert lines
    assert all(" generation 2 issued " in line for line in lines)


def test_a_watch_ends_when_the_log_went_back(
    store: Path, tmp_path: Path, records: list[Record], capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(store, tmp_path / "before")
    publish_again(store, records)

    def put_back() -> None:
        shutil.rmtree(store)
        shutil.copytree(tmp_path / "before", store)

    def never() -> None:
        raise AssertionError("the watch went on")

    watched(store, capsys, put_back, never)


def test_a_watch_asks_again_where_the_store_is_away(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def away() -> None:
        (store / "registry").rename(tmp_path / "away")
        (store / "registry").write_text("")

    def back() -> None:
        (store / "registry").unlink()
        (tmp_path / "away").rename(store / "registry")

    assert watched(store, capsys, away, back, lambda: None) == []


def test_a_log_in_json_is_a_line_an_entry(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def enough(_: float) -> None:
        raise EnoughError

    with pytest.raises(EnoughError):
        watch(str(store), TrustOptions(), start=19, interval_s=1, as_json=True, wait=enough)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["index"] for line in lines] == [19, 20, 21]
    assert {row.log_index: row.object for row in reader(store).rows()}[19] == lines[0]["object"]
