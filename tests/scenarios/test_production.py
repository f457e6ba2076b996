"""Runs as in production: a Prefect server on PostgreSQL, a work pool, a worker; and the files that set it up."""

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.config.settings import Settings
from flows.demo import recording
from flows.orchestration.deployments import read_deployments
from tests.support.house import ROOMS
from tests.support.object_stores import ServerMissingError
from tests.support.postgres import Postgres, postgres
from tests.support.prefect_server import PREFECT, ROOT, Server, beside, crawling, kill_all, prefect_server, publishing
from tests.support.runs import equip, playing, reader
from tests.support.spiders.server import serving
from tests.support.waiting import until

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
HEARTBEATS = {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"}
WORKER = (*PREFECT, "worker", "start", "--pool", "passports", "--limit", "1")
VERSION = re.compile(r"uv==([\d.]+)")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("production")
    with pytest.MonkeyPatch.context() as patch:
        equip(path, patch)
    return path


@pytest.fixture(scope="module")
def database(folder: Path) -> Iterator[Postgres]:
    try:
        with postgres(folder) as running:
            yield running
    except ServerMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def server(folder: Path, database: Postgres) -> Iterator[Server]:
    with prefect_server(folder, PREFECT_SERVER_DATABASE_CONNECTION_URL=database.url) as running:
        yield running


@pytest.fixture(scope="module")
def prepared(server: Server) -> None:
    """The script that is run before a worker starts; twice, as it is at every start."""
    path = f"{Path(PREFECT[0]).parent}{os.pathsep}{os.environ['PATH']}"
    for _ in range(2):
        done = server.run(str(DEPLOY / "prepare"), PATH=path)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.harness
@pytest.mark.slow
@pytest.mark.usefixtures("prepared")
class TestOnPostgres:
    def test_all_is_prepared_once(self, server: Server) -> None:
        assert set(server.deployments()) == {one.name for one in read_deployments()}
        assert [pool["name"] for pool in server.ask("/work_pools/filter")] == ["passports"]
        assert [found["name"] for found in server.ask("/automations/filter")] == ["passports dead runs"]
        for deployment in server.deployments().values():
            assert deployment["global_concurrency_limit"]["limit"] == 1
            assert deployment["job_variables"] == {}

    def test_a_worker_does_a_deployed_refresh(self, server: Server, folder: Path) -> None:
        with (
            playing(recording.models()) as url,
            beside(WORKER, server.environment | HEARTBEATS | publishing(folder, url), folder / "worker.log"),
        ):
            server.wait_for(server.start("refresh-openrouter"), "COMPLETED")
        assert len(list(reader(folder / "store", at=datetime.now(UTC)).rows())) == 22

    def test_a_source_that_the_worker_does_not_crawl_is_skipped(self, server: Server, folder: Path) -> None:
        with beside(WORKER, server.environment | publishing(folder, "http://127.0.0.1:9"), folder / "worker.log"):
            state = server.wait_for(server.start("refresh-openrouter", sources=["modelsdev"]), "COMPLETED")
        assert (state["name"], state["message"]) == ("Skipped", "not in PASSPORTS_SOURCES: modelsdev")

    def test_a_run_that_was_killed_with_its_worker_does_not_keep_the_next_from_running(
        self, server: Server, folder: Path
    ) -> None:
        with serving(always="429", retry_after="250") as stuck:
            environment = server.environment | HEARTBEATS | publishing(folder, stuck.url)
            with beside(WORKER, environment, folder / "killed.log") as worker:
                dead = server.start("refresh-openrouter")
                until(lambda: stuck.asked() and crawling(worker.pid))
                kill_all(worker)
        following = server.start("refresh-openrouter")
        with (
            playing(recording.models()) as url,
            beside(WORKER, server.environment | HEARTBEATS | publishing(folder, url), folder / "worker.log"),
        ):
            state = server.wait_for(dead, "CRASHED")
            server.wait_for(following, "COMPLETED")
        assert state["message"].startswith("No heartbeat for 90 s")


def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((DEPLOY / "docker-compose.yml").read_text())
    return document


def uv_of(path: Path) -> str:
    found = re.search(r"uv(?:==|_VERSION := )([\d.]+)", path.read_text(), re.IGNORECASE)
    assert found
    return found[1]


def test_the_image_is_built_with_the_versions_of_the_makefile_and_the_lock() -> None:
    image = (DEPLOY / "Dockerfile").read_text()
    assert uv_of(DEPLOY / "Dockerfile") == uv_of(ROOT / "Makefile")
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert f"FROM python:{requires.removeprefix('>=')}-slim" in image
    assert "uv sync --frozen" in image


def test_the_image_holds_every_room_and_what_they_read() -> None:
    image = (DEPLOY / "Dockerfile").read_text()
    copied = {word for line in re.findall(r"^COPY (.*) \S+$", image, re.MULTILINE) for word in line.split()}
    needed = {*ROOMS, "deploy/wheel", "prefect.yaml", "scrapy.cfg", "uv.lock", "deploy/prepare"}
    assert needed <= copied
    assert all((ROOT / name).exists() for name in copied)
    assert not {name for name in copied if name.startswith((".", "tests", "public"))}


UV = ROOT / ".tools/bin/uv"


@pytest.mark.slow
@pytest.mark.skipif(not UV.exists(), reason="uv is not installed: run `make venv`")
def test_what_the_image_holds_installs_and_runs_by_itself(tmp_path: Path) -> None:
    app, data = tmp_path / "app", tmp_path / "data"
    surroundings = {"HOME": str(tmp_path), "PATH": f"{UV.parent}{os.pathsep}{os.environ['PATH']}"}
    surroundings |= {name: value for name, value in os.environ.items() if name.startswith(("UV_", "PIP_", "SSL_"))}
    for line in (DEPLOY / "Dockerfile").read_text().splitlines():
        step, _, order = line.partition(" ")
        if step == "COPY":
            *names, into = order.split()
            copy_into(app, names, into)
        elif step == "ENV":
            surroundings |= dict(word.split("=", 1) for word in order.split() if not word.startswith("PATH="))
        elif step == "RUN" and order.startswith("uv "):
            subprocess.run(shlex.split(order), cwd=app, env=surroundings, check=True, capture_output=True)
    commands = app / ".venv/bin"
    own = surroundings | {"PATH": f"{commands}{os.pathsep}/usr/bin:/bin", "PASSPORTS_STORE": str(data / "public")}
    done = subprocess.run(
        [commands / "passports", "demo"], cwd=app, env=own, capture_output=True, text=True, check=True
    )
    assert "22 of 22 passports verified" in done.stdout
    listed = "from flows.orchestration.deployments import read_deployments as read; print(len(read()))"
    reported = subprocess.run([commands / "python", "-c", listed], cwd=app, env=own, capture_output=True, check=True)
    assert int(reported.stdout) == len(read_deployments())


def copy_into(app: Path, names: list[str], into: str) -> None:
    """COPY as an image is built: a folder's content into a folder, files into a folder or under a name."""
    for name in names:
        source, target = ROOT / name, app / into
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target = target / source.name if into.endswith("/") else target
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


def test_the_image_does_not_run_as_root() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    assert lines.index("USER passports") < lines.index('ENTRYPOINT ["passports"]')


def test_every_service_runs_what_is_in_the_image_or_an_image_of_the_tested_database() -> None:
    services = compose()["services"]
    assert set(services) == {"database", "server", "prepare", "worker", "web"}
    for name, service in services.items():
        if name != "database":
            assert service["build"] == {"context": "..", "dockerfile": "deploy/Dockerfile"}
            assert command_exists(service["entrypoint"][0])
    assert services["worker"]["entrypoint"][1:] == list(WORKER[4:])
    assert services["database"]["image"] == "postgres:15"


def test_no_password_is_in_a_file_and_nothing_starts_without_one() -> None:
    text = (DEPLOY / "docker-compose.yml").read_text()
    for name in ("POSTGRES_PASSWORD", "PREFECT_AUTH", "SIGNING_KEY_FILE"):
        assert f"${{{name}:?" in text
    ports = [port for service in compose()["services"].values() for port in service.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert compose()["services"]["worker"]["environment"].keys().isdisjoint({"PASSPORTS_SIGNING_KEY"})


def test_every_setting_that_is_set_is_one() -> None:
    named = set(
        re.findall(r"PASSPORTS_([A-Z_]+)", "".join(path.read_text() for path in DEPLOY.iterdir() if path.is_file()))
    )
    assert {name.lower() for name in named} <= set(Settings.model_fields)
    from prefect.settings import Settings as PrefectSettings  # noqa: PLC0415 - slow, and only here

    known = {name for field in prefect_names(PrefectSettings) for name in field}
    used = set(re.findall(r"PREFECT_[A-Z_]+", "".join(path.read_text() for path in DEPLOY.iterdir() if path.is_file())))
    assert used - known - {"PREFECT_AUTH"} == set()


def prefect_names(model: Any) -> Iterator[set[str]]:
    for field in model.model_fields.values():
        if isinstance(field.annotation, type) and hasattr(field.annotation, "model_fields"):
            yield from prefect_names(field.annotation)
        choices = getattr(field.validation_alias, "choices", [])
        yield {str(choice).upper() for choice in choices}
    prefix = model.model_config.get("env_prefix", "")
    yield {f"{prefix}{name}".upper() for name in model.model_fields}


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_a_command_that_exists_and_is_confined(unit: Path) -> None:
    parsed = configparser.RawConfigParser(strict=False, delimiters=("=",))
    parsed.optionxform = str  # type: ignore[assignment, method-assign]
    parsed.read_string(unit.read_text())
    service = parsed["Service"]
    for key in ("ExecStartPre", "ExecStart"):
        if command := service.get(key):
            program, *arguments = shlex.split(command)
            relative = Path(program).relative_to("/opt/passports")
            assert command_exists(relative.name) or (ROOT / relative).exists()
            if relative.name in {"prefect", "passports"}:
                helped = [
                    Path(PREFECT[0]).parent / relative.name,
                    *arguments[: 1 + (relative.name == "prefect")],
                    "--help",
                ]
                assert subprocess.run(helped, capture_output=True, check=False).returncode == 0
    confined = {"NoNewPrivileges", "PrivateTmp", "ProtectHome"}
    assert service.get("DynamicUser") == "yes" or service["User"] == "passports"
    assert all(service[key] == "yes" for key in confined)
    assert service["Restart"] == "always"
    assert "SIGNING_KEY=" not in unit.read_text()


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_has_nothing_against_a_unit(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    here = tmp_path / unit.name
    here.write_text(unit.read_text().replace("/opt/passports", str(ROOT)))
    done = subprocess.run(["systemd-analyze", "verify", here], capture_output=True, text=True, check=False)
    about_it = [line for line in done.stderr.splitlines() if unit.name in line]
    assert about_it == []


def command_exists(name: str) -> bool:
    return (Path(PREFECT[0]).parent / name).exists() or (ROOT / name).exists()


def test_preparing_waits_for_a_server_that_is_starting(tmp_path: Path) -> None:
    said = (DEPLOY / "prepare").read_text()
    assert said.index("is_healthy") < said.index("work-pool create")
    (tmp_path / "prefect").write_text("#!/bin/sh\necho begun\nexit 1\n")
    (tmp_path / "prefect").chmod(0o755)
    (tmp_path / "sleep").write_text("#!/bin/sh\n")  # the waits, not what is waited for
    (tmp_path / "sleep").chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}/usr/bin:/bin"
    environment = {"PATH": path, "PREFECT_API_URL": "http://127.0.0.1:9/api", "HOME": str(tmp_path)}
    text = said.replace("tries=60", "tries=2").replace('cd "$(dirname "$0")/.."', f"cd {ROOT}")
    done = subprocess.run(["sh", "-c", text], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "no Prefect server answers at http://127.0.0.1:9/api: start it, and run this again\n"
