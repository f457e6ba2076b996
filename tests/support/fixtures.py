"""Fixtures of the tests of jobs and commands: a key, gates, and a store that a real crawl was published to."""

import shutil
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest

from flows.demo import recording
from tests.support.cli import Terminal
from tests.support.hub_history import Hub
from tests.support.object_stores import Azurite, SeaweedFS, ServerMissingError, running
from tests.support.runs import GATE, GATES, Record, crawled, equip, finish, job_for, playing


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store published from the demo's recording, endpoints included. Not to be changed: see `store`."""
    folder = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch, playing(recording.models()) as url:
        equip(folder, patch)
        patch.setenv("PASSPORTS_ENDPOINTS", "true")
        job = job_for(folder / "store", url=url)
        finish(job, crawled(job))
    return folder / "store"


@pytest.fixture
def equipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a signing key and gates, which the settings name."""
    equip(tmp_path, monkeypatch)
    return tmp_path


@pytest.fixture
def store(published: Path, equipped: Path) -> Path:
    """A copy of the published store, to be changed."""
    return Path(shutil.copytree(published, equipped / "store"))


@pytest.fixture
def records() -> list[Record]:
    """The recording's records, to be edited."""
    return deepcopy(recording.models())


@pytest.fixture
def few() -> list[Record]:
    """Four plain records, to be edited."""
    wanted = {"qwen/qwq-32b", "openai/gpt-oss-120b", "openai/gpt-audio", "meta-llama/llama-3.3-70b-instruct"}
    return [record for record in deepcopy(recording.models()) if record["id"] in wanted]


@pytest.fixture(scope="session")
def seaweedfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedFS]:
    """An S3 server that all tests share; a test that kills one starts another for itself."""
    with running(SeaweedFS, tmp_path_factory.mktemp("seaweedfs")) as server:
        yield server


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """An Azure server that all tests share."""
    try:
        with running(Azurite, tmp_path_factory.mktemp("azurite")) as server:
            yield server
    except ServerMissingError as error:
        pytest.skip(str(error))


@pytest.fixture
def passports(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """The command line: `passports("verify", "--all")`."""
    return Terminal(monkeypatch, capsys)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A Hub to crawl day by day into an empty store; repositories with a million downloads get their own passports."""
    equip(tmp_path, monkeypatch, {**GATES, "openrouter": {**GATE, "minimum_listings": 1}})
    monkeypatch.setenv("PASSPORTS_HUGGINGFACE_MINIMUM_DOWNLOADS", "1000000")
    return Hub(tmp_path / "store")
