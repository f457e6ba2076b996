"""Serves all deployments from one process, which runs them when they are due."""

import flows.orchestration.environment  # isort: skip  # noqa: F401 - sets Prefect's surroundings, so it comes before Prefect
import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import Any

from prefect.client.orchestration import get_client
from prefect.runner import Runner
from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings

from flows.orchestration.dead_runs import HEARTBEAT_S, watch_for_dead_runs
from flows.orchestration.deployments import Deployment, served
from flows.orchestration.server import own_server

Say = Callable[[str], None]
AT_ONCE = 1
"""Runs of this process at the same time: a store has one publisher at a time anyway, so others wait."""


@contextlib.contextmanager
def server_to_use(say: Say) -> Iterator[str]:
    """Yield the address of the Prefect server in its settings, or of one that runs until the context ends."""
    if named := PREFECT_API_URL.value():
        yield str(named)
        return
    say("PREFECT_API_URL is not set: starting a temporary Prefect server, in about 15 s")
    with own_server() as server, temporary_settings({PREFECT_API_URL: server.api_url}):
        server.wait()
        yield server.api_url


def where_served() -> str:
    """Return what two processes that serve schedules would share: the server in the settings, or Prefect's home."""
    return str(PREFECT_API_URL.value() or PREFECT_HOME.value())


async def ensure_reachable() -> None:
    """Raise the client's error unless the server answers."""
    async with get_client() as client:
        await client.hello()


class Serving(Runner):
    """Prefect's runner, but on SIGTERM and Ctrl-C it first cancels its run and pauses its schedules.

    Prefect's own ends at once: its run would stay Running until the automation finds that it has died.
    """

    ended_by: signal.Signals | None = None
    """The signal that it is ending by; None before one came."""
    say: Say
    """Called with sentences for a person."""

    def handle_sigterm(self, *args: Any, **_: Any) -> None:  # noqa: ANN401 - Prefect's
        """Begin to end in order; on a second signal, or before the runner has started, end at once."""
        if self.ended_by or not self.started:
            raise KeyboardInterrupt
        self.ended_by = signal.Signals(args[0])
        self.say(f"{self.ended_by.name}: cancelling the current run, if there is one, and pausing the schedules")
        self.execute_in_background(self.astop)


async def serve_deployments(deployments: list[Deployment], say: Say) -> signal.Signals | None:
    """Serve deployments until a signal ends it; return the signal, None where it ended without one."""
    await watch_for_dead_runs()
    runner = Serving(name="passports", limit=AT_ONCE, heartbeat_seconds=HEARTBEAT_S)
    runner.say = say
    for deployment in deployments:
        await runner.aadd_deployment(served(deployment))
    signal.signal(signal.SIGINT, runner.handle_sigterm)
    await runner.start()
    return runner.ended_by
