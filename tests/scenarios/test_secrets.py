"""The private key is in nothing that a run leaves: store, work, logs, Prefect's database, temporary and core files."""

import base64
import json
import os
import resource
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import NamedTuple

import pytest
import zstandard

from benchmarks.attacks.places import EASY_GATE, ROOT
from benchmarks.attacks.servers import OpenRouter, listening_to
from flows.demo.recording import models
from flows.orchestration.server import own_server
from pipelines.signing.keys import Signer, signing_key_to_jwk
from schemas.sources import SOURCE_NAMES
from tests.support.waiting import until

pytestmark = pytest.mark.slow
CLI = (sys.executable, "-P", "-c", "from flows.entry import main; main()")
HASTY = (sys.executable, "-m", "benchmarks.refreshing")
"""A refresh that does not wait between requests, and reads the settings alone."""
AT = "1776859200"
UNLIMITED = resource.RLIM_INFINITY


def needles(seed: bytes) -> dict[str, bytes]:
    """Return what the key looks like: raw, in hexadecimal, and in base64 at each offset in a longer text."""
    found = {"raw": seed, "hex": seed.hex().encode(), "HEX": seed.hex().upper().encode()}
    for offset in range(3):
        whole = base64.b64encode(bytes(offset) + seed)
        inner = whole[4:40] if offset else whole[:40]  # what neither the bytes before nor those after it change
        found |= {
            f"base64 at {offset}": inner,
            f"base64url at {offset}": inner.translate(bytes.maketrans(b"+/", b"-_")),
        }
    return found


class Leak(NamedTuple):
    """A file that has the key, and in which form."""

    path: str
    form: str


def leaks(folder: Path, seed: bytes, *, but: Path) -> list[Leak]:
    """Return every file below a folder that has the key, or has a name that does, but the key's own."""
    wanted = needles(seed)
    found = []
    for path in (path for path in folder.rglob("*") if path.is_file() and path != but):
        body = os.fsencode(path) + path.read_bytes()
        if path.suffix == ".zst":
            body += zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes())
        found += [Leak(str(path.relative_to(folder)), form) for form, needle in wanted.items() if needle in body]
    return found


class Desk:
    """A folder with everything that a publisher has and leaves, and a key that nothing else is like."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url, self.seed = folder, url, secrets.token_bytes(32)
        self.key = folder / "signing-key.jwk"
        self.key.touch(mode=0o600)
        self.key.write_text(signing_key_to_jwk(self.seed))
        for name in ("home", "tmp", "work", "said"):
            (folder / name).mkdir()
        self.gates()

    def gates(self, minimum: int = 0) -> None:
        text = EASY_GATE.replace("minimum_listings = 0", f"minimum_listings = {minimum}")
        (self.folder / "gates.toml").write_text("\n".join(f"[{source}]\n{text}" for source in SOURCE_NAMES))

    def start(
        self, *command: str, limits: Callable[[], None] | None = None, **settings: str
    ) -> subprocess.Popen[bytes]:
        """Start a program that may leave core files; what it prints goes into a file of the folder."""

        def prepare() -> None:
            resource.setrlimit(resource.RLIMIT_CORE, (UNLIMITED, UNLIMITED))
            if limits:
                limits()

        ours = ("PASSPORTS_", "PREFECT_", "XDG_", "AWS_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        own = {
            "HOME": str(self.folder / "home"), "TMPDIR": str(self.folder / "tmp"), "PYTHONPATH": str(ROOT),
            "PREFECT_HOME": str(self.folder / "prefect"), "DO_NOT_TRACK": "1", "SOURCE_DATE_EPOCH": AT,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "PREFECT_LOGGING_LEVEL": "DEBUG",
            "PASSPORTS_STORE": str(self.folder / "store"), "PASSPORTS_SOURCES": "openrouter",
            "PASSPORTS_GATES_FILE": str(self.folder / "gates.toml"), "PASSPORTS_WORK": str(self.folder / "work"),
            "PASSPORTS_OPENROUTER_URL": self.url, "PASSPORTS_METRICS_FILE": str(self.folder / "metrics.prom"),
            "PASSPORTS_SIGNING_KEY_FILE": str(self.key),
        }  # fmt: skip
        said = self.folder / "said" / f"{len(list((self.folder / 'said').iterdir()))}.txt"
        with said.open("wb") as file:
            return subprocess.Popen(
                command,
                env={**kept, **own, **settings},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                preexec_fn=prepare,  # noqa: PLW1509 - limits of the child alone
            )

    def run(self, *command: str, limits: Callable[[], None] | None = None, **settings: str) -> int:
        return self.start(*command, limits=limits, **settings).wait(timeout=180)

    def reached(self, moment: str) -> bool:
        """Whether the only run has begun to crawl, or has printed the name of a later stage."""
        crawling = moment == "crawl" and any((self.folder / "work").glob("passports-run-*/crawl-*"))
        return crawling or f" {moment}" in self.said

    @property
    def said(self) -> str:
        return "".join(path.read_text(errors="replace") for path in sorted((self.folder / "said").iterdir()))

    def ensure_clean(self) -> None:
        assert leaks(self.folder, self.seed, but=self.key) == []


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with listening_to(OpenRouter(deepcopy(models()))) as source:
        yield Desk(tmp_path, source.url)


def test_the_search_finds_a_key_in_every_form(tmp_path: Path) -> None:
    seed = secrets.token_bytes(32)
    forms = {
        "raw": b"x" + seed, "hex": seed.hex().encode(), "upper": seed.hex().upper().encode(),
        "jwk": signing_key_to_jwk(seed).encode(), "in a longer text": base64.b64encode(b"ab" + seed + b"cd"),
        "inside": base64.urlsafe_b64encode(b"a" + seed + b"bcd"), "packed.zst": zstandard.compress(b"x" * 99 + seed),
    }  # fmt: skip
    for name, body in forms.items():
        (tmp_path / name).write_bytes(body)
    assert {leak.path for leak in leaks(tmp_path, seed, but=tmp_path / "none")} == forms.keys()


@pytest.fixture
def prefect(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a Prefect server with its database in the folder."""
    monkeypatch.setenv("PREFECT_HOME", str(desk.folder / "prefect"))
    with own_server() as server:
        server.wait()
        yield server.api_url


