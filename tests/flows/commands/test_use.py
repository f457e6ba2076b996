import json
import stat
from io import StringIO
from pathlib import Path

import pytest
import typer
from rich.console import Console

from flows.cli import app
from flows.commands import refresh as refreshing
from flows.commands import terminal
from flows.commands.terminal import VOLUME, Volume, bars
from flows.config.signing_key import default_key_file
from flows.progress import tell
from pipelines.signing.keys import signing_key_from_jwk
from tests.support.cli import Terminal
from tests.support.runs import SEED, files


@pytest.mark.parametrize(
    "command",
    [(), ("demo",), ("refresh",), ("rescrape",), ("verify",), ("status",), ("show",), ("keys",), ("keys", "init")],
    ids=" ".join,
)
def test_every_command_explains_itself(command: tuple[str, ...], passports: Terminal) -> None:
    ended, short = passports(*command, "--help"), passports(*command, "-h")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == short.out
    assert f"passports {' '.join(command)}".strip() in ended.out
    assert "Usage" in ended.out


def test_the_help_names_every_command_and_exit_status(passports: Terminal) -> None:
    out = " ".join(passports("--help").out.split())
    assert all(f" {command} " in out for command in ("demo", "refresh", "rescrape", "verify", "status", "show", "keys"))
    assert "0 done, 1 failed or negative" in out


@pytest.mark.parametrize(
    "command", [("verfy",), ("verify", "--stoer", "x"), ("show",), ("rescrape",), ("status", "x"), ("keys", "x")]
)
def test_what_cannot_be_understood_is_bad_use(command: tuple[str, ...], passports: Terminal) -> None:
    ended = passports(*command)
    assert (ended.status, ended.out) == (2, "")
    assert "Usage" in ended.err


