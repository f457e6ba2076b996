"""A Prefect server of our own on loopback, for a machine where none was started: it ends with who started it."""

import contextlib
import ctypes
import logging
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from flows.config.settings import SettingsError
from flows.errors import FlowError
from flows.job.locks import running_elsewhere

HOST, PORT = "127.0.0.1", 4200
"""Prefect's own port; where it is taken, any other."""
STARTING_S, ENDING_S = 120.0, 20.0
PR_SET_PDEATHSIG = 1
"""From <linux/prctl.h>: the signal that a process gets when its parent dies."""
ADDRESS = "address"
"""File with the address of the server of who serves alone."""
MESSAGES = "prefect.server.utilities.messaging.memory"
"""Logger of who hands messages on within the server."""
LOCKED = "database is locked"
"""What SQLite says to who would write when another one just did."""
LEASES = "prefect.server.concurrency.lease_storage.filesystem"
"""Who holds which slot outlives the server there: in memory, a restart would leave a slot taken for ever."""
LASTING = {"PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": LEASES, "PREFECT_SERVER_LOGGING_LEVEL": "ERROR"}
"""Settings of a server that serves schedules."""
TEMPORARY = {
    "PREFECT__SERVER_EPHEMERAL": "1",
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
}
"""Settings of one that serves a single run, as Prefect sets them where it starts one itself: no schedules, no pages."""


class ServerFailedError(FlowError):
    """The Prefect server did not start, or has gone."""


class OwnServer:
    """A server that was started; it answers only after seconds."""

    def __init__(self, api_url: str, process: subprocess.Popen[bytes]) -> None:
        self.api_url = api_url
        self._process = process
        self._answered = False

    def wait(self) -> None:
        """Return once it answers; raise ServerFailedError where it does not."""
        end = time.monotonic() + STARTING_S
        while not is_healthy(self.api_url):
            if self._process.poll() is not None or time.monotonic() > end:
                remedy = "run `prefect server start` to see why, or name a server that runs with PREFECT_API_URL"
                raise ServerFailedError(f"the Prefect server at {self.api_url} did not start: {remedy}")
            time.sleep(0.2)
        self._answered = True

    def end(self) -> None:
        """End it: in order where it has answered, as it hears of the last states of runs; else at once."""
        (self._process.terminate if self._answered else self._process.kill)()
        try:
            self._process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextlib.contextmanager
def own_server(settings: Mapping[str, str] = LASTING) -> Iterator[OwnServer]:
    """Run a server, by Prefect's settings, while the context lasts. Raise SettingsError where its home is unusable.

    Only the main thread may do so: the server ends with the thread that started it.
    """
    check_home()
    claim = socket.socket(socket.AF_UNIX)
    port = _port(claim)
    server = OwnServer(
        f"http://{HOST}:{port}/api",
        subprocess.Popen(  # noqa: S603 - this module, with a number
            [sys.executable, "-P", "-m", "flows.orchestration.server", str(port), str(os.getpid())],
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for who serves: the server has to hear of its last states
        ),
    )
    try:
        yield server
    finally:
        server.end()
        claim.close()


def check_surroundings() -> None:
    """See that Prefect is given a server, or a home for one of our own; raise SettingsError where it is neither."""
    if not named_server():
        check_home()


def check_home() -> None:
    """See that Prefect can write to its home; raise SettingsError where it cannot."""
    home = prefect_home()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        remedy = "set PREFECT_HOME to a folder that you can write to"
        raise SettingsError(f"Prefect's home {home} cannot be used ({error.strerror}): {remedy}") from None


def named_server() -> str | None:
    """Give the address that PREFECT_API_URL names; None where it names none. Raise SettingsError where it is none."""
    named = os.environ.get("PREFECT_API_URL", "")
    try:
        parts = urlsplit(named)
        fit = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        fit = False
    if named and not fit:
        example = "http://127.0.0.1:4200/api"
        raise SettingsError(f"PREFECT_API_URL: {named!r} is no address of a Prefect server's API: write {example}")
    return named or None


def prefect_home() -> Path:
    """Give the folder in which Prefect keeps its records and settings."""
    return Path(os.environ.get("PREFECT_HOME") or "~/.prefect").expanduser()


def _port(claim: socket.socket) -> int:
    """Choose a port. A server binds it only after seconds: until then a name that the kernel keeps holds others off."""
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
    """Whether a server answers there."""
    try:
        urllib.request.urlopen(f"{api_url}/health", timeout=5).close()  # noqa: S310 - settings allow http and https only
    except (OSError, HTTPException):
        return False
    return True


def scheduling(at: str) -> str:
    """Name what a `passports schedule` does alone; `at` is its server's address, or the home of the one it starts."""
    return f"passports schedule on {at}"


def leave_address(folder: Path, api_url: str) -> None:
    """Leave the address of the own server of a schedule where other commands of this user look for it."""
    (folder / ADDRESS).write_text(api_url, encoding="utf-8")


def server_of_the_schedule() -> str | None:
    """Find the server that a `passports schedule` of this user has started and still runs.

    A second server on the same database would have to wait for the first at every write, and it for the second.
    """
    folder = running_elsewhere(scheduling(str(prefect_home())))
    try:
        api_url = (folder / ADDRESS).read_text(encoding="utf-8") if folder else ""
    except FileNotFoundError:
        return None
    return api_url if api_url and is_healthy(api_url) else None


def _serve(port: str, parent: str) -> None:
    """Become the server, once it is sure that it ends with its parent (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # nobody is left whom it could serve
        if os.getppid() != int(parent):  # it went before we could ask
            return
    logging.getLogger(MESSAGES).addFilter(in_a_line)
    sys.argv = ["prefect", "server", "start", "--host", HOST, "--port", port]
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


def in_a_line(record: logging.LogRecord) -> bool:
    """Tell in one line what is no fault: the file was being written to, and the server takes the message up again."""
    error = record.exc_info[1] if record.exc_info else None
    if error is not None and LOCKED in str(error):
        record.msg, record.args, record.exc_info = f"{LOCKED}: a message is taken up again", (), None
    return True


if __name__ == "__main__":
    _serve(*sys.argv[1:3])
