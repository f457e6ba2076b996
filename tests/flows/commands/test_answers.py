"""What commands answer with --json is what docs/json/ says, and an error is an answer too."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typer.main
from jsonschema import Draft202012Validator

from flows.cli import app
from flows.commands.run import answer
from tests.support.answers import ANSWERS, FOLDER, schemas, written
from tests.support.cli import Terminal
from tests.support.runs import NOON, Record, edited, refresh

QWEN = "qwen-qwq-32b"


def is_as_promised(command: str, found: Any) -> None:
    schema = json.loads((FOLDER / f"{command.replace(' ', '-')}.schema.json").read_text("utf-8"))
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(found)


@pytest.fixture
def later(store: Path, records: list[Record], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A second generation, in which one model has another context length."""
    at = NOON + timedelta(hours=1)
    refresh(store, edited(records, "qwen/qwq-32b", context_length=65_536), at=at)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(at.timestamp())))
    return store


def test_the_schemas_in_docs_are_those_of_the_code() -> None:
    assert {path.name: path.read_text("utf-8") for path in FOLDER.iterdir()} == {
        name: written(schema) for name, schema in schemas().items()
    }, "run: python -m tests.support.answers"
    for schema in schemas().values():
        Draft202012Validator.check_schema(schema)


def commands(group: Any, before: str = "") -> list[tuple[str, Any]]:
    """Return the name of each command, "store gc", with the command."""
    found = []
    for name, command in group.commands.items():
        found += commands(command, f"{name} ") if hasattr(command, "commands") else [(f"{before}{name}", command)]
    return found


EVERY = commands(typer.main.get_command(app))


def test_every_command_that_answers_in_json_has_a_schema_and_a_line_in_the_page() -> None:
    page = (FOLDER.parent / "commands.md").read_text("utf-8")
    answering = {name for name, command in EVERY if any("--json" in option.opts for option in command.params)}
    assert answering == ANSWERS.keys() | {"show"}
    assert [name for name in answering if f"| `{name}` |" not in page] == []


def test_every_help_has_examples_of_its_own_command() -> None:
    for name, command in EVERY:
        lines = [line.strip() for line in command.epilog.split("\n\n")]
        assert lines[0] in {"Example:", "Examples:"}
        assert all(f"passports {name}" in line for line in lines[1:])


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify", "--all"),
        ("verify", QWEN, "nobody", "/nowhere"),
        ("list",),
        ("status",),
        ("status", "--at", "2026-08-01T00:00:00Z"),
        ("diff", QWEN),
        ("log", "show"),
        ("log", "checkpoint"),
        ("store", "gc"),
        ("store", "scrub"),
        ("store", "repair"),
    ],
    ids=" ".join,
)
def test_an_answer_is_as_promised(arguments: tuple[str, ...], later: Path, passports: Terminal) -> None:
    command = " ".join(arguments[:2] if arguments[0] in {"store", "log"} else arguments[:1])
    is_as_promised(command, passports(*arguments, "--store", later, "--json").json())


