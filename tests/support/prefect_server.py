"""Runs real Prefect servers on loopback, and asks them for deployments and runs."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

from flows.demo import recording, replay
from flows.orchestration.server import is_healthy
from pipelines.signing.keys import signing_key_to_jwk
from tests.support.object_stores import free_ports, wait_until
from tests.support.runs import SEED
from tests.support.waiting import LIMIT_S, until

ROOT = Path(__file__).parents[2]
PASSPORTS = (sys.executable, "-c", "from flows.entry import main; main()")
PREFECT = (sys.executable, "-m", "prefect", "--no-prompt")
BUSY_TRIES = 100
TERMINAL = {"COMPLETED", "FAILED", "CANCELLED", "CRASHED"}
LEASES = "prefect.server.concurrency.lease_storage.filesystem"
QUIETED = ("DO_NOT_TRACK", "PREFECT_SERVER_ANALYTICS_ENABLED")


def surroundings(home: Path, **settings: str) -> dict[str, str]:
    """Return an environment with the home `home`, and without QUIETED, which our own code has to set."""
    retained = {name: value for name, value in os.environ.items() if name not in QUIETED}
    home.mkdir(parents=True, exist_ok=True)
    return {
        **retained,
        "PYTHONPATH": str(ROOT),
        "PREFECT_HOME": str(home),
        "HOME": str(home),
        "COLUMNS": "200",
        **settings,
    }


class Server(NamedTuple):
    """A Prefect server, and the environment of processes that use it."""

    api_url: str
    environment: dict[str, str]
    pid: int

    def ask(self, path: str, **body: Any) -> Any:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.api_url}{path}", json.dumps(body).encode(), headers)  # noqa: S310
        for _ in range(BUSY_TRIES):
            try:
                with urllib.request.urlopen(request, timeout=LIMIT_S) as response:  # noqa: S310 - our own server
                    return json.load(response)
            except urllib.error.HTTPError as error:
                if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
                    raise
                time.sleep(1)  # SQLite was busy, and nothing was done
        raise AssertionError(f"{path}: the server stays busy")

    def run(self, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = self.environment | settings
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    def deployments(self) -> dict[str, Any]:
        return {deployment["name"]: deployment for deployment in self.ask("/deployments/filter")}

    def start(self, deployment: str, **parameters: Any) -> str:
        """Start a run of a deployment, and return its id."""
        found = self.deployments()[deployment]
        merged = found["parameters"] | parameters
        made = self.ask(f"/deployments/{found['id']}/create_flow_run", parameters=merged, state={"type": "SCHEDULED"})
        run: str = made["id"]
        return run

    def state(self, run: str) -> dict[str, Any]:
        [found] = self.ask("/flow_runs/filter", flow_runs={"id": {"any_": [run]}})
        state: dict[str, Any] = found["state"]
        return state

    def wait_for(self, run: str, *states: str) -> dict[str, Any]:
        """Wait until a run is in one of `states`, or without them in any final one, and return its state."""
        wanted = set(states) or TERMINAL
        until(lambda: self.state(run)["type"] in wanted | TERMINAL)
        state = self.state(run)
        assert state["type"] in wanted, state
        return state

    def cancel(self, run: str) -> None:
        self.ask(f"/flow_runs/{run}/set_state", state={"type": "CANCELLING"})


@contextlib.contextmanager
def prefect_server(folder: Path, **settings: str) -> Iterator[Server]:
    """Run a server until the context ends, on SQLite unless the settings name another database."""
    (port,) = free_ports(1)
    api_url = f"http://127.0.0.1:{port}/api"
    quiet = {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    quiet |= {"PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": LEASES}
    environment = surroundings(folder / "server-home", **quiet, **settings)
    command = [*PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            wait_until(lambda: is_healthy(api_url), process, folder / "server.log")
            hasty = {"PREFECT_RUNNER_POLL_FREQUENCY": "1", "PREFECT_WORKER_QUERY_SECONDS": "1"}
            yield Server(api_url, surroundings(folder / "home", PREFECT_API_URL=api_url, **hasty), process.pid)
        finally:
            end(process)


@contextlib.contextmanager
def beside(command: tuple[str, ...], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process until the context ends, then end it and all that it has started."""
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out, start_new_session=True)
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes], limit_s: float = LIMIT_S) -> None:
    """Ask a process to end, wait `limit_s`, then kill it and all that it has started."""
    started = below(process.pid)
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(limit_s)
    process.kill()
    process.wait()
    for pid in started:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def publishing(folder: Path, url: str) -> dict[str, str]:
    """Return settings for publishing from the source at `url` to a store in the folder."""
    return {
        "PASSPORTS_STORE": str(folder / "store"),
        "PASSPORTS_SOURCES": "openrouter",
        "PASSPORTS_OPENROUTER_URL": url,
        "PASSPORTS_SIGNING_KEY": signing_key_to_jwk(SEED),
        "PASSPORTS_GATES_FILE": str(folder / "gates.toml"),
        "PASSPORTS_METRICS_FILE": str(folder / "metrics" / "passports.prom"),
    }


class Holding:
    """A source that serves the recording, but does not answer while `held` is set."""

    def __init__(self) -> None:
        self.held, self.asked = threading.Event(), threading.Event()

    @contextlib.contextmanager
    def listening(self) -> Iterator[str]:
        player, source = replay._handler(recording.models(), recording.endpoints()), self

        class Held(player):  # type: ignore[valid-type, misc]
            def do_GET(self) -> None:  # noqa: N802 - as http.server names it
                source.asked.set()
                until(lambda: not source.held.is_set())
                with contextlib.suppress(OSError):
                    super().do_GET()

        with replay.listening(Held) as url:
            yield url


def below(pid: int) -> set[int]:
    """Return the ids of a process's descendants; its process group would miss runs, which have separate sessions."""
    found: set[int] = set()
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, children.read_text().split()):
                found |= {child} | below(child)
    return found


def crawling(pid: int) -> list[int]:
    """Return the crawls among the descendants of a process."""
    return [child for child in below(pid) if b"scrapy" in command_line(child)]


def command_line(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def kill_all(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its descendants, as a power cut or the end of a container would."""
    for pid in (process.pid, *below(process.pid)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
