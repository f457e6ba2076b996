"""Where attacks take place: a folder with a store of a few generations, its keys, and the command line to use it by."""

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks.attacks.runs import Measured, Ran, ended, measure
from benchmarks.attacks.servers import OpenRouter, listening_to
from benchmarks.refreshing import PUBLISHED
from flows.demo.recording import models
from flows.orchestration.server import own_server
from pipelines.signing.keys import Signer, jwk, signing_key_to_jwk
from schemas.sources import SOURCE_NAMES

ROOT = Path(__file__).resolve().parents[2]
CLI = (sys.executable, "-P", "-c", "from flows.cli import main; main()")
SEED, STRANGER_SEED = bytes(range(32)), bytes(range(1, 33))
GENERATIONS = 4
HOUR_S = 3600
LIMIT_S = 120.0
QUIET = {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
Settings = Mapping[str, str]
NONE: Settings = MappingProxyType({})
EASY_GATE = (
    "minimum_listings = 0\nlargest_drop = 0.9\nlargest_reject_rate = 0.5\n"
    "refresh_after_h = 72\nstale_after_h = 168\nexpires_after_h = 720\nbounds.most_listings = 2_000\n"
)


@dataclass
class Place:
    """One folder with a store, the issuer's home and key, and a reader's home without any."""

    folder: Path
    held: ExitStack
    source: OpenRouter
    peak_mb: float = 0.0
    caught: dict[str, None] = field(default_factory=dict)
    """What a reader was answered that is wrong, in order."""
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Path:
        """The store."""
        return self.folder / "store"

    @property
    def public_key(self) -> Path:
        """The issuer's public key."""
        return self.folder / "public-key.jwk"

    def environment(self, *, reader: bool = False, settings: Settings = NONE) -> dict[str, str]:
        """Give the issuer's environment, or a reader's, who has no key: none of this machine's settings."""
        ours = ("PASSPORTS_", "PREFECT_", "XDG_", "AWS_")
        retained = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        home = self.folder / ("reader" if reader else "issuer")
        home.mkdir(exist_ok=True)
        own = {
            "HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "200",
            "PASSPORTS_STORE": str(self.store),
            "PASSPORTS_SOURCES": "openrouter",
            "PASSPORTS_ALLOW_PRIVATE": "true",
            "PASSPORTS_GATES_FILE": str(self.folder / "gates.toml"),
            "PASSPORTS_WORK": str(self.folder / "work"),
            "TMPDIR": str(self.folder / "tmp"),
            **{f"PASSPORTS_{name}_URL": "http://127.0.0.1:9" for name in ("HUGGINGFACE", "MODELSDEV", "GITHUB")},
            "PASSPORTS_OPENROUTER_URL": self.source.url,
        }
        if not reader:
            own["PASSPORTS_SIGNING_KEY_FILE"] = str(self.folder / "signing-key.jwk")
        return {**retained, **own, **self.settings, **settings}

    def passports(
        self, *arguments: str, reader: bool = False, limit_s: float = LIMIT_S, settings: Settings = NONE
    ) -> Ran:
        """Run a command of the command line."""
        return self.run(*CLI, *arguments, reader=reader, limit_s=limit_s, settings=settings)

    def refresh(self, *options: str, settings: Settings = NONE) -> Ran:
        """Run `passports refresh --json` as the issuer, beside a Prefect server that is there already."""
        if "PREFECT_API_URL" not in self.settings:
            os.environ |= {"PREFECT_HOME": str(self.folder / "prefect"), **QUIET}
            server = self.held.enter_context(own_server())
            server.wait()
            self.settings["PREFECT_API_URL"] = server.api_url
            self.settings |= {"PREFECT_HOME": os.environ["PREFECT_HOME"], **QUIET}
        return self.passports("refresh", "--json", *options, settings=settings)

    def run(self, *command: str, reader: bool = False, limit_s: float = LIMIT_S, settings: Settings = NONE) -> Ran:
        """Run a command; one whose time is up is killed with all that it started."""
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            begun = time.monotonic()
            process = subprocess.Popen(  # noqa: S603 - ours
                command,
                env=self.environment(reader=reader, settings=settings),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=self.folder,
                start_new_session=True,
            )
            code, peak_mb = ended(process, begun + limit_s)
            out.seek(0)
            err.seek(0)
            self.peak_mb = max(self.peak_mb, peak_mb)
            ran = Ran(code, out.read(), err.read(), time.monotonic() - begun, peak_mb)
            self.caught |= dict.fromkeys(ran.objections() if reader else ())
            return ran

    def measured(self, work: Callable[..., Any], *given: object, limit_s: float = LIMIT_S) -> Measured:
        """Call a function in a process of its own, so that it can be stopped; its seconds are the processor's."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=measure, args=(theirs, work, given))
        process.start()
        theirs.close()
        try:
            found = Measured(*ours.recv()) if ours.poll(limit_s) else Measured(None, limit_s, 0.0, "stopped in time")
        except EOFError:
            found = Measured(None, 0.0, 0.0, "died")
        process.kill()
        process.join()
        self.peak_mb = max(self.peak_mb, found.peak_mb)
        return found

    def pristine(self) -> None:
        """Put everything back as it was before the attack: store, homes, and what the source says."""
        for name in ("store", "issuer", "reader", "work", "tmp"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        if (self.folder / "whole").exists():
            for name in ("store", "issuer"):
                shutil.copytree(self.folder / "whole" / name, self.folder / name, symlinks=True)
        for name in ("work", "tmp"):
            (self.folder / name).mkdir()
        self.source.records[:] = deepcopy(models())
        self.peak_mb = 0.0
        self.caught.clear()

    @property
    def pointer(self) -> Path:
        """The file that says which snapshot is served."""
        return self.store / "registry/timestamp.json"

    def keep_pointer(self) -> None:
        """Keep a copy of the pointer as it is now, as an attacker would who has something in mind."""
        (self.folder / "pointers").mkdir(exist_ok=True)
        shutil.copy(self.pointer, self.folder / f"pointers/{self.snapshots()[-1][0]}.json")

    def put_older_pointer(self, generation: int) -> None:
        """Put the pointer of an earlier generation back."""
        shutil.copy(self.folder / f"pointers/{generation}.json", self.pointer)

    def snapshots(self) -> list[tuple[int, bytes]]:
        """Generations and bytes of the snapshots that are in the store, the oldest first."""
        found = (self.store / "registry/snapshots").glob("*.json")
        return sorted((int(path.stem), path.read_bytes()) for path in found)

    @property
    def newest(self) -> int:
        """The generation of the newest snapshot in the store, whoever signed it."""
        return self.snapshots()[-1][0]

    def served(self) -> int | None:
        """The generation that the pointer names, whoever signed it; None without a pointer."""
        try:
            generation: int = json.loads(self.pointer.read_bytes())["signed"]["generation"]
        except (OSError, ValueError, KeyError):
            return None
        return generation


@contextmanager
def places(generations: int = GENERATIONS) -> Iterator[Place]:
    """Lay out a place whose store was published by real runs; it is removed in the end."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="attacks-")))
        source = held.enter_context(listening_to(OpenRouter(deepcopy(models()))))
        place = Place(folder, held, source)
        for name, seed in (("signing-key", SEED), ("stranger-key", STRANGER_SEED)):
            (folder / f"{name}.jwk").touch(mode=0o600)
            (folder / f"{name}.jwk").write_text(signing_key_to_jwk(seed))
        place.public_key.write_text(json.dumps(jwk(Signer(SEED).public_key)))
        (folder / "gates.toml").write_text("\n".join(f"[{source}]\n{EASY_GATE}" for source in SOURCE_NAMES))
        place.pristine()
        publish(place, generations)
        for name in ("store", "issuer"):
            shutil.copytree(folder / name, folder / "whole" / name, symlinks=True)
        yield place


def publish(place: Place, generations: int, settings: Settings = NONE) -> None:
    """Publish so many generations, an hour apart; in each some prices are others."""
    now = int(time.time())
    for number in range(generations):
        for record in place.source.records[: 2 * number]:
            record["pricing"] = {**record["pricing"], "completion": f"0.0000{number + 1}"}
        at = {"SOURCE_DATE_EPOCH": str(now - (generations - number) * HOUR_S)}
        ran = place.run(sys.executable, "-m", "benchmarks.refreshing", settings={**settings, **at})
        assert PUBLISHED in ran.out, ran
        if not settings:
            place.keep_pointer()
