"""Every fault at every command: each ends by itself with a documented exit status and a sentence, never a traceback."""

import contextlib
import os
import random
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import typer

from flows.cli import app
from flows.demo import recording
from tests.support.cli import Terminal
from tests.support.prefect_server import PASSPORTS, below, command_line, surroundings
from tests.support.runs import files, playing
from tests.support.waiting import LIMIT_S, until

QWEN = "qwen-qwq-32b"
COMMANDS: dict[str, tuple[str, ...]] = {
    "demo": (),
    "refresh": (),
    "rescrape": (QWEN,),
    "publish": ("--to", "mirror"),
    "doctor": (),
    "schedule": (),
    "serve": ("--port", "0"),
    "mcp": (),
    "verify": ("--all",),
    "list": (),
    "status": (),
    "show": (QWEN,),
    "diff": (QWEN,),
    "revoke": (QWEN, "--reason", "It was misread."),
    "store gc": (),
    "store scrub": (),
    "store repair": (),
    "store forget": (),
    "log show": (),
    "log watch": ("--interval", "600"),
    "log checkpoint": (),
    "keys init": ("--file", "new.jwk"),
    "keys list": (),
    "keys rotate": ("passports", "--new-key", "next.jwk", "--out", "root.json"),
    "keys revoke": ("A" * 43, "--last-good", "1", "--out", "root.json"),
    "keys sign": ("root.json", "--root-key", "root.jwk"),
    "keys apply": ("root.json",),
    "keys export": (),
}
"""Command → arguments that are right, but for what the fault spoils."""
LASTING = {"serve", "schedule", "log watch"}
"""Commands that go on until they are ended."""
OFTEN = {"rescrape", "publish", "verify", "revoke", "keys rotate"}
"""Commands that the slow tests throw the faults at; `make faults` throws them at all."""
STATUSES = {0, 1, 2, 130, 141, 143, -signal.SIGINT, -signal.SIGTERM}
"""docs/commands.md; a signal before Python has begun ends it by that signal."""
ENDED_S = 5.0


def named() -> Iterator[str]:
    """Yield the names of all commands, those of groups with the group's."""

    def walk(group: typer.core.TyperGroup, before: tuple[str, ...]) -> Iterator[str]:
        for name, command in group.commands.items():
            if isinstance(command, typer.core.TyperGroup):
                yield from walk(command, (*before, name))
            else:
                yield " ".join((*before, name))

    whole = typer.main.get_command(app)
    assert isinstance(whole, typer.core.TyperGroup)
    yield from walk(whole, ())


def test_every_command_is_in_the_table() -> None:
    assert set(named()) == set(COMMANDS)


class Wrong(NamedTuple):
    """A variable of the environment that is wrong."""

    variable: str
    value: str


WRONG = [
    Wrong("PASSPORTS_STORE", "/dev/null/store"),
    Wrong("PASSPORTS_STORE", "/etc/passwd"),
    Wrong("PASSPORTS_STORE", "s3://"),
    Wrong("PASSPORTS_STORE", "http://127.0.0.1:9/"),
    Wrong("PASSPORTS_SIGNING_KEY_FILE", "/etc"),
    Wrong("PASSPORTS_SIGNING_KEY_FILE", "/etc/passwd"),
    Wrong("PASSPORTS_SIGNING_KEY", "{}"),
    Wrong("PASSPORTS_BASE_URL", "unfragile"),
    Wrong("PASSPORTS_SOURCES", "nowhere"),
    Wrong("PASSPORTS_GATES_FILE", "/etc"),
    Wrong("PASSPORTS_ROOT", "/etc"),
    Wrong("SOURCE_DATE_EPOCH", "soon"),
]


@pytest.mark.slow
@pytest.mark.parametrize("wrong", WRONG, ids="=".join)
def test_a_wrong_setting_is_answered_by_each_command(
    wrong: Wrong, store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(store.parent)
    monkeypatch.setenv("PASSPORTS_STORE", str(store))
    monkeypatch.setenv(*wrong)
    before = files(store)
    for name, arguments in COMMANDS.items():
        if name in {"demo", "refresh", "rescrape", *LASTING, "mcp"}:
            continue  # these may do their work: below, each in a process of its own
        ended = passports(*name.split(), *arguments)
        assert ended.status in {0, 1, 2}, (name, ended)
        if ended.status and not ended.out:
            last = ended.err.splitlines()[-1]
            assert last.startswith(("error: ", "╰")), (name, ended.err)
    assert files(store).keys() >= {key for key in before if key.startswith("registry/objects/")}


class Fault(NamedTuple):
    """What is wrong with a process's surroundings."""

    settings: dict[str, str]
    around: str | None = None
    """The command line around the program, "$@"; None for the program alone."""
    prepare: Callable[[], None] | None = None
    sent: signal.Signals | None = None


def _small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**14, 2**14))


FAULTS = {
    "missing store": Fault({"PASSPORTS_STORE": "/proc/none/store"}),
    "unreadable key": Fault({"PASSPORTS_SIGNING_KEY_FILE": "/etc"}),
    "dead network": Fault({"PASSPORTS_OPENROUTER_URL": "http://127.0.0.1:9"}),
    "full disk": Fault({}, prepare=_small_files),
    "full output": Fault({}, around='"$@" > /dev/full'),
    "closed output": Fault({}, around='"$@" >&-'),
    "reader gone": Fault({}, around='"$@" | true'),
    "bad setting": Fault({"PASSPORTS_CRAWL_TIME_LIMIT_S": "soon"}),
    "interrupt": Fault({}, sent=signal.SIGINT),
    "termination": Fault({}, sent=signal.SIGTERM),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in OFTEN else pytest.mark.table) for name in COMMANDS]
)
def test_a_fault_of_the_surroundings_ends_a_command_in_order(name: str, fault: str, store: Path) -> None:
    what, work = FAULTS[fault], store.parent / "work"
    program = [*PASSPORTS, *name.split(), *COMMANDS[name]]
    with playing(recording.models()) as url:
        settings = {"PASSPORTS_STORE": str(store), "PASSPORTS_SOURCES": "openrouter", "PASSPORTS_OPENROUTER_URL": url}
        environment = surroundings(store.parent / "home", PASSPORTS_WORK=str(work), **settings | what.settings)
        with subprocess.Popen(
            program if what.around is None else ["bash", "-c", what.around, "bash", *program],
            cwd=store.parent,
            env=environment,
            preexec_fn=what.prepare,  # noqa: PLW1509 - it only sets a limit
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            started = end_at_a_moment(process, name, what.sent) if what.sent or name in LASTING else []
            out, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode in STATUSES, (out, err)
    assert "Traceback" not in err or (what.sent and "in main" not in err), (
        "Python itself answers before the program begins"
    )
    if what.sent:
        until(lambda: not any(map(lives, started)), limit_s=ENDED_S)
    assert not work.exists() or not list(work.glob("passports-run-*"))


def end_at_a_moment(process: "subprocess.Popen[str]", name: str, sent: signal.Signals | None) -> list[int]:
    """Send a signal to a command, without a given one to all of its processes; return those that it had started."""
    chance = random.Random(f"{name} {sent}")  # noqa: S311 - a moment, not a secret
    time.sleep(chance.uniform(0.0, 6.0))
    started = list(below(process.pid))
    for pid in [process.pid] if sent else [process.pid, *started]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sent or signal.SIGTERM)
    return started


def lives(pid: int) -> bool:
    return command_line(pid) not in ([], [b""])  # a zombie's command line is empty
