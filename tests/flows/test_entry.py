"""How the program begins and ends: wrong surroundings, interrupts, output that nobody takes, and being killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.prefect_server import PASSPORTS, ROOT, below, command_line, surroundings
from tests.support.waiting import LIMIT_S, until

INTERRUPTED = "error: interrupted: the store still serves the last complete publication"
TERMINATED = "error: terminated: the store still serves the last complete publication"
AT_ONCE_S = 60
"""Generous for what takes less than a second on a free machine, and half of what an interrupt had to wait before."""


def ended(folder: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**surroundings(folder / "home"), **settings}
    return subprocess.run(
        [*PASSPORTS, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    [line] = done.stderr.splitlines()
    assert done.stdout == ""
    return line


@pytest.mark.parametrize("home", ["/dev/null/prefect", "file"])
@pytest.mark.parametrize(("command", "runner"), [("demo", "dask"), ("schedule", "threads")])
def test_a_home_that_prefect_cannot_use_is_reported_before_anything_is_done(
    command: str, runner: str, home: str, equipped: Path
) -> None:
    (equipped / "file").touch()
    done = ended(equipped, command, PREFECT_HOME=str(equipped / home), PASSPORTS_TASK_RUNNER=runner)
    assert done.returncode == 2
    assert one_sentence(done).startswith(f"error: Prefect's home {equipped / home} cannot be used (")
    assert one_sentence(done).endswith("): set PREFECT_HOME to a folder that you can write to")
    assert not (equipped / "public").exists()


@pytest.mark.parametrize("address", ["foo", "http://", "ftp://127.0.0.1/api", "http://127.0.0.1:port/api"])
def test_an_address_that_is_none_is_reported_before_anything_is_done(address: str, equipped: Path) -> None:
    for command in ("demo", "schedule"):
        done = ended(equipped, command, PREFECT_API_URL=address)
        assert done.returncode == 2
        reason = f"{address!r} is not the address of a Prefect server's API: write http://127.0.0.1:4200/api"
        assert one_sentence(done) == f"error: PREFECT_API_URL: {reason}"


@pytest.mark.parametrize(("name", "command"), [("PASSPORTS_WORK", "demo"), ("XDG_CACHE_HOME", "refresh")])
def test_a_file_in_the_place_of_a_folder_is_reported(name: str, command: str, equipped: Path) -> None:
    (equipped / "file").touch()
    done = ended(equipped, command, **{name: str(equipped / "file")})
    assert done.returncode == 2
    assert one_sentence(done).startswith(f"error: {equipped / 'file'}")
    assert f"set {name}" in one_sentence(done)


def test_an_answer_that_cannot_be_written_is_reported(store: Path) -> None:
    environment = surroundings(store.parent / "home", PASSPORTS_STORE=str(store))
    with Path("/dev/full").open("wb") as full:
        for command in (("--help",), ("show", "qwen-qwq-32b"), ("verify", "--all", "--json")):
            done = subprocess.run(
                [*PASSPORTS, *command], env=environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False
            )
            assert done.returncode == 1
            [line] = done.stderr.splitlines()
            assert line.startswith("error: standard output cannot be written (No space left on device): ")


def test_closed_output_is_reported_before_anything_is_done(equipped: Path) -> None:
    environment = surroundings(equipped / "home")
    for redirection, status in ((">&-", 2), ("2>&- >/dev/null", 0)):
        shell = ["sh", "-c", f'"$@" {redirection}', "sh", *PASSPORTS, "keys", "init", "--file", f"key-{status}"]
        done = subprocess.run(shell, cwd=equipped, env=environment, capture_output=True, text=True, check=False)
        printed = "error: standard output is closed: send it to a file, or to /dev/null\n" if status else ""
        assert (done.returncode, done.stderr, done.stdout) == (status, printed, "")
        assert (equipped / f"key-{status}").exists() is (status == 0)


def test_a_reader_that_goes_is_no_error(store: Path) -> None:
    environment = surroundings(store.parent / "home", PASSPORTS_STORE=str(store))
    command = [*PASSPORTS, "verify", "--all", "--json"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_an_interrupt_while_modules_are_imported_is_a_sentence(equipped: Path) -> None:
    (equipped / "typer.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nraise ValueError\n")
    done = ended(equipped, "status", PYTHONPATH=f"{equipped}{os.pathsep}{ROOT}")
    assert (done.returncode, one_sentence(done)) == (130, "error: interrupted before anything was done")


EARLIEST = "import sys; import passports.command; print(sorted({'pathlib', 're', 'typing'} & sys.modules.keys()))"


def test_an_interrupt_at_the_very_beginning_ends_the_program_without_a_word(equipped: Path) -> None:
    """Python itself takes longer to start than what the program imports before it heeds interrupts."""
    surrounded = surroundings(equipped / "home")
    loaded = subprocess.run(
        [sys.executable, "-c", EARLIEST], env=surrounded, capture_output=True, text=True, check=True
    )
    assert loaded.stdout == "[]\n"
    (equipped / "flows").mkdir()
    (equipped / "flows/__init__.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    environment = surroundings(equipped / "home", PYTHONPATH=str(equipped))
    command = [sys.executable, "-c", "from passports.command import main; main()", "status"]
    done = subprocess.run(command, cwd=equipped, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@contextmanager
def starting(folder: Path) -> Iterator[tuple["subprocess.Popen[str]", list[int]]]:
    """A demo whose crawl is starting, and the processes of both."""
    pipe = subprocess.PIPE
    environment = surroundings(folder / "home", PASSPORTS_WORK=str(folder / "work"))
    with subprocess.Popen(
        [*PASSPORTS, "demo"], cwd=folder, env=environment, stdout=pipe, stderr=pipe, text=True
    ) as process:
        until(lambda: any(b"scrapy" in command_line(pid) for pid in below(process.pid)))
        yield process, list(below(process.pid))


def lives(pid: int) -> bool:
    return command_line(pid) not in ([], [b""])  # a zombie's command line is empty


@pytest.mark.parametrize(
    ("sent", "status", "stated"),
    [(signal.SIGINT, 130, INTERRUPTED), (signal.SIGTERM, 143, TERMINATED), (signal.SIGHUP, 143, TERMINATED)],
)
def test_a_signal_while_a_run_crawls_ends_everything_at_once_and_leaves_nothing(
    sent: signal.Signals, status: int, stated: str, equipped: Path
) -> None:
    with starting(equipped) as (process, started):
        process.send_signal(sent)
        out, err = process.communicate(timeout=AT_ONCE_S)
    assert (process.returncode, out) == (status, "")
    assert err.splitlines()[-1] == stated
    assert "Traceback" not in err
    until(lambda: not any(map(lives, started)), limit_s=AT_ONCE_S)
    assert list((equipped / "work").iterdir()) == []


def test_a_run_that_is_killed_takes_its_crawl_with_it(equipped: Path) -> None:
    with starting(equipped) as (process, started):
        process.kill()
        process.communicate(timeout=LIMIT_S)
        until(lambda: not any(map(lives, started)))


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_letters_that_the_output_cannot_show_are_spelled_out(encoding: str, store: Path) -> None:
    done = ended(store.parent, "show", "qwen-qwq-32b", PASSPORTS_STORE=str(store), PYTHONIOENCODING=encoding)
    assert "Traceback" not in done.stderr
    assert "\\u2192 judge answers by their content" in " ".join(done.stdout.split())
    named = ended(store.parent, "verify", "\udcff", PASSPORTS_STORE=str(store), PYTHONIOENCODING=encoding)
    assert (named.returncode, "Traceback" in named.stderr) == (1, False)
