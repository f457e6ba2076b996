"""The surroundings of every test: a home of its own, none of this machine's settings, and all the time it needs."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import flows.crawl.process
from schemas.sources import CRAWLS
from tests.support.spiders.warm import warm_crawls

pytest_plugins = ["tests.support.fixtures"]

NUMBER = count()
KEPT = "PASSPORTS_RECORDINGS"
"""Names where the larger recordings are; not a setting of the application."""
NOWHERE = "http://127.0.0.1:9"
"""Nobody listens there: a test that asks a source by mistake fails instead of reaching it."""
SETTINGS = (
    "OPENROUTER_API_KEY",
    "HF_TOKEN",
    "GITHUB_TOKEN",
    "XDG_CACHE_HOME",
    "SOURCE_DATE_EPOCH",
    "PREFECT_API_URL",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "COLUMNS",
    "FORCE_COLOR",
)

# How busy the machine is says nothing about what is tested.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put scenarios first: their files take longest, and begun last they would leave the other processes idle."""
    items.sort(key=lambda item: "/scenarios/" not in item.nodeid)


@pytest.fixture(scope="session", autouse=True)
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("homes")
    with pytest.MonkeyPatch.context() as patch:
        for name in (*SETTINGS, *(name for name in os.environ if name.startswith("PASSPORTS_") and name != KEPT)):
            patch.delenv(name, raising=False)
        patch.setenv("PASSPORTS_SOURCES", "openrouter")
        for source, crawl in CRAWLS.items():
            patch.setenv(f"PASSPORTS_{source.upper()}_URL", NOWHERE)
            for facet in crawl.facets:  # servers of tests answer none, except those of tests that are about facets
                patch.setenv(f"PASSPORTS_{source.upper()}_{facet.upper()}", "false")
        patch.setenv("HOME", str(root / "session"))
        patch.setenv("PREFECT_HOME", str(root / "prefect"))
        yield root


@pytest.fixture(autouse=True)
def home(homes: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that nothing has been put into yet."""
    path = homes / str(next(NUMBER))
    monkeypatch.setenv("HOME", str(path))
    return path


@pytest.fixture(scope="session")
def warm_command() -> Iterator[object]:
    """What orders a warm crawl."""
    with warm_crawls() as warm:
        yield warm.command


@pytest.fixture(autouse=True)
def warm(request: pytest.FixtureRequest, warm_command: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let crawls start warm, except where a test is about how they start."""
    if request.node.get_closest_marker("cold") is None:
        monkeypatch.setattr(flows.crawl.process, "_command", warm_command)