@pytest.mark.parametrize(
    "setting",
    [
        ("PASSPORTS_SOURCES", "nowhere"),
        ("PASSPORTS_BASE_URL", "unfragile.ai"),
        ("PASSPORTS_ISSUER", "Not A Name"),
        ("PASSPORTS_GATES_FILE", "/nowhere/gates.toml"),
        ("SOURCE_DATE_EPOCH", "yesterday"),
    ],
    ids=lambda setting: setting[0],
)
@pytest.mark.parametrize("command", [("status",), ("refresh",), ("rescrape", "a/b")], ids=" ".join)
def test_a_bad_setting_is_bad_use_and_named_at_once(
    setting: tuple[str, str],
    command: tuple[str, ...],
    store: Path,
    passports: Terminal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(*setting)
    ended = passports(*command, "--store", store)
    assert (ended.status, ended.out) == (2, "")
    assert setting[0] in ended.err
    assert "Traceback" not in ended.err


def test_a_source_that_is_none_is_bad_use(store: Path, passports: Terminal) -> None:
    ended = passports("refresh", "--source", "nowhere", "--store", store)
    assert (ended.status, ended.out) == (2, "")
    assert "unknown source: nowhere; choose from openrouter" in ended.err


def test_a_key_is_made_once_and_shown_by_its_public_half(passports: Terminal) -> None:
    ended = passports("keys", "init")
    assert ended.status == 0
    path = default_key_file()
    private = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert str(path) in ended.out
    assert signing_key_from_jwk(private).key_id in ended.out
    assert json.loads(private)["d"] not in ended.out + ended.err
    again = passports("keys", "init")
    assert (again.status, again.out) == (1, "")
    assert "exists already: a key is never overwritten" in again.err
    assert path.read_text() == private


def test_a_key_is_made_where_it_is_wanted_and_printed_in_json(
    tmp_path: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_option, by_setting = tmp_path / "option.jwk", tmp_path / "setting.jwk"
    monkeypatch.setenv("PASSPORTS_SIGNING_KEY_FILE", str(by_setting))
    reported = passports("keys", "init", "--file", by_option, "--json").json()
    assert reported["file"] == str(by_option)
    assert reported["public_key"]["kid"] == signing_key_from_jwk(by_option.read_text()).key_id
    assert "d" not in reported["public_key"]
    assert passports("keys", "init").status == 0
    assert by_setting.exists()
    assert not default_key_file().exists()


@pytest.mark.parametrize("command", [("demo",), ("refresh",)])
def test_a_store_of_another_key_is_refused_before_anything_starts(
    command: tuple[str, ...], store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PASSPORTS_SIGNING_KEY_FILE")
    before = files(store)
    ended = passports(*command, "--store", store)
    assert (ended.status, ended.out) == (1, "")
    assert "registry/timestamp.json cannot be trusted" in ended.err
    own = "set PASSPORTS_SIGNING_KEY_FILE to that key or choose another --store"
    assert (own if command == ("refresh",) else "the demo signs with its own key") in ended.err
    assert files(store) == before


def test_a_key_that_others_can_read_stops_a_run_before_it_starts(store: Path, passports: Terminal) -> None:
    (store.parent / "signing-key.jwk").chmod(0o644)
    ended = passports("refresh", "--store", store)
    assert (ended.status, ended.out) == (2, "")
    assert "chmod 600" in ended.err


@pytest.mark.parametrize("slug", ["qwen-qwq-23b", "nobody"])
def test_a_rescrape_of_an_unknown_slug_is_refused_before_it_starts(slug: str, store: Path, passports: Terminal) -> None:
    ended = passports("rescrape", slug, "--store", store)
    assert (ended.status, ended.out) == (1, "")
    assert f"no passport has the slug '{slug}'" in ended.err
    assert ("nearest: qwen-qwq-32b" in ended.err) == (slug != "nobody")


def test_no_error_shows_the_key(store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    private = json.loads((store.parent / "signing-key.jwk").read_text())
    monkeypatch.setenv("PASSPORTS_SIGNING_KEY", json.dumps(private)[:-1])
    for command in (("refresh",), ("status",), ("verify", "--all"), ("rescrape", "a/b"), ("show", "qwen-qwq-32b")):
        ended = passports(*command, "--store", store)
        assert ended.status == 2
        assert ended.err.startswith("error: PASSPORTS_SIGNING_KEY: ")
        assert private["d"] not in ended.err
        assert SEED.hex() not in ended.err


def test_an_interrupted_command_says_what_stays(passports: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(refreshing, "refresh", interrupted)
    ended = passports("refresh")
    assert (ended.status, ended.out) == (130, "")
    assert ended.err.strip() == "error: interrupted: the store still serves the last complete publication"


def test_progress_is_a_line_a_stage_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with terminal.watched():
        for done in range(3):
            tell("build", done, 2)
        tell("crawl openrouter", 5, None)
        for step in ("objects", "copies", "done"):
            tell(f"publish: {step}", 1, 1)
        tell("merge", 1, 1)
        tell("crawl modelsdev", 1, 1)
    assert capsys.readouterr().err == "build: 2 passports\npublish: done\ncrawl modelsdev: 1 listing\n"


def test_verbose_shows_every_step_with_its_time_and_quiet_none(capsys: pytest.CaptureFixture[str]) -> None:
    for volume, lines in ((Volume.VERBOSE, 2), (Volume.QUIET, 0)):
        token = VOLUME.set(volume)
        with terminal.watched():
            tell("publish: objects", 7, 7)
            tell("publish: done", 1, 1)
        VOLUME.reset(token)
        err = capsys.readouterr().err
        assert (err.count("\n"), " publish: objects: 7\n" in err) == (lines, lines == 2)


def test_a_log_has_a_line_a_stage_with_its_count_as_a_field(caplog: pytest.LogCaptureFixture) -> None:
    for done in (0, 1_500, 2_000):
        tell("build", done, 2_000)
    tell("merge", 0, None)
    (line,) = [record for record in caplog.records if record.name == "passports"]
    assert (line.getMessage(), line.levelname) == ("build: 2,000 passports", "INFO")
    assert (line.__dict__["stage"], line.__dict__["count"]) == ("build", 2_000)


def test_progress_is_bars_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    console = Console(file=StringIO(), force_terminal=True, width=100)
    with bars(console) as watch:
        watch("crawl openrouter", 0, None)
        watch("crawl openrouter", 1200, 1200)
        watch("build", 1, 2)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "1200/1200" in shown
    assert "1/2" in shown


def test_each_command_that_reads_by_a_pinned_key_reads_by_a_pinned_root_too() -> None:
    whole = typer.main.get_group(app).commands
    commands = [*whole.values(), *(one for group in whole.values() for one in getattr(group, "commands", {}).values())]
    found = {str(one.name): {parameter.name for parameter in one.params} for one in commands}
    reading = {name for name, parameters in found.items() if "key" in parameters}
    assert {"serve", "mcp", "verify", "show"} <= reading
    assert [name for name in sorted(reading) if "root" not in found[name]] == []