def test_the_answers_of_what_writes_are_as_promised(
    later: Path, tmp_path: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_as_promised("publish", passports("publish", "--store", later, "--to", tmp_path / "b", "--json").json())
    is_as_promised("keys init", passports("keys", "init", "--file", tmp_path / "k.jwk", "--json").json())
    key, draft = tmp_path / "offline" / "root.jwk", tmp_path / "next.json"
    for command, *options in (
        ("keys list",), ("keys init", "--root-key", key), ("keys list",),
        ("keys rotate", "registry", "--new-key", tmp_path / "registry.jwk", "--out", draft),
        ("revoke", QWEN, "--reason", "Wrong."),
    ):  # fmt: skip
        done = passports(*command.split(), *options, "--store", later, "--json")
        is_as_promised(command, done.json())
    is_as_promised("keys sign", passports("keys", "sign", draft, "--root-key", key, "--json").json())
    is_as_promised("keys apply", passports("keys", "apply", draft, "--store", later, "--json").json())
    named = passports("keys", "list", "--store", later, "--json").json()["keys"][-1]["key"]
    ended = passports(
        "keys", "revoke", "--last-good", 2, "--out", tmp_path / "r", "--store", later, "--json", "--", named
    )
    is_as_promised("keys revoke", ended.json())
    monkeypatch.setenv("PASSPORTS_OPENROUTER_URL", "http://127.0.0.1:9")
    is_as_promised("doctor", passports("doctor", "--store", later, "--json").json())


def test_the_answer_of_a_run_is_as_promised(later: Path, records: list[Record]) -> None:
    done = refresh(later, records, at=NOON + timedelta(hours=2))
    is_as_promised("refresh", json.loads(json.dumps(answer(done.report, done.published))))


@pytest.fixture
def store_by_setting(store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The published store, named by the environment."""
    monkeypatch.setenv("PASSPORTS_STORE", str(store))
    return store


@pytest.mark.parametrize(
    ("arguments", "status", "stated"),
    [
        (("show", "nobody"), 1, "no passport has the slug 'nobody'"),
        (("status", "--at", "noon"), 2, "--at: "),
        (("status", "--colour"), 2, "No such option: --colour"),
        (("verfy",), 2, "No such command 'verfy'"),
        (("show",), 2, "Missing argument 'slug'"),
        (("list", "-q", "-v"), 2, "give either --quiet or --verbose"),
        (("list", "--columns", "slug,nothing"), 2, "--columns: there is no 'nothing'; choose from slug"),
        (("list", "--age", "old"), 2, "--age: there is no 'old'; choose from fresh"),
        (("refresh", "--source", "nope"), 2, "--source: unknown source"),
        (("publish", "--to", "ftp://a/b"), 2, "unknown kind of store ftp://"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_an_error_is_an_answer_too(
    arguments: tuple[str, ...], status: int, stated: str, store_by_setting: Path, passports: Terminal
) -> None:
    assert store_by_setting.is_dir()
    ended = passports(*arguments, "--json")
    is_as_promised("error", ended.json())
    assert (ended.status, ended.json()["error"]["exit_status"]) == (status, status)
    assert stated in ended.json()["error"]["message"]
    assert ended.err.startswith("error: ")


def test_passports_are_listed_filtered_sorted_and_cut(later: Path, passports: Terminal) -> None:
    whole = passports("list", "--store", later)
    header, *lines = whole.out.splitlines()
    assert (whole.status, header.split(), len(lines)) == (0, ["slug", "status", "age", "last_scraped_at"], 22)
    assert [line.split()[0] for line in lines] == sorted(line.split()[0] for line in lines)
    assert all(line == line.rstrip() for line in whole.out.splitlines())
    assert "22 shown, 22 found, of 22 passports" in whole.err
    ended = passports("list", "QwQ", "--store", later, "--columns", "listing_id,generation", "-q")
    assert (ended.out.split(), ended.err) == (["listing_id", "generation", "qwen/qwq-32b", "2"], "")
    newest = passports("list", "--store", later, "--sort", "-generation", "--limit", 1, "--json").json()
    assert (newest["found"], [one["slug"] for one in newest["passports"]]) == (22, [QWEN])
    deprecated = passports("list", "--store", later, "--status", "deprecated", "--json").json()["passports"]
    assert deprecated
    assert {one["status"] for one in deprecated} == {"deprecated"}
    nothing = passports("list", "zzz", "--store", later)
    assert (nothing.status, nothing.out) == (0, "")


def test_a_slug_is_not_broken_however_narrow_the_terminal(
    store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(NOON.timestamp())))
    monkeypatch.setattr("flows.commands.terminal.OUT._width", 80)
    listed = passports("list", "--store", store, "--json").json()["passports"]
    shown = passports("list", "--store", store).out
    assert all(f"{one['slug']} " in shown for one in listed)
    assert max(map(len, shown.splitlines())) <= 80
    status = passports("status", "--store", store, "--at", "2026-05-30T00:00:00Z").out
    assert all(f"{one['slug']} " in status for one in listed)
    assert max(map(len, status.splitlines())) <= 80
    assert all(line == line.rstrip() for line in status.splitlines())


def test_a_variable_that_is_no_setting_is_warned_of_with_the_nearest_name(
    store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSPORTS_STROE", "elsewhere")
    monkeypatch.setenv("PASSPORTS_XYZZY", "1")
    ended = passports("list", "--store", store)
    assert "PASSPORTS_STROE is no setting, so it has no effect: did you mean PASSPORTS_STORE?\n" in ended.err
    assert "PASSPORTS_XYZZY is no setting, so it has no effect\n" in ended.err
    assert "PASSPORTS_STROE" not in passports("list", "--store", store, "--quiet").err


def test_the_version_is_that_of_the_package(passports: Terminal) -> None:
    ended = passports("--version")
    assert (ended.status, ended.out.split()[0], ended.err) == (0, "passports", "")


def test_a_shell_completes_the_commands(passports: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer.completion._get_shell_name", lambda: "bash")  # from which shell tests run is not known
    ended = passports("--show-completion")
    assert (ended.status, "_passports_completion" in ended.out) == (0, True)