def given(desk: Desk, where: str) -> dict[str, str]:
    """Return the settings by which a run finds the key: none, or the key itself, whose file is removed."""
    if where == "file":
        return {}
    text = desk.key.read_text()
    desk.key.unlink()
    return {"PASSPORTS_SIGNING_KEY": text}


@pytest.mark.parametrize("where", ["file", "environment"])
def test_a_run_on_a_prefect_server_leaves_no_key(desk: Desk, prefect: str, where: str) -> None:
    assert desk.run(*CLI, "refresh", "-v", PREFECT_API_URL=prefect, **given(desk, where)) == 0, desk.said
    assert list((desk.folder / "prefect").glob("*.db")), "its database is searched"
    desk.ensure_clean()


@pytest.mark.parametrize("where", ["file", "environment"])
def test_a_run_leaves_no_key(desk: Desk, where: str) -> None:
    own = given(desk, where)
    assert desk.run(*CLI, "refresh", "-v", **own) == 0, desk.said
    for command in (("verify", "--all"), ("status",), ("doctor",), ("publish", "--to", str(desk.folder / "mirror"))):
        desk.run(*CLI, *command, **own)
    desk.ensure_clean()


class Keyed(NamedTuple):
    """A publisher's desk with a root of trust, and all private keys on it: file → seed."""

    desk: Desk
    seeds: dict[Path, bytes]

    def find_keys(self) -> None:
        """Note the private key of every file that has one."""
        for path in self.desk.folder.rglob("*.jwk"):
            private = json.loads(path.read_bytes()).get("d")
            if private:
                self.seeds[path] = base64.urlsafe_b64decode(private + "=")

    def run(self, *command: str, **settings: str) -> None:
        assert self.desk.run(*CLI, *command, **settings) == 0, self.desk.said
        self.find_keys()

    def ensure_clean(self) -> None:
        for path, seed in self.seeds.items():
            assert leaks(self.desk.folder, seed, but=path) == [], path.name


