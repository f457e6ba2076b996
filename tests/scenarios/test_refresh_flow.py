"""The real flows on a real Prefect server, which is started once for all of these tests."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.demo import recording
from flows.demo.config import demo_signer
from pipelines.signing.keys import signing_key_to_jwk
from tests.support.prefect_server import PASSPORTS, PREFECT, ROOT, Server, prefect_server, surroundings
from tests.support.runs import GATE, GATES, SEED, equip, files, playing, reader
from tests.support.spiders.server import serving
from tests.support.waiting import LIMIT_S, until

pytestmark = pytest.mark.harness

QWEN = "qwen-qwq-32b"
RUNS = """
import asyncio, os, sys
from flows.orchestration.refresh import refresh; from flows.orchestration.refresh import rescrape
from flows.run.assemble import GateClosedError
from flows.run.publish import PartialRunError
store, closed_gates = sys.argv[1:]
asyncio.run(refresh(store=store))
asyncio.run(rescrape("qwen-qwq-32b", store=store))
os.environ["PASSPORTS_GATES_FILE"] = closed_gates
try:
    asyncio.run(refresh(store=store))
except GateClosedError as error:
    print("closed:", error)
os.environ["PASSPORTS_GATES_FILE"], os.environ["PASSPORTS_SOURCES"] = os.environ["OPEN_GATES"], "openrouter,modelsdev"
try:
    asyncio.run(refresh(store=store))
except PartialRunError as error:
    print("partial:", error)
