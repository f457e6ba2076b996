"""The day on which keys leak, played with a real store and real readers: `python -m benchmarks.drill [--begin TIME]`.

A publisher takes its store under a root of trust. A thief copies its keys and publishes. The publisher revokes the
keys, names new ones, goes on from the last good generation, issues everything again, and revokes a passport. After each
event every reader verifies one passport, and what each saw is printed, minute by minute: docs/incident.md.
Exits with 1 when a reader saw something else than it should have.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from benchmarks.attacks.places import CLI, EASY_GATE, ROOT
from benchmarks.attacks.servers import OpenRouter, listening_to
from benchmarks.drill_readings import EXPECTED, LEGEND, WHY
from benchmarks.refreshing import PUBLISHED
from flows.audit.opened import open_registry, pin_first, trust_options
from flows.audit.verification import OpenedRegistry, judged_document, judged_slug
from flows.config.settings import read_settings
from flows.demo.recording import models
from flows.errors import FlowError
from flows.trust.seen import Memory
from pipelines.errors import PipelineError
from pipelines.registry.layout import POINTER_KEY, passport_copy_key
from schemas.sources import SOURCE_NAMES
from schemas.times import instant, timestamp

SLUG, RECORD = "qwen-qwq-32b", "qwen/qwq-32b"
BEGIN = "2026-04-22T12:00:00.000Z"


class Reader(NamedTuple):
    """Somebody who verifies passports: what they pin, and whether they remember."""

    name: str
    key: str | None = None
    root: str | None = None
    remembers: bool = True
    first_use: bool = False


class Moment(NamedTuple):
    """What happened at a minute of the day, and reader → what it saw then."""

    minute: int
    event: str
    saw: Mapping[str, str]


class Day:
    """A folder with a store, the publisher's keys, a root key elsewhere, and what readers remember."""

    def __init__(self, folder: Path, begin: datetime, source: OpenRouter) -> None:
        self.folder, self.begin, self.source, self.minute = folder, begin, source, 0
        self.store, self.mirror = folder / "store", folder / "mirror"
        self.keys = {name: folder / f"{name}-key.jwk" for name in ("signing", "registry", "revocations")}
        self.root_key, self.draft = folder / "usb" / "root-key.jwk", folder / "next-root.json"
        (folder / "gates.toml").write_text("\n".join(f"[{name}]\n{EASY_GATE}" for name in SOURCE_NAMES))

    @property
    def now(self) -> datetime:
        """The time of day."""
        return self.begin + timedelta(minutes=self.minute)

    def run(self, *command: str, keys: Mapping[str, Path] | None = None) -> str:
        """Run a program as the publisher, or as the thief with other `keys`, and return what it prints."""
        retained = {name: value for name, value in os.environ.items() if not name.startswith(("PASSPORTS_", "XDG_"))}
        held = {f"PASSPORTS_{name.upper()}_KEY_FILE": str(path) for name, path in (keys or self.keys).items()}
        own = {
            "HOME": str(self.folder / ("thief" if keys else "publisher")),
            "PYTHONPATH": str(ROOT),
            "SOURCE_DATE_EPOCH": str(int(self.now.timestamp())),
            "PASSPORTS_STORE": str(self.store),
            "PASSPORTS_SOURCES": "openrouter",
            "PASSPORTS_GATES_FILE": str(self.folder / "gates.toml"),
            "PASSPORTS_WORK": str(self.folder),
            "PASSPORTS_OPENROUTER_URL": self.source.url,
            **({"PASSPORTS_ROOT": str(self.folder / "root.json")} if keys else {}),
        }
        done = subprocess.run(  # noqa: S603 - ours
            command, env={**retained, **own, **held}, capture_output=True, text=True, check=False, cwd=self.folder
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def passports(self, *arguments: object) -> str:
        """Run a command of the command line as the publisher."""
        return self.run(*CLI, *map(str, arguments))

    def refresh(self, *, keys: Mapping[str, Path] | None = None, **changed: object) -> None:
        """Crawl and publish; the source states `changed` of one model."""
        for record in self.source.records:
            if record["id"] == RECORD:
                record.update(changed)
        assert PUBLISHED in self.run(sys.executable, "-m", "benchmarks.refreshing", keys=keys)

    def seen_by(self, reader: Reader, store: Path, target: str = SLUG) -> str:
        """Let a reader verify a passport; return the verdict with the generation, or why nothing could be verified."""
        memory = Memory(self.folder / "readers" / f"{reader.name}.json") if reader.remembers else None
        options = trust_options(reader.key, reader.root, memory, first_use=reader.first_use)
        nobody = {"signing_key_file": self.folder / "nobody.jwk"}
        try:
            opened = open_registry(read_settings(store=str(store), **nobody), options, self.now)
            registry = OpenedRegistry(opened.store, opened.reader)
            if target == SLUG:
                judged = judged_slug(target, registry)
            else:
                judged = judged_document(target, registry, opened.reader.keys, self.now, private=False)
            opened = pin_first(opened, [judged], options)
        except (FlowError, PipelineError) as error:
            reason = "key_revoked" if "key_revoked" in str(error) else str(error)[:60]
            return f"{reason}: the registry as a whole is refused"
        return f"{opened.qualified(judged.finding).verdict}, generation {opened.reader.generation}"


@contextmanager
def day(begin: datetime) -> Iterator[Day]:
    """Lay out a day; it is removed in the end."""
    with (
        tempfile.TemporaryDirectory(prefix="drill-") as folder,
        listening_to(OpenRouter(deepcopy(models()))) as source,
    ):
        yield Day(Path(folder), begin, source)


def play(one: Day) -> Iterator[Moment]:
    """Play the day, and yield what each reader saw after each event."""
    one.passports("keys", "init")
    one.refresh()
    key_id = json.loads(one.passports("keys", "list", "--json"))["keys"][0]["key"]
    readers = [Reader("one key", key=key_id), Reader("first use", first_use=True)]

    def moment(minute: int, event: str, store: Path = one.store, target: str = SLUG) -> Moment:
        one.minute = minute
        return Moment(minute, event, {reader.name: one.seen_by(reader, store, target) for reader in readers})

    yield moment(1, "one key signs everything")
    one.minute = 5
    thumbprint = json.loads(one.passports("keys", "init", "--root-key", one.root_key, "--json"))["thumbprint"]
    one.passports("keys", "export", "--out", one.folder / "root.json")
    pinned = Reader("root", root=str(one.folder / "root.json"))
    readers += [pinned, Reader("no memory", root=thumbprint, remembers=False)]
    yield moment(6, "a root of trust names the keys")
    shutil.copytree(one.store, one.mirror)

    one.minute = 10
    stolen = {name: Path(shutil.copy(path, one.folder / f"stolen-{name}.jwk")) for name, path in one.keys.items()}
    one.refresh(keys=stolen, name="Qwen: Stolen")
    file = shutil.copy(one.store / passport_copy_key(SLUG), one.folder / "stolen-passport.json")
    pointer = (one.store / POINTER_KEY).read_bytes()
    yield moment(11, "a thief has copied the keys, and publishes generation 3")

    one.minute = 30
    named = json.loads(one.passports("keys", "list", "--json"))["keys"]
    for key in {key["key"] for key in named if key["state"] == "active" and key["role"] in ("passports", "registry")}:
        one.passports("keys", "revoke", "--last-good", 2, "--out", one.draft, "--", key)
    for role, name in (("passports", "signing"), ("registry", "registry")):
        one.keys[name] = one.folder / f"{name}-key-2.jwk"
        one.passports("keys", "rotate", role, "--new-key", one.keys[name], "--out", one.draft)
    one.passports("keys", "sign", one.draft, "--root-key", one.root_key)
    yield moment(31, "the publisher has signed a new root, and not put it into the store yet")
    one.minute = 35
    one.passports("keys", "apply", one.draft)
    yield moment(36, "the new root is in force: generation 4 has the passports of 2, the last good one")
    yield moment(
        37, "they verify a file that they downloaded at minute 11, a passport that the thief signed", target=str(file)
    )

    good = (one.store / POINTER_KEY).read_bytes()
    (one.store / POINTER_KEY).write_bytes(pointer)
    yield moment(40, "the thief puts the pointer to generation 3 back")
    (one.store / POINTER_KEY).write_bytes(good)
    yield moment(42, "the publisher puts the pointer to generation 4 back")

    one.minute = 50
    one.refresh(name="Qwen: QwQ 32B")
    yield moment(51, "everything is issued again with the new keys")
    one.minute = 60
    one.passports("revoke", SLUG, "--reason", "It was altered by somebody who had our keys.")
    yield moment(61, "a passport is revoked")
    shutil.rmtree(one.store / "registry/revocations")
    yield moment(65, "somebody removes the signed list of revocations")

    live, one.store = one.store, one.folder / "unread"
    shutil.rmtree(live)
    shutil.copytree(one.mirror, live)
    yield moment(70, "a mirror serves the store of minute 6 instead", live)
    yield moment(70 + 73 * 60, "and still does three days later", live)


def grouped(saw: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what was seen → the readers who saw it."""
    return {what: [name for name, one in saw.items() if one == what] for what in saw.values()}


def main() -> None:
    """Play the day and print it; exit with 1 when a reader saw something else than it should have."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--begin", default=BEGIN, metavar="TIME", help="when the day begins")
    asked = parser.parse_args()
    wrong = 0
    print(LEGEND)
    with day(instant(asked.begin)) as one:
        for moment in play(one):
            at = timestamp(one.begin + timedelta(minutes=moment.minute))[:16].replace("T", " ")
            seen = "\n    ".join(f"{', '.join(names):<39} {what}" for what, names in grouped(moment.saw).items())
            fault = moment.saw != EXPECTED[moment.minute]
            wrong += fault
            print(f"{at}  minute {moment.minute}: {moment.event}\n    {seen}", flush=True)
            if why := WHY.get(moment.minute):
                print(f"      {why}")
            if fault:
                print(f"    UNEXPECTED: it should be {dict(EXPECTED[moment.minute])}")
    print(f"{len(EXPECTED) - wrong} of {len(EXPECTED)} moments as they should be")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
