"""Starts a Prefect server on loopback, for a machine where none runs; it ends with the process that started it."""

import contextlib
import ctypes
import logging
import os
import runpy
import signal
import socket
import subprocess  # nosec B404 # starts this module, with fixed arguments
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from flows.errors import FlowError, SettingsError
from flows.job.locks import running_elsewhere

HOST, PORT = "127.0.0.1", 4200
"""Prefect's usual port; if it is in use, any other one is chosen."""
STARTING_S = 120.0
ENDING_S = 5.0
"""Seconds after which a server that was asked to end is killed. Nothing is lost: it answers a state of a run once that
is stored. It sometimes waits for connections that nobody closes."""
PR_SET_PDEATHSIG = 1
"""From <linux/prctl.h>: the signal that a process gets when its parent dies."""
ADDRESS = "address"
"""File with the address of the server that a `passports schedule` has started."""
MESSAGES = "prefect.server.utilities.messaging.memory"
"""Logger of the server's message broker."""
LOCKED = "database is locked"
"""SQLite's error for a write while another connection writes."""
LEASES = "prefect.server.concurrency.lease_storage.filesystem"
"""Stores the leases of concurrency slots in files: in memory, a restart would leave a slot occupied for ever."""
LASTING = {"PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": LEASES, "PREFECT_SERVER_LOGGING_LEVEL": "ERROR"}
"""Settings of a server that serves schedules."""
TEMPORARY = {
    "PREFECT__SERVER_EPHEMERAL": "1",
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
}
"""Settings of a server for a single run, the same as Prefect's for a temporary server: no schedules, no pages."""


class ServerFailedError(FlowError):
    """The Prefect server did not start, or does not answer any more."""


class OwnServer:
    """A server that was started; it answers only some seconds later (`wait`)."""

    def __init__(self, api_url: str, process: subprocess.Popen[bytes]) -> None:
        self.api_url = api_url
        self._process = process
        self._answered = False

    def wait(self) -> None:
        """Return once it answers; raise ServerFailedError if it ends, or does not answer within STARTING_S."""
        end = time.monotonic() + STARTING_S
        while not is_healthy(self.api_url):
            if self._process.poll() is not None or time.monotonic() > end:
                remedy = "run `prefect server start` to see why, or set PREFECT_API_URL to a running server"
                raise ServerFailedError(f"the Prefect server at {self.api_url} did not start: {remedy}")
            time.sleep(0.2)
        self._answered = True

    def end(self) -> None:
        """End the server: in order if it has answered, so that it stores the last states of runs; else at once."""
        (self._process.terminate if self._answered else self._process.kill)()
        try:
            self._process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextlib.contextmanager
def own_server(settings: Mapping[str, str] = LASTING) -> Iterator[OwnServer]:
    """Run a server until the context ends; raise SettingsError where Prefect's home cannot be used.

    Only the main thread may do so, as the server ends with the thread that started it.
    """
    check_home()
    claim = socket.socket(socket.AF_UNIX)
    port = _port(claim)
    server = OwnServer(
        f"http://{HOST}:{port}/api",
        subprocess.Popen(  # nosec B603  # noqa: S603 - this module, with a number
            [sys.executable, "-P", "-m", "flows.orchestration.server", str(port), str(os.getpid())],
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C must not reach the server, which has to store the last states of runs
        ),
    )
    try:
        yield server
    finally:
        server.end()
        claim.close()


def check_surroundings() -> None:
    """Raise SettingsError unless the environment names a Prefect server, or Prefect's home is usable to start one."""
    if not named_server():
        check_home()


def check_home() -> None:
    """Raise SettingsError unless Prefect can write to its home; make the folder where it is missing."""
    home = prefect_home()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        remedy = "set PREFECT_HOME to a folder that you can write to"
        raise SettingsError(f"Prefect's home {home} cannot be used ({error.strerror}): {remedy}") from None


def named_server() -> str | None:
    """Return the address in PREFECT_API_URL, None where it is unset; raise SettingsError where it is no address."""
    named = os.environ.get("PREFECT_API_URL", "")
    try:
        parts = urlsplit(named)
        fit = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        fit = False
    if named and not fit:
        example = "http://127.0.0.1:4200/api"
        raise SettingsError(f"PREFECT_API_URL: {named!r} is not the address of a Prefect server's API: write {example}")
    return named or None


def is_server_configured() -> bool:
    """Whether Prefect's own files may name a server, so that only Prefect itself can tell which one it uses.

    It reads the profiles in its home, and prefect.toml, pyproject.toml and .env in the working directory.
    """
    profiles = Path(os.environ.get("PREFECT_PROFILES_PATH") or prefect_home() / "profiles.toml").expanduser()
    marks = {profiles: "API_URL", Path(".env"): "PREFECT_API_URL"}
    marks |= {Path("prefect.toml"): "[api]", Path("pyproject.toml"): "[tool.prefect.api]"}
    for file, mark in marks.items():
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if mark in file.read_text(encoding="utf-8"):
                return True
    return False


def prefect_home() -> Path:
    """Return the folder of Prefect's database and settings (PREFECT_HOME)."""
    return Path(os.environ.get("PREFECT_HOME") or "~/.prefect").expanduser()


def _port(claim: socket.socket) -> int:
    """Return a free port, 4200 if possible.

    The server binds it only seconds later. Until then `claim`, bound to an abstract name of that port (Linux), makes
    other processes of ours choose another.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            if sys.platform == "linux":
                claim.bind(f"\0passports: Prefect's server on port {PORT}")
            probe.bind((HOST, PORT))
        except OSError:
            probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def is_healthy(api_url: str) -> bool:
    """Whether a Prefect server answers at an address."""
    try:
        urllib.request.urlopen(f"{api_url}/health", timeout=5).close()  # nosec B310  # noqa: S310 - settings allow http and https only
    except (OSError, HTTPException):
        return False
    return True


def scheduling(at: str) -> str:
    """Return the name of the lock of a `passports schedule`; `at` is its server's address, or Prefect's home."""
    return f"passports schedule on {at}"


def leave_address(folder: Path, api_url: str) -> None:
    """Write the address of a schedule's server to the folder where other commands of this user read it."""
    (folder / ADDRESS).write_text(api_url, encoding="utf-8")


def server_of_the_schedule() -> str | None:
    """Return the address of the server that a running `passports schedule` of this user has started; None without one.

    A run uses it, as a second server on the same database would wait for the first at every write, and vice versa.
    """
    folder = running_elsewhere(scheduling(str(prefect_home())))
    try:
        api_url = (folder / ADDRESS).read_text(encoding="utf-8") if folder else ""
    except FileNotFoundError:
        return None
    return api_url if api_url and is_healthy(api_url) else None


def _serve(port: str, parent: str) -> None:
    """Run the server in this process, which on Linux is killed when its parent dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # then there is nobody to serve
        if os.getppid() != int(parent):  # the parent died before the request to be killed
            return
    logging.getLogger(MESSAGES).addFilter(in_a_line)
    sys.argv = ["prefect", "server", "start", "--host", HOST, "--port", port]
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


def in_a_line(record: logging.LogRecord) -> bool:
    """Return True, with the log of a locked database cut to one line: no fault, as the server repeats the message."""
    error = record.exc_info[1] if record.exc_info else None
    if error is not None and LOCKED in str(error):
        record.msg, record.args, record.exc_info = f"{LOCKED}: a message is processed again", (), None
    return True


if __name__ == "__main__":
    _serve(*sys.argv[1:3])