"""
"""A refresh, a rescrape, a refresh whose gate is closed, and one without one of its sources, as a worker would run them
one after the other."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prefect")


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """`passports demo` as a person types it, with nothing set: it goes on while the server starts."""
    with subprocess.Popen(
        [*PASSPORTS, "demo"],
        cwd=(folder / "demo").mkdir() or folder / "demo",
        env=surroundings(folder / "demo-home"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()  # where no test that runs waits for its end


@pytest.fixture(scope="module")
def server(folder: Path, demo: subprocess.Popen[str]) -> Iterator[Server]:
    assert demo.pid
    with prefect_server(folder) as running:
        yield running


@pytest.fixture(scope="module")
def ran(server: Server, folder: Path) -> subprocess.CompletedProcess[str]:
    """The three runs, on a store that the tests then read."""
    with pytest.MonkeyPatch.context() as patch:
        equip(folder, patch, {**GATES, "openrouter": {**GATE, "minimum_listings": 1000}})
        (folder / "gates.toml").rename(folder / "closed.toml")
        equip(folder, patch)
    with playing(recording.models()) as url:
        return server.run(
            sys.executable,
            "-c",
            RUNS,
            str(folder / "store"),
            str(folder / "closed.toml"),
            PASSPORTS_OPENROUTER_URL=url,
            PASSPORTS_SIGNING_KEY=signing_key_to_jwk(SEED),
            PASSPORTS_GATES_FILE=str(folder / "gates.toml"),
            OPEN_GATES=str(folder / "gates.toml"),
            PASSPORTS_MODELSDEV_URL=f"{url}/nothing",
        )


@pytest.mark.usefixtures("server")  # both start at once
def test_the_demo_publishes_and_verifies_everything_without_a_setting(
    demo: subprocess.Popen[str], folder: Path
) -> None:
    out, err = demo.communicate(timeout=LIMIT_S)
    assert demo.returncode == 0, err
    assert "29 = 22 passports + 4 offers merged + 2 aliases + 1 quarantined" in out
    assert "example-lab/negative-price" in out
    assert "22 of 22 passports verified" in out
    assert "crawl openrouter: 29" in err
    assert "Traceback" not in err
    passports = [path.name for path in (folder / "demo/public/api/v1/passport").iterdir()]
    assert len(passports) == 22


def test_what_the_demo_published_is_verified_from_outside(demo: subprocess.Popen[str], folder: Path) -> None:
    demo.wait(LIMIT_S)
    key = demo_signer().key_id
    ended = subprocess.run(
        [*PASSPORTS, "verify", "--all", "--key", key, "--at", "2026-04-22T08:12:12.000Z"],
        cwd=folder / "demo",
        env=surroundings(folder / "demo-home"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "22 of 22 passports verified" in ended.stdout


def test_prefect_sends_nothing_home_unless_it_is_asked_to(folder: Path) -> None:
    shown = "import flows.orchestration.refresh, os; from prefect.settings import get_current_settings as now"
    shown += "; print(os.environ['DO_NOT_TRACK'], now().server.analytics_enabled, now().server.ephemeral)"
    ended = subprocess.run(
        [sys.executable, "-c", shown],
        cwd=ROOT,
        env=surroundings(folder / "h"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.startswith("1 False ")
    assert "startup_timeout_seconds=120" in ended.stdout


def test_the_runs_do_what_they_are_for(ran: subprocess.CompletedProcess[str], folder: Path) -> None:
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("closed: openrouter: listings in the crawl: 29, required: 1000")
    rows = {row.slug: row for row in reader(folder / "store").rows()}
    assert len(rows) == 22
    assert {slug for slug, row in rows.items() if row.generation > 1} == {QWEN}
    assert rows[QWEN].previous
    assert len(list((folder / "store/registry/runs").iterdir())) == 4
    assert "partial: published without modelsdev: passports still use the last good listings" in ran.stdout


def test_a_run_ends_in_prefect_as_it_ended(ran: subprocess.CompletedProcess[str], server: Server) -> None:
    assert ran.returncode == 0, ran.stderr
    flows = {flow["id"]: flow["name"] for flow in server.ask("/flows/filter")}
    found = sorted(server.ask("/flow_runs/filter"), key=lambda run: run["start_time"])
    states = [(flows[run["flow_id"]], run["state"]["type"]) for run in found]
    assert states[:3] == [("refresh", "COMPLETED"), ("rescrape", "COMPLETED"), ("refresh", "FAILED")]
    assert states[3] == ("refresh", "FAILED"), "a run without one of its sources is not done"
    assert "published without modelsdev" in found[3]["state"]["message"]
    assert "listings in the crawl: 29, required: 1000" in found[2]["state"]["message"]
    tasks = server.ask("/task_runs/filter", flow_runs={"id": {"any_": [found[2]["id"]]}})
    assert {task["name"].split("-")[0]: (task["state"]["type"], task["run_count"]) for task in tasks} == {
        "crawl openrouter": ("COMPLETED", 1),
        "ingest": ("COMPLETED", 1),
        "extract": ("COMPLETED", 1),
        "assemble": ("FAILED", 1),
    }, "a closed gate is not tried again"
    tasks = server.ask("/task_runs/filter", flow_runs={"id": {"any_": [found[0]["id"]]}})
    names = {task["name"].split("-")[0] for task in tasks}
    assert names == {"crawl openrouter", "ingest", "extract", "assemble", "build", "publish"}


def test_a_run_leaves_its_artifacts(ran: subprocess.CompletedProcess[str], server: Server) -> None:
    assert ran.returncode == 0, ran.stderr
    by_key: dict[str, list[Any]] = {}
    for artifact in server.ask("/artifacts/filter", sort="CREATED_DESC"):
        by_key.setdefault(artifact["key"], []).append(artifact["data"])
    summaries = [text for text in by_key["summary"] if isinstance(text, str)]
    assert any("| gate closed: openrouter | minimum_listings: listings in the crawl: 29" in text for text in summaries)
    assert any("29 = 22 passports + 4 offers merged + 2 aliases + 1 quarantined" in text for text in summaries)
    changes = [json.loads(table) for table in by_key["changes"]]
    assert sorted(len(table) for table in changes) == [1, 22]
    assert [{"slug": QWEN, "cause": "source_changed"}] in changes, "its endpoints came"
    refused = json.loads(by_key["quarantine"][0])
    assert [row["listing"] for row in refused] == ["example-lab/negative-price"]


@pytest.fixture(scope="module")
def deployed(server: Server) -> None:
    pool = server.run(*PREFECT, "work-pool", "create", "--type", "process", "passports")
    assert pool.returncode == 0, pool.stderr
    done = server.run(*PREFECT, "deploy", "--all")
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_interrupted_refresh_leaves_the_store_as_it_was(
    ran: subprocess.CompletedProcess[str], server: Server, folder: Path
) -> None:
    assert ran.returncode == 0, ran.stderr
    before = files(folder / "store")
    with serving(always="429", retry_after="250") as source:
        settings = {
            "PASSPORTS_OPENROUTER_URL": source.url,
            "PASSPORTS_SIGNING_KEY": signing_key_to_jwk(SEED),
            "PASSPORTS_STORE": str(folder / "store"),
        }
        process = subprocess.Popen(
            [*PASSPORTS, "refresh"],
            cwd=ROOT,
            env=server.environment | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_until_running(server, "job", process)
        until(source.asked)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130, err
    assert "interrupted: the store still serves the last complete publication" in err
    assert "Traceback" not in err
    assert files(folder / "store") == before
    assert "RUNNING" not in states_of(server, "job")


def states_of(server: Server, flow: str) -> set[str]:
    return {run["state"]["type"] for run in server.ask("/flow_runs/filter", flows={"name": {"any_": [flow]}})}


def wait_until_running(server: Server, flow: str, process: subprocess.Popen[str]) -> None:
    until(lambda: "RUNNING" in states_of(server, flow) or process.poll() is not None)
    assert process.poll() is None


@pytest.mark.usefixtures("deployed")
@pytest.mark.slow
def test_a_deployed_run_is_done_by_a_worker(
    ran: subprocess.CompletedProcess[str], server: Server, folder: Path
) -> None:
    assert ran.returncode == 0, ran.stderr
    before = reader(folder / "store").row(QWEN)
    deployment = server.ask("/deployments/filter", deployments={"name": {"any_": ["rescrape"]}})[0]
    with playing(recording.models()) as url:
        parameters = {"slug": QWEN, "store": str(folder / "store")}
        run = server.ask(f"/deployments/{deployment['id']}/create_flow_run", parameters=parameters)
        worker = server.run(
            *PREFECT,
            *("worker", "start", "--pool", "passports", "--run-once"),
            PASSPORTS_OPENROUTER_URL=url,
            PASSPORTS_SIGNING_KEY=signing_key_to_jwk(SEED),
            PASSPORTS_GATES_FILE=str(folder / "gates.toml"),
        )
    [state] = [run["state"]["type"] for run in server.ask("/flow_runs/filter", flow_runs={"id": {"any_": [run["id"]]}})]
    assert state == "COMPLETED", worker.stdout + worker.stderr
    after = reader(folder / "store").row(QWEN)
    assert before is not None
    assert after is not None
    assert (after.previous, after.cause) == (before.object, "refreshed")


def test_nothing_that_the_server_can_tell_is_the_key(ran: subprocess.CompletedProcess[str], server: Server) -> None:
    assert ran.returncode == 0, ran.stderr
    private = json.loads(signing_key_to_jwk(SEED))["d"]
    reported = {
        kind: json.dumps(server.ask(f"/{kind}/filter"))
        for kind in ("flow_runs", "task_runs", "logs", "artifacts", "flows", "deployments", "events", "variables")
    }
    reported["block_documents"] = json.dumps(server.ask("/block_documents/filter", include_secrets=True))
    assert QWEN in reported["flow_runs"]
    assert len(json.loads(reported["logs"])) > 3
    for kind, text in {**reported, "output": ran.stdout + ran.stderr}.items():
        assert not [spelling for spelling in (private, SEED.hex(), repr(SEED)) if spelling in text], kind
