"""`passports schedule` on a server of its own: asked to end, killed, and started again on what was left."""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.audit.copy_check import check_copy
from flows.demo import recording
from flows.orchestration.server import is_healthy
from tests.support.prefect_server import (
    PASSPORTS,
    ROOT,
    Holding,
    Server,
    below,
    beside,
    command_line,
    crawling,
    kill_all,
    publishing,
    surroundings,
)
from tests.support.runs import playing, reader
from tests.support.spiders.server import Source, serving
from tests.support.waiting import LIMIT_S, until

pytestmark = [pytest.mark.harness, pytest.mark.slow]
NAMES = ["refresh-openrouter", "watch", "rescrape", "publish"]
NO_SIGN = "No heartbeat for 90 s"
ENDING = "cancelling the current run, if there is one, and pausing the schedules"


@pytest.fixture
def stuck() -> Iterator[Source]:
    """A source that lets a crawl wait for minutes."""
    with serving(always="429", retry_after="250") as source:
        yield source


@contextlib.contextmanager
def scheduled(folder: Path, url: str, log: Path) -> Iterator[tuple[subprocess.Popen[bytes], Server]]:
    gates = os.environ["PASSPORTS_GATES_FILE"]
    settings = publishing(folder, url) | {"PASSPORTS_GATES_FILE": gates, "PREFECT_RUNNER_POLL_FREQUENCY": "1"}
    with beside((*PASSPORTS, "schedule", "--json"), surroundings(folder / "home") | settings, log) as process:
        until(lambda: log.read_text().rstrip().endswith("}") or process.poll() is not None)
        shown = json.loads(log.read_text().partition("\n")[2])
        assert [deployment["deployment"] for deployment in shown["deployments"]] == NAMES
        assert "next_run" in shown["deployments"][0]
        server = Server(shown["api"], {}, 0)
        until(lambda: [one["paused"] for one in server.deployments().values()] == [False] * len(NAMES))
        yield process, server


def begun(server: Server, process: subprocess.Popen[bytes], stuck: Source) -> str:
    """A run that is in the middle of its crawl."""
    run = server.start("refresh-openrouter")
    until(lambda: stuck.asked() and crawling(process.pid))
    return run


def the_next_run_publishes(folder: Path, server: Server) -> None:
    server.wait_for(server.start("refresh-openrouter"), "COMPLETED")
    served = reader(folder / "store", at=datetime.now(UTC))
    slugs = [row.slug for row in served.rows()]
    assert len(slugs) == 22
    assert all(check_copy(served, slug).verdict == "ok" for slug in slugs)