def test_no_command_that_uses_keys_shows_or_copies_one(desk: Desk) -> None:
    keyed, folder = Keyed(desk, {}), desk.folder
    root, new, prepared = folder / "root.jwk", folder / "signing-2.jwk", str(folder / "next-root.json")
    keyed.run("refresh", "-v")
    keyed.run("keys", "init", "--root-key", str(root), "-v")
    keyed.run("keys", "list", "--json")
    old = next(one for one in keyed.seeds if one == desk.key)
    keyed.run("keys", "rotate", "passports", "--new-key", str(new), "--out", prepared, "-v")
    revoked = Signer(keyed.seeds[old]).key_id
    keyed.run("keys", "revoke", "--last-good", "1", "--out", prepared, "-v", "--", revoked)
    keyed.run("keys", "sign", prepared, "--root-key", str(root), "-v")
    current = {"PASSPORTS_SIGNING_KEY_FILE": str(new)}
    keyed.run("keys", "apply", prepared, "-v", **current)
    keyed.run("refresh", "-v", **current)
    keyed.run("revoke", "qwen-qwq-32b", "--reason", "It was misread.", "-v", **current)
    keyed.run("keys", "export", "--out", str(folder / "exported.json"), **current)
    keyed.run("publish", "--to", str(folder / "mirror"), **current)
    keyed.run("store", "scrub", "--copy", str(folder / "mirror"), "-v", **current)
    keyed.run("store", "repair", "-v", **current)
    keyed.run("store", "gc", "--remove", "-v", **current)
    assert len(keyed.seeds) == 5, "passports twice, registry, revocations, root"
    keyed.ensure_clean()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGABRT])
@pytest.mark.parametrize("command", ["serve --port 0 -v", "schedule -v"])
def test_a_command_that_lasts_leaves_no_key(desk: Desk, command: str, number: signal.Signals) -> None:
    assert desk.run(*CLI, "refresh") == 0, desk.said
    before = len(desk.said)
    running = desk.start(*CLI, *command.split())
    until(lambda: len(desk.said) > before or running.poll() is not None)
    running.send_signal(number)
    running.wait(timeout=60)
    assert desk.run(*CLI, "mcp", "-v") == 0, "it ends with its input"
    assert not list(desk.folder.rglob("core*")), "no core file, though the system would write one"
    desk.ensure_clean()


@pytest.mark.parametrize("moment", ["crawl", "build", "publish: objects", "publish: copies"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGABRT, signal.SIGSEGV, signal.SIGQUIT, signal.SIGTERM])
def test_a_run_that_is_killed_leaves_no_key(desk: Desk, number: signal.Signals, moment: str) -> None:
    running = desk.start(*CLI, "refresh", "-v")
    until(lambda: desk.reached(moment) or running.poll() is not None)
    running.send_signal(number)
    assert running.wait(timeout=60) != 0, f"it had ended before it was killed: {desk.said}"
    assert not list(desk.folder.rglob("core*")), "no core file, though the system would write one"
    desk.ensure_clean()


@pytest.mark.parametrize("kib", [1, 16, 128])
def test_a_full_disk_leaves_no_key(desk: Desk, kib: int) -> None:
    limit = kib * 1024
    assert desk.run(*HASTY, limits=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))) != 0
    desk.ensure_clean()


def test_a_closed_gate_leaves_no_key(desk: Desk) -> None:
    desk.gates(minimum=10**6)
    assert desk.run(*CLI, "refresh", "-v") == 1
    assert "minimum" in desk.said or "gate" in desk.said
    desk.ensure_clean()


def spoilt(seed: bytes) -> dict[str, str]:
    """Return texts of key files that cannot be used, and that have the key all the same."""
    good = json.loads(signing_key_to_jwk(seed))
    other = json.loads(signing_key_to_jwk(bytes(32)))
    return {
        "cut off": json.dumps(good)[:-1], "another public key": json.dumps(good | {"x": other["x"]}),
        "twice": json.dumps(good)[:-1] + f', "d": "{good["d"]}"}}', "no JSON": good["d"], "raw": seed.hex(),
        "other kind": json.dumps(good | {"crv": "Ed448"}), "padded": json.dumps(good | {"d": good["d"] + "="}),
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(spoilt(bytes(32))))
def test_a_bad_key_is_not_shown(desk: Desk, name: str) -> None:
    text = spoilt(desk.seed)[name]
    desk.key.write_text(text)
    assert desk.run(*CLI, "doctor") == 1
    assert desk.run(*CLI, "refresh") == 2
    assert desk.run(*CLI, "keys", "list") == 2
    assert desk.run(*CLI, "refresh", PASSPORTS_SIGNING_KEY=text) == 2
    assert "signing key" in desk.said
    desk.ensure_clean()
