"""Measures schedules that run for minutes or days: `python -m benchmarks.schedule [--minutes N]`.

`passports schedule` serves a refresh of the demo's recording every minute, and a watch every second minute, on a
Prefect server started here, on PostgreSQL (on SQLite where that is not installed). Prints a line each minute: how many
runs ended how, and the memory of the serving process and of the server; at the end a summary, with runs of one
deployment that overlapped.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from flows.audit.copy_check import check_copy
from flows.demo import recording
from flows.registry.reader import Reader
from schemas.verdict import Verdict
from tests.support.object_stores import ServerMissingError
from tests.support.postgres import postgres
from tests.support.prefect_server import PASSPORTS, Server, beside, prefect_server, publishing, until
from tests.support.runs import equip, playing, reader

MINUTES = 10
MIB = 2**20
DEPLOYMENTS = """
deployments:
  - name: refresh-openrouter
    description: Crawl the recording, build, sign and publish.
    entrypoint: flows.orchestration.refresh.refresh
    parameters: {sources: [openrouter], jitter_s: 0}
    work_pool: {name: passports}
    schedules: [{cron: "* * * * *", timezone: UTC}]
    concurrency_limit: {limit: 1, collision_strategy: ENQUEUE}
  - name: watch
    description: Tell how old everything is.
    entrypoint: flows.orchestration.watch.watch
    work_pool: {name: passports}
    schedules: [{cron: "*/2 * * * *", timezone: UTC}]
    concurrency_limit: {limit: 1, collision_strategy: ENQUEUE}
"""
SERVE = "import sys, pathlib as p; from flows.commands.schedule import schedule as s; "
SERVE += "s(None, as_json=False, file=p.Path(sys.argv[1]))"


def main() -> None:
    """Serve the schedules, print a line each minute, and check the summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=MINUTES)
    minutes = parser.parse_args().minutes
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        (folder / "prefect.yaml").write_text(DEPLOYMENTS)
        equip(folder, held.enter_context(pytest.MonkeyPatch.context()))
        server = held.enter_context(prefect_server(folder, **database(folder, held)))
        url = held.enter_context(playing(recording.models()))
        first = server.run(*PASSPORTS, "refresh", **publishing(folder, url))  # so that the watch finds a store
        assert first.returncode == 0, first.stderr
        command = (sys.executable, "-c", SERVE, str(folder / "prefect.yaml"))
        environment = server.environment | publishing(folder, url)
        process = held.enter_context(beside(command, environment, folder / "log"))
        until(lambda: len(server.deployments()) == 2 or process.poll() is not None)
        assert process.poll() is None, (folder / "log").read_text()
        print(f"{'minute':>6}  {'completed':>9}  {'other':>20}  {'serving MiB':>11}  {'server MiB':>10}")
        sizes = [measured(minute, server, process.pid) for minute in range(1, minutes + 1)]
        conclude(server, folder, sizes)


def database(folder: Path, held: ExitStack) -> dict[str, str]:
    try:
        running = held.enter_context(postgres(folder))
    except ServerMissingError as error:
        print(f"SQLite, as {error}")
        return {}
    print(f"PostgreSQL {running.version}")
    return {"PREFECT_SERVER_DATABASE_CONNECTION_URL": running.url}


def measured(minute: int, server: Server, pid: int) -> float:
    time.sleep(60)
    states = Counter(run["state"]["type"] for run in begun(server))
    completed, serving = states.pop("COMPLETED", 0), memory_mib(pid)
    print(
        f"{minute:>6}  {completed:>9}  {dict(states)!s:>20}  {serving:>11.1f}  {memory_mib(server.pid):>10.1f}",
        flush=True,
    )
    return serving


def begun(server: Server) -> list[dict[str, Any]]:
    runs = server.ask("/flow_runs/filter", sort="START_TIME_ASC")
    return [run for run in runs if run["start_time"]]


def memory_mib(pid: int) -> float:
    """Return the resident memory of one process in MiB."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) * 1024 / MIB


def conclude(server: Server, folder: Path, sizes: list[float]) -> None:
    runs, now = begun(server), datetime.now(UTC)
    states = Counter(run["state"]["type"] for run in runs)
    took = [run["total_run_time"] for run in runs if run["state"]["type"] == "COMPLETED"]
    late = [lateness_s(run) for run in runs]
    found = reader(folder / "store", at=now)
    print(f"{len(runs)} runs: {dict(states)}; {len(list(overlaps(runs)))} of one deployment overlapped")
    print(f"a run took {median(took):.1f} s (median), {max(took):.1f} s at most; began {max(late):.1f} s late at most")
    print(f"the serving process grew by {sizes[-1] - sizes[0]:.1f} MiB from minute 1 to minute {len(sizes)}")
    print(f"the store serves generation {found.generation}, whole: {all(c.good for c in checked(found))}")
    assert not states.keys() - {"COMPLETED", "RUNNING", "PENDING"}
    assert not list(overlaps(runs))


def checked(found: Reader) -> Iterator[Verdict]:
    return (check_copy(found, row.slug).verdict for row in found.rows())


def lateness_s(run: dict[str, Any]) -> float:
    return (parsed(run["start_time"]) - parsed(run["expected_start_time"])).total_seconds()


def overlaps(runs: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield pairs of runs of one deployment of which the second began before the first had ended."""
    for deployment in {run["deployment_id"] for run in runs}:
        for earlier, later in pairwise(run for run in runs if run["deployment_id"] == deployment):
            if earlier["end_time"] is None or parsed(later["start_time"]) < parsed(earlier["end_time"]):
                yield earlier["id"], later["id"]


def parsed(text: str) -> datetime:
    return datetime.fromisoformat(text)


if __name__ == "__main__":
    main()