@pytest.mark.parametrize(("signalled", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_asked_to_end_it_cancels_its_run_and_says_so(
    signalled: signal.Signals, status: int, equipped: Path, stuck: Source
) -> None:
    with scheduled(equipped, stuck.url, equipped / "first.log") as (process, server):
        run = begun(server, process, stuck)
        process.send_signal(signalled)
        assert process.wait(LIMIT_S) == status
        until(lambda: not is_healthy(server.api_url))
    printed = (equipped / "first.log").read_text()
    assert f"{signalled.name}: {ENDING}" in printed
    assert "ended; the schedules are paused until the next start" in printed
    assert "Traceback" not in printed
    assert "RuntimeWarning" not in printed
    with playing(recording.models()) as url, scheduled(equipped, url, equipped / "second.log") as (_, server):
        assert server.state(run)["type"] == "CANCELLED"
        the_next_run_publishes(equipped, server)


def test_two_that_start_at_once_have_a_server_each(equipped: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        entered = contextlib.ExitStack()
        url = "http://127.0.0.1:9"
        starts = [scheduled(equipped / name, url, equipped / f"{name}.log") for name in ("one", "other")]
        with entered:
            begun_ones = list(pool.map(entered.enter_context, starts))
            addresses = {server.api_url for _, server in begun_ones}
    assert len(addresses) == 2


def at_a_terminal(folder: Path, url: str, *command: str) -> "subprocess.Popen[str]":
    gates = os.environ["PASSPORTS_GATES_FILE"]
    environment = surroundings(folder / "home") | publishing(folder, url) | {"PASSPORTS_GATES_FILE": gates}
    out = subprocess.PIPE
    return subprocess.Popen((*PASSPORTS, *command), cwd=ROOT, env=environment, stdout=out, stderr=out, text=True)


def test_what_a_person_does_beside_it_is_done_on_its_server(equipped: Path) -> None:
    with playing(recording.models()) as url, scheduled(equipped, url, equipped / "schedule.log") as (_, server):
        run = server.start("refresh-openrouter")
        for command in (("refresh",), ("rescrape", "qwen-qwq-32b")):
            with at_a_terminal(equipped, url, *command) as done:
                reported = done.communicate()
            assert done.returncode == 0, reported
        server.wait_for(run, "COMPLETED")
        names = {one["name"].split()[0] for one in server.ask("/flow_runs/filter", flows={"name": {"any_": ["job"]}})}
        assert names == {"refresh", "rescrape"}


def test_where_its_server_goes_from_under_a_run_a_person_is_told_in_a_sentence(equipped: Path) -> None:
    source = Holding()
    source.held.set()
    with source.listening() as url:
        with scheduled(equipped, url, equipped / "schedule.log") as (_, server):
            refresh = at_a_terminal(equipped, url, "refresh")
            until(lambda: server.ask("/flow_runs/filter", flows={"name": {"any_": ["job"]}}))
            assert source.asked.wait(LIMIT_S)
        source.held.clear()
        with refresh:
            _, reported = refresh.communicate(timeout=LIMIT_S)
    assert refresh.returncode == 1
    assert reported.splitlines()[-1].startswith(f"error: the Prefect server at {server.api_url} no longer answers")
    assert "Traceback" not in reported


def test_where_its_run_alone_is_killed_the_next_one_begins_at_once(equipped: Path, stuck: Source) -> None:
    with scheduled(equipped, stuck.url, equipped / "schedule.log") as (process, server):
        run = begun(server, process, stuck)
        [engine] = [pid for pid in below(process.pid) if b"prefect.engine" in command_line(pid)]
        os.kill(engine, signal.SIGKILL)
        until(lambda: not crawling(process.pid))
        state = server.wait_for(run, "CRASHED")
        assert not state["message"].startswith(NO_SIGN), "its worker reported it"
        stuck.always, stuck.models = "", recording.models()
        the_next_run_publishes(equipped, server)


def test_where_it_is_killed_with_its_run_the_next_start_finds_the_run_dead_and_goes_on(
    equipped: Path, stuck: Source
) -> None:
    with scheduled(equipped, stuck.url, equipped / "first.log") as (process, server):
        dead = begun(server, process, stuck)
        kill_all(process)
        until(lambda: not is_healthy(server.api_url))
    with playing(recording.models()) as url, scheduled(equipped, url, equipped / "second.log") as (_, server):
        assert server.state(dead)["type"] == "RUNNING"
        assert server.wait_for(dead, "CRASHED")["message"].startswith(NO_SIGN)
        the_next_run_publishes(equipped, server)


def test_where_it_alone_is_killed_its_run_goes_on_to_its_end_under_the_next_start(equipped: Path) -> None:
    source = Holding()
    source.held.set()
    with source.listening() as url, scheduled(equipped, url, equipped / "first.log") as (process, server):
        run = server.start("refresh-openrouter")
        assert source.asked.wait(LIMIT_S)
        started = below(process.pid)
        process.kill()
        process.wait()
        until(lambda: not is_healthy(server.api_url))
        assert any(b"prefect.engine" in command_line(pid) for pid in started)
        with scheduled(equipped, url, equipped / "second.log") as (_, again):
            assert again.state(run)["type"] == "RUNNING"
            source.held.clear()
            again.wait_for(run, "COMPLETED")
            assert len(list(reader(equipped / "store", at=datetime.now(UTC)).rows())) == 22
            the_next_run_publishes(equipped, again)
