"""`passports schedule` on a real Prefect server: what it serves, and what becomes of its runs."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext

from flows.audit.copy_check import check_copy
from flows.demo import recording
from flows.orchestration.deployments import ScheduleError, read_deployments, switched_on
from flows.orchestration.refresh import waiting_s
from flows.publish.protocol import publish
from flows.registry.reader import Reader
from flows.store.local import LocalStore
from schemas.sources import CRAWLS
from tests.support.prefect_server import (
    PASSPORTS,
    Holding,
    Server,
    beside,
    crawling,
    prefect_server,
    publishing,
)
from tests.support.publications import publication, publish_versions, publisher
from tests.support.publications import reader as reading
from tests.support.runs import edited, equip, files, playing, reader
from tests.support.waiting import LIMIT_S, until

NOW = datetime(2026, 4, 22, 12, tzinfo=UTC)


def test_every_source_is_refreshed_by_a_schedule_of_its_own_and_waits_a_while_first() -> None:
    refreshes = [one for one in read_deployments() if one.entrypoint == "flows.orchestration.refresh.refresh"]
    assert {one.sources for one in refreshes} >= {(source,) for source in CRAWLS}
    assert all(one.name == f"refresh-{one.sources[0]}" and len(one.schedules) == 1 for one in refreshes)
    assert all(0 < one.parameters["jitter_s"] <= 1800 for one in refreshes)
    minutes = [timetable.cron.split()[0] for one in read_deployments() for timetable in one.schedules]
    assert len(set(minutes)) == len(minutes), "no two begin in the same minute"


def test_every_deployment_has_one_run_at_a_time_and_the_others_wait_in_line() -> None:
    limits = {(one.concurrency_limit.limit, one.concurrency_limit.collision_strategy) for one in read_deployments()}
    assert limits == {(1, "ENQUEUE")}


def test_a_deployment_runs_next_when_the_first_of_its_crons_says() -> None:
    by_name = {one.name: one for one in read_deployments()}
    assert asyncio.run(by_name["refresh-openrouter"].next_run(NOW)) == datetime(2026, 4, 22, 12, 17, tzinfo=UTC)
    assert asyncio.run(by_name["refresh-github"].next_run(NOW)) == datetime(2026, 4, 23, 5, 11, tzinfo=UTC)
    assert asyncio.run(by_name["rescrape"].next_run(NOW)) is None


def test_a_run_that_no_schedule_started_begins_at_once() -> None:
    assert waiting_s(600) == 0


def test_a_run_that_a_schedule_started_waits_a_while_at_most() -> None:
    run = FlowRun(flow_id=uuid4(), auto_scheduled=True)
    context = FlowRunContext.model_construct(flow_run=run)
    with context:
        drawn = [waiting_s(600) for _ in range(50)]
        assert waiting_s(0) == 0
    assert all(0 <= wait <= 600 for wait in drawn)
    assert len(set(drawn)) > 1


def test_a_source_that_is_switched_off_is_not_served() -> None:
    names = [one.name for one in switched_on(read_deployments(), ("openrouter",))]
    assert names == ["refresh-openrouter", "watch", "rescrape", "publish"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "is missing: run the schedules from a checkout"),
        ("deployments: [{name: refresh}]", "description"),
        ("deployments: 3", "not iterable"),
        ("{}", "deployments"),
        ("deployments: [", "flow node"),
        ("[]", "list indices"),
    ],
)
def test_a_file_that_says_nothing_of_use_is_an_error(content: str | None, message: str, tmp_path: Path) -> None:
    file = tmp_path / "prefect.yaml"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ScheduleError, match=message) as error:
        read_deployments(file)
    assert str(file) in str(error.value)


def test_a_publication_that_has_to_wait_for_another_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def publish_nothing() -> None:
        with LocalStore(tmp_path).lock():
            pass

    with ThreadPoolExecutor(1) as pool:
        with LocalStore(tmp_path).lock():
            waiting = pool.submit(publish_nothing)
            until(lambda: f"{tmp_path}: another run is publishing: waiting until it ends" in caplog.text)
            assert not waiting.done()
        waiting.result(LIMIT_S)
    publish_nothing()
    assert len(caplog.records) == 1


def test_a_run_that_another_overtook_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = LocalStore(tmp_path)
    publish_versions(store, {"acme-tern": 1}, nonce="1")
    base = reading(store)
    publish_versions(store, {"acme-tern": 2}, nonce="2")
    assert caplog.text == ""
    publish(
        publisher(store, "3"),
        publication({"acme-owl": 1}, base, run="run-3"),
        base=base,
        rebase=lambda newer: publication({"acme-owl": 1}, newer, run="run-3"),
    )
    assert f"{tmp_path}: another run published meanwhile: building again on its generation" in caplog.text
    assert {row.slug for row in reading(store).rows()} == {"acme-tern", "acme-owl"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("schedule")
    with pytest.MonkeyPatch.context() as patch:
        equip(path, patch)
    return path


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with prefect_server(folder) as running:
        yield running


@pytest.fixture(scope="module")
def source() -> Holding:
    return Holding()


@pytest.fixture(scope="module")
def served(folder: Path, server: Server, source: Holding) -> Iterator[subprocess.Popen[bytes]]:
    """`passports schedule`, on a recording."""
    log = folder / "schedule.log"
    with source.listening() as url:
        with beside((*PASSPORTS, "schedule"), server.environment | publishing(folder, url), log) as process:
            until(lambda: "running the schedules for" in log.read_text() or process.poll() is not None)
            until(lambda: len(server.deployments()) == 4 or process.poll() is not None)
            assert process.poll() is None, log.read_text()
            yield process
        source.held.clear()


@pytest.fixture(scope="module")
def refreshed(server: Server, served: subprocess.Popen[bytes]) -> str:
    """The first run, which other tests build on."""
    assert served.poll() is None
    run = server.start("refresh-openrouter")
    server.wait_for(run, "COMPLETED")
    return run


def served_now(folder: Path) -> Reader:
    return reader(folder / "store", at=datetime.now(UTC))


@pytest.mark.harness
@pytest.mark.slow
@pytest.mark.usefixtures("served")
class TestServed:
    def test_what_is_served_is_shown_with_the_next_times(self, folder: Path) -> None:
        shown = (folder / "schedule.log").read_text()
        names = [line.split()[0] for line in shown.splitlines()[1:5]]
        assert names == ["refresh-openrouter", "watch", "rescrape", "publish"]
        assert ":17 UTC" in shown
        assert "on request" in shown
        assert f"running the schedules for {folder / 'store'}, one run at a time" in shown

    def test_the_server_knows_what_prefect_yaml_says(self, server: Server) -> None:
        found = server.deployments()
        crons = {name: [schedule["schedule"]["cron"] for schedule in one["schedules"]] for name, one in found.items()}
        assert crons == {
            "refresh-openrouter": ["17 */6 * * *"],
            "watch": ["53 * * * *"],
            "rescrape": [],
            "publish": [],
        }
        for deployment in found.values():
            assert deployment["global_concurrency_limit"]["limit"] == 1
            assert deployment["concurrency_options"]["collision_strategy"] == "ENQUEUE"
            assert deployment["job_variables"] == {}
            assert not deployment["paused"]
        assert found["refresh-openrouter"]["entrypoint"] == "flows.orchestration.refresh.refresh"
        assert found["rescrape"]["parameter_openapi_schema"]["required"] == ["slug"]

    def test_dead_runs_are_watched_for(self, server: Server) -> None:
        [found] = server.ask("/automations/filter")
        assert (found["name"], found["enabled"]) == ("passports dead runs", True)

    def test_what_a_cron_asks_for_is_planned(self, server: Server) -> None:
        def planned() -> set[str]:
            runs = server.ask("/flow_runs/filter", flow_runs={"state": {"type": {"any_": ["SCHEDULED"]}}})
            return {run["deployment_id"] for run in runs if run["auto_scheduled"]}

        wanted = {server.deployments()[name]["id"] for name in ("refresh-openrouter", "watch")}
        until(lambda: planned() >= wanted)

    @pytest.mark.usefixtures("refreshed")
    def test_a_refresh_is_published_and_another_store_brought_up_to_date(self, server: Server, folder: Path) -> None:
        assert len(list(served_now(folder).rows())) == 22
        server.wait_for(server.start("publish", to=str(folder / "mirror")), "COMPLETED")
        pointers = {(folder / name / "registry/timestamp.json").read_bytes() for name in ("store", "mirror")}
        assert len(pointers) == 1

    def test_a_run_says_on_prefects_pages_what_each_stage_came_to(self, server: Server, refreshed: str) -> None:
        def logged() -> list[str]:
            logs = server.ask("/logs/filter", logs={"flow_run_id": {"any_": [refreshed]}}, limit=200)
            return [log["message"] for log in logs if log["name"] == "passports"]

        until(lambda: "publish: done" in logged())
        stages = logged()
        assert {"crawl openrouter: 29 listings", "build: 22 passports"} <= {*stages}
        assert len(stages) == len(set(stages)), "a line a stage"

    @pytest.mark.usefixtures("refreshed")
    def test_two_runs_on_one_store_at_once_both_count(self, server: Server, folder: Path, source: Holding) -> None:
        before = served_now(folder).generation
        source.held.set()
        source.asked.clear()
        run = server.start("rescrape", slug="qwen-qwq-32b")
        assert source.asked.wait(LIMIT_S)
        with playing(edited(recording.models(), "openai/gpt-oss-120b", context_length=65536)) as url:
            beside_it = server.run(*PASSPORTS, "refresh", **publishing(folder, url))
        assert beside_it.returncode == 0, beside_it.stderr
        source.held.clear()
        server.wait_for(run, "COMPLETED")
        now = served_now(folder)
        assert now.generation == before + 2
        generations = {row.slug: row.generation for row in now.rows() if row.generation > before}
        assert generations == {"openai-gpt-oss-120b": before + 1, "qwen-qwq-32b": before + 2}
        assert all(check_copy(now, row.slug).verdict.good for row in now.rows())

    @pytest.mark.usefixtures("refreshed")
    def test_a_cancelled_run_ends_its_crawl_although_the_source_does_not_answer_and_leaves_the_store_whole(
        self, server: Server, folder: Path, served: subprocess.Popen[bytes], source: Holding
    ) -> None:
        before = files(folder / "store")
        source.held.set()
        source.asked.clear()
        run = server.start("refresh-openrouter")
        assert source.asked.wait(LIMIT_S)
        assert crawling(served.pid)
        server.cancel(run)
        until(lambda: not crawling(served.pid))
        source.held.clear()
        server.wait_for(run, "CANCELLED")

        assert files(folder / "store") == before
        printed = (folder / "schedule.log").read_text()
        assert "cancelled: its crawl has ended, and the store is as the last complete publication left it" in printed
        assert "Traceback" not in printed
        server.wait_for(server.start("refresh-openrouter"), "COMPLETED")

    @pytest.mark.usefixtures("refreshed")
    def test_a_watch_of_a_fresh_store_completes_and_one_of_a_stale_store_fails(
        self, server: Server, folder: Path
    ) -> None:
        server.wait_for(server.start("watch"), "COMPLETED")
        later = str(int((datetime.now(UTC) + timedelta(days=8)).timestamp()))
        settings = {**publishing(folder, "http://127.0.0.1:9"), "SOURCE_DATE_EPOCH": later}
        failed = server.run(sys.executable, "-c", "from flows.orchestration.watch import watch; watch()", **settings)
        assert "StaleError: openrouter was last crawled 192.0 h ago: stale; 22 passports are stale;" in failed.stderr
        found = server.ask("/flow_runs/filter", flows={"name": {"any_": ["watch"]}}, sort="START_TIME_DESC")
        runs = [run for run in found if run["start_time"]]
        assert [run["state"]["type"] for run in runs] == ["FAILED", "COMPLETED"]
        assert "22 passports are stale" in runs[0]["state"]["message"]
        until(lambda: {event["event"] for event in events(server)} == {"passports.fresh", "passports.stale"})
        [stale] = [event for event in events(server) if event["event"] == "passports.stale"]
        assert stale["resource"]["prefect.resource.name"] == str(folder / "store")
        assert stale["payload"]["ages"] == {"stale": 22}
        shown = server.ask("/artifacts/filter", sort="CREATED_DESC", artifacts={"key": {"any_": ["freshness", "ages"]}})
        text = next(artifact["data"] for artifact in shown if artifact["key"] == "freshness")
        assert "| openrouter | stale: 28 listings, 192.0 h ago (stale after 168 h) |" in text
        assert "(data:image/svg+xml;base64," in text
        assert len(json.loads(next(artifact["data"] for artifact in shown if artifact["key"] == "ages"))) == 22
        assert "passports_stale 22.0" in (folder / "metrics/passports.prom").read_text()


def events(server: Server) -> list[dict[str, Any]]:
    found = server.ask("/events/filter", filter={"event": {"prefix": ["passports."]}})
    listed: list[dict[str, Any]] = found["events"]
    return listed
