"""What needs a library that is not installed names its extra, before anything is done."""

import sys
import tomllib
from pathlib import Path

import pytest

from flows.config.extras import EXTRAS
from tests.support.cli import Terminal
from tests.support.house import ROOT

DONE = [
    ("schedule", ("schedule",), {}),
    ("schedule", ("demo",), {"PREFECT_API_URL": "http://127.0.0.1:9/api"}),
    ("dask", ("demo",), {"PASSPORTS_TASK_RUNNER": "dask"}),
    ("extractor", ("demo",), {"PASSPORTS_EXTRACTOR_URL": "http://127.0.0.1:9", "PASSPORTS_EXTRACTOR_MODEL": "m"}),
    ("mcp", ("mcp",), {}),
]


def missing(extra: str, patch: pytest.MonkeyPatch) -> None:
    """Have Python find no such module, as where it is not installed."""
    patch.setitem(sys.modules, EXTRAS[extra][0], None)


@pytest.mark.parametrize("case", DONE, ids=lambda case: f"{case[0]}: {case[1][0]}")
def test_a_missing_extra_is_named_before_anything_is_done(
    case: tuple[str, tuple[str, ...], dict[str, str]],
    tmp_path: Path,
    passports: Terminal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    extra, command, settings = case
    missing(extra, monkeypatch)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    ended = passports(*command, "--store", tmp_path / "store")
    assert (ended.status, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert f'which is not installed: `pip install "passports[{extra}]"`, or in a checkout `make venv`' in ended.err
    assert not (tmp_path / "store").exists()


def test_the_doctor_finds_a_missing_extra_unfit(
    tmp_path: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing("dask", monkeypatch)
    monkeypatch.setenv("PASSPORTS_TASK_RUNNER", "dask")
    checks = passports("doctor", "--store", tmp_path / "store", "--json").json()["checks"]
    assert {check["name"]: check["state"] for check in checks}["settings"] == "unfit"


def test_every_extra_of_the_package_is_known() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert extras.keys() == EXTRAS.keys()
