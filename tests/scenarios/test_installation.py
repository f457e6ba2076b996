"""The wheel, built and installed as a user would, away from the checkout: the plain one, and one with an extra."""

import json
import os
import pwd
import signal
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import pytest

from flows.config.extras import EXTRAS
from flows.demo import recording
from flows.demo.config import demo_signer
from schemas.sources import CRAWLS
from tests.support.house import ROOMS
from tests.support.prefect_server import ROOT
from tests.support.runs import equip, playing
from tests.support.waiting import LIMIT_S

UV = ROOT / ".tools/bin/uv"
QWEN = "qwen-qwq-32b"
SENT = ("PATH", "HOME", "UV_", "PIP_", "SSL_", "XDG_CACHE_HOME")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not UV.exists(), reason="uv is not installed: run `make venv`"),
]


def uv(*arguments: object, **variables: str) -> None:
    kept = {name: value for name, value in os.environ.items() if name.startswith(SENT)}
    fetched = {"UV_CACHE_DIR": str(Path(pwd.getpwuid(os.getuid()).pw_dir) / ".cache/uv")}  # by `make venv`
    subprocess.run(
        [UV, *map(str, arguments)], cwd=ROOT, env=fetched | kept | variables, check=True, capture_output=True
    )


class Installed(NamedTuple):
    """An installation of the wheel by `uv tool install`, and an empty folder to use it in."""

    tools: Path
    folder: Path

    @property
    def python(self) -> Path:
        return self.tools / "tools/passports/bin/python"

    def __call__(self, *command: object, **settings: str) -> subprocess.CompletedProcess[str]:
        return self.run(self.tools / "bin/passports", *command, **settings)

    def run(self, *command: object, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*map(str, command)],
            cwd=self.folder,
            env=self.environment(**settings),
            capture_output=True,
            text=True,
            check=False,
        )

    def environment(self, **settings: str) -> dict[str, str]:
        own = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder / "home"), "PASSPORTS_SOURCES": "openrouter"}
        own["PASSPORTS_GATES_FILE"] = str(self.tools / "gates.toml")
        facets = {f"PASSPORTS_OPENROUTER_{facet.upper()}": "false" for facet in CRAWLS["openrouter"].facets}
        return own | facets | settings


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution, as `uv build` does."""
    out = tmp_path_factory.mktemp("dist")
    uv("build", "--out-dir", out)
    assert len(list(out.glob("*.tar.gz"))) == 1
    [built] = out.glob("*.whl")
    return built


def installation(root: Path, wheel: Path, extra: str = "") -> Installed:
    """Install the wheel with the versions of the lock."""
    versions = root / "versions.txt"
    uv("export", "--frozen", "--all-extras", "--no-dev", "--no-hashes", "--no-emit-project", "--output-file", versions)
    where = {"UV_TOOL_DIR": str(root / "tools"), "UV_TOOL_BIN_DIR": str(root / "bin")}
    uv("tool", "install", f"{wheel}{extra}", "--constraints", versions, "--compile-bytecode", **where)
    (root / "folder").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        equip(root, patch)
    return Installed(root, root / "folder")


@pytest.fixture(scope="module")
def plain(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return installation(tmp_path_factory.mktemp("plain"), wheel)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with playing(recording.models()) as served:
        yield served


def test_the_wheel_has_every_file_of_the_rooms_and_one_name(wheel: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "--", *ROOMS], cwd=ROOT, check=True, capture_output=True, text=True)
    with ZipFile(wheel) as opened:
        names = set(opened.namelist())
    assert {f"passports/packages/{name}" for name in listed.stdout.split()} <= names
    assert "passports/packages/prefect.yaml" in names
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"passports"}


def test_the_plain_installation_does_what_needs_no_extra(plain: Installed, url: str) -> None:
    assert "22 of 22 passports verified" in plain("demo").stdout
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert plain("--version").stdout == f"passports {version}\n"
    done = plain("refresh", PASSPORTS_OPENROUTER_URL=url)
    assert (done.returncode, done.stdout.splitlines()[0].endswith("(refresh): done")) == (0, True), done.stderr
    for command in (("verify", "--all"), ("verify", QWEN, "--evidence"), ("show", QWEN), ("list",), ("diff", QWEN)):
        done = plain(*command)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    assert plain("rescrape", QWEN, PASSPORTS_OPENROUTER_URL=url).returncode == 0
    assert plain("status").returncode == 0
    doctor = plain("doctor", PASSPORTS_OPENROUTER_URL=url)
    assert doctor.returncode == 0, doctor.stdout


def test_what_needs_an_extra_names_it_and_how_to_install_it(plain: Installed) -> None:
    tried = {
        "schedule": [plain("schedule"), plain("demo", PREFECT_API_URL="http://127.0.0.1:9/api")],
        "dask": [plain("demo", PASSPORTS_TASK_RUNNER="dask")],
        "extractor": [plain("demo", PASSPORTS_EXTRACTOR_URL="http://127.0.0.1:9", PASSPORTS_EXTRACTOR_MODEL="m")],
        "mcp": [plain("mcp")],
    }
    assert tried.keys() == EXTRAS.keys()
    for extra, ended in tried.items():
        for done in ended:
            assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
            assert f'not installed: `pip install "passports[{extra}]"`, or in a checkout `make venv`' in done.stderr


def test_its_packages_are_nobodys_but_its_own(plain: Installed) -> None:
    plain("demo", "--store", "read")
    key = demo_signer().key_id
    tried = f"from passports import Registry; print(len(Registry.open('read', key='{key}', remember=False)))"
    listed = plain.run(plain.python, "-c", tried)
    assert listed.stdout == "22\n", listed.stderr
    for name in ROOMS:
        assert plain.run(plain.python, "-P", "-c", f"import {name}").returncode == 1
    other = plain.folder / "other"
    other.mkdir()
    (other / "flows.py").write_text("")
    clash = plain.run(plain.python, "-P", "-c", tried, PYTHONPATH=str(other))
    said = f"passports has a package named 'flows', and so has this process, from {other / 'flows.py'}: "
    assert said in clash.stderr.splitlines()[-1]
    assert plain("list", "--store", "read", "--key", key, PYTHONPATH=str(other)).returncode == 0


def test_schedules_are_served_where_their_extra_is_installed(wheel: Path, tmp_path: Path, url: str) -> None:
    scheduled = installation(tmp_path, wheel, "[schedule]")
    environment = scheduled.environment(PASSPORTS_OPENROUTER_URL=url, PASSPORTS_STORE=str(tmp_path / "store"))
    with subprocess.Popen(
        [scheduled.tools / "bin/passports", "schedule"],
        cwd=scheduled.folder,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "refresh-openrouter" in "".join(process.stdout.readline() for _ in range(4))
        run = [scheduled.tools / "bin/passports", "refresh", "--json"]  # a flow on the server of the schedule
        done = subprocess.run(run, cwd=scheduled.folder, env=environment, capture_output=True, text=True, check=False)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0
    assert (done.returncode, json.loads(done.stdout)["report"]["state"]) == (0, "done"), done.stderr
