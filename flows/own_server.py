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
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from flows.errors import FlowError
from flows.workplace import done_elsewhere

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


class ServerFailedError(FlowError):
    """The Prefect server did not start, or has gone."""


@contextlib.contextmanager
def own_server() -> Iterator[str]:
    """Run a server while the context lasts; yields the address of its API. Raise ServerFailedError."""
    claim = socket.socket(socket.AF_UNIX)
    port = _port(claim)
    api_url = f"http://{HOST}:{port}/api"
    process = subprocess.Popen(  # noqa: S603 - this module, with a number
        [sys.executable, "-P", "-m", "flows.own_server", str(port), str(os.getpid())],
        env={**os.environ, "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": LEASES, "PREFECT_SERVER_LOGGING_LEVEL": "ERROR"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for who serves: the server has to hear of its last states
    )
    try:
        _wait_until_healthy(api_url, process)
        yield api_url
    finally:
        process.terminate()
        try:
            process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        claim.close()


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


def _wait_until_healthy(api_url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + STARTING_S
    while not is_healthy(api_url):
        if process.poll() is not None or time.monotonic() > end:
            remedy = "run `prefect server start` to see why, or name a server that runs with PREFECT_API_URL"
            raise ServerFailedError(f"the Prefect server at {api_url} did not start: {remedy}")
        time.sleep(0.2)


def is_healthy(api_url: str) -> bool:
    """Whether a server answers there."""
    try:
        urllib.request.urlopen(f"{api_url}/health", timeout=5).close()  # noqa: S310 - our own server
    except OSError:
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
    home = Path(os.environ.get("PREFECT_HOME") or "~/.prefect").expanduser()
    folder = done_elsewhere(scheduling(str(home)))
    try:
        api_url = (folder / ADDRESS).read_text(encoding="utf-8") if folder else ""
    except FileNotFoundError:
        return None
    return api_url if api_url and is_healthy(api_url) else None


def _serve(port: str, parent: str) -> None:
    """Become the server, once it is sure that it ends with its parent (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
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
