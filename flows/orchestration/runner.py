"""Serves the deployments from one process."""

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
"""Runs of this process at once: the store has one publisher anyway, and the others wait in line."""


@contextlib.contextmanager
def server_to_use(say: Say) -> Iterator[str]:
    """Address of the Prefect server that its settings name, or of one that lasts as long as the context."""
    if named := PREFECT_API_URL.value():
        yield str(named)
        return
    say("no PREFECT_API_URL: starting a Prefect server of our own, which takes about 15 s")
    with own_server() as server, temporary_settings({PREFECT_API_URL: server.api_url}):
        server.wait()
        yield server.api_url


def where_served() -> str:
    """What two processes that serve schedules would share: the server that is named, or Prefect's own home."""
    return str(PREFECT_API_URL.value() or PREFECT_HOME.value())


async def ensure_reachable() -> None:
    """Raise unless the server answers."""
    async with get_client() as client:
        await client.hello()


class Serving(Runner):
    """Prefect's runner, which on SIGTERM and Ctrl-C ends in order: its run is cancelled, its schedules are paused.

    Prefect's own waits for nothing when it is told to end: the run would stay Running until it is found to be dead.
    """

    told: signal.Signals | None = None
    """What told it to end."""
    say: Say
    """Is given what a person should read."""

    def handle_sigterm(self, *args: Any, **_: Any) -> None:  # noqa: ANN401 - Prefect's
        """Begin to end; told again, or before there is anything to end, go at once."""
        if self.told or not self.started:
            raise KeyboardInterrupt
        self.told = signal.Signals(args[0])
        self.say(f"{self.told.name}: ending the run that goes on, if one does, and pausing the schedules")
        self.execute_in_background(self.astop)


async def serve_deployments(deployments: list[Deployment], say: Say) -> signal.Signals | None:
    """Serve until a signal ends it; gives the signal."""
    await watch_for_dead_runs()
    runner = Serving(name="passports", limit=AT_ONCE, heartbeat_seconds=HEARTBEAT_S)
    runner.say = say
    for deployment in deployments:
        await runner.aadd_deployment(served(deployment))
    signal.signal(signal.SIGINT, runner.handle_sigterm)
    await runner.start()
    return runner.told
