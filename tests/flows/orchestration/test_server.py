"""How commands find the Prefect server that a schedule of the same user runs."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from flows.demo import replay
from flows.job.locks import only_process
from flows.orchestration.server import MESSAGES, in_a_line, leave_address, scheduling, server_of_the_schedule


class Healthy(BaseHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/api/health" else 404)
        self.end_headers()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    return tmp_path / "prefect"


@contextmanager
def scheduled(home: Path, api_url: str | None) -> Iterator[None]:
    with only_process(scheduling(str(home))) as folder:
        if api_url:
            leave_address(folder, api_url)
        yield


def test_the_server_of_a_schedule_is_found_while_both_are_there(home: Path) -> None:
    with replay.listening(Healthy) as url:
        assert server_of_the_schedule() is None
        with scheduled(home, None):
            assert server_of_the_schedule() is None, "it is still starting"
        with scheduled(home, f"{url}/api"):
            assert server_of_the_schedule() == f"{url}/api"
        assert server_of_the_schedule() is None, "the schedule has ended, or was killed"
    with scheduled(home, f"{url}/api"):
        assert server_of_the_schedule() is None, "the server has gone"


def test_the_server_of_another_home_is_not_used(home: Path) -> None:
    with replay.listening(Healthy) as url, scheduled(home.with_name("other"), f"{url}/api"):
        assert server_of_the_schedule() is None


@pytest.mark.parametrize(("stated", "whole"), [("database is locked", False), ("no such table", True)])
def test_a_message_that_is_processed_again_is_reported_in_a_line_and_all_else_in_full(
    stated: str, whole: bool, caplog: pytest.LogCaptureFixture
) -> None:
    logger, error = logging.getLogger(MESSAGES), sqlite3.OperationalError(stated)
    logger.addFilter(in_a_line)
    logger.error("Failed in consume_loop", exc_info=error)
    logger.removeFilter(in_a_line)
    assert stated in caplog.text
    assert ("Failed in consume_loop" in caplog.text, "is processed again" in caplog.text) == (whole, not whole)
    assert (caplog.records[0].exc_info is not None) is whole
