"""The tests' own rules: they pass on a machine of any speed, and fetch nothing that no lock names."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.object_stores import SERVED
from tests.support.waiting import LIMIT_S

ROOT = Path(__file__).resolve().parents[1]
AZURITE = ROOT / "tests/support/azurite"
FETCHES = re.compile(r"""["'](npm|npx|pip)["']""")


def test_no_example_has_to_be_tried_within_a_time() -> None:
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check


def test_a_test_may_take_longer_than_whatever_it_waits_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["tool"]["pytest"]["ini_options"]["timeout"] > LIMIT_S


def test_no_test_fetches_a_program() -> None:
    modules = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    assert [path for path in modules if FETCHES.search(path.read_text("utf-8"))] == []


def test_the_lock_pins_each_package_to_its_content_and_to_no_registry_but_the_public_one() -> None:
    wanted, lock = (json.loads((AZURITE / name).read_text("utf-8")) for name in ("package.json", "package-lock.json"))
    root, *packages = lock["packages"].values()
    assert root["dependencies"] == wanted["dependencies"]
    assert all(version[0].isdigit() for version in wanted["dependencies"].values()), "no ranges"
    assert len(packages) > 100
    assert [package for package in packages if not package["integrity"].startswith("sha512-")] == []
    elsewhere = [package for package in packages if "resolved" in package]
    assert [p for p in elsewhere if not p["resolved"].startswith("https://registry.npmjs.org/")] == []


def test_what_needs_a_server_from_npm_is_slow() -> None:
    [azure] = [param for param in SERVED if param.values == ("azure",)]
    assert pytest.mark.slow in azure.marks
