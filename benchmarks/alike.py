"""Compares what two stores state of the same days, when the runs of one of them were disturbed by faults.

Compared are: each passport's status, payload digest and facts digest; of each day the last version issued for a change
of substance (cause, status, payload digest; renewals are left out, as they depend on the clock); and each stored record
of every source, by its hash and the days of its first and last miss. Generations, run ids and times of day are not
compared: one run more or less on a day changes the hour of a first miss, and so which run of a day confirms an absence.
Rolls are left out too, as their ids are instants.
"""

import fcntl
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.maintenance.garbage import plan
from flows.registry.reader import Reader, read_served
from flows.store.local import LocalStore
from pipelines.signing.keys import KeyRing, Signer
from schemas.crawl import AdmittedLine
from schemas.sources import ROLLS
from schemas.times import timestamp
from schemas.verdict import Verdict

SEED = bytes(range(32))
"""Seed of the key that signs in both stores."""
EVERYTHING = 10_000
"""Number of generations and of days retained: nothing is garbage for its age."""
RENEWED = ("refreshed", "key_changed")
STANDS = (Verdict.OK, Verdict.EXPIRED, Verdict.FREEZE)
"""Verdicts on a passport that is what was signed; some expire, as recorded days can be weeks apart."""
MOST_NAMED = 5

AsStated = dict[str, Any]


def differing(one: Path, other: Path, at: int) -> list[str]:
    """Return a line for each difference between two stores, at most MOST_NAMED of a kind."""
    readers = [_reader(store, at) for store in (one, other)]
    found = []
    for name, stated in (("passports", _passports), ("histories", _history), ("records", _records)):
        first, second = (stated(reader) for reader in readers)
        unlike = [key for key in sorted(first.keys() | second.keys()) if first.get(key) != second.get(key)]
        print(f"compared: {len(first)} {name}, of which differ {len(unlike)}")
        found += [f"{name}: {key}: {first.get(key)} / {second.get(key)}" for key in unlike[:MOST_NAMED]]
    return found


def damage(store: Path, at: int) -> str:
    """Return which passports of a store do not verify; empty where all do, or none is published yet."""
    reader = read_served(LocalStore(store), _trusted(), datetime.fromtimestamp(at, UTC))
    judged = [(row.slug, reader.check(row.slug)) for row in reader.rows()] if reader else []
    wrong = [f"{slug}: {finding.verdict} {finding.reason}" for slug, finding in judged if finding.verdict not in STANDS]
    return "; ".join(wrong[:MOST_NAMED])


def verified(surroundings: Mapping[str, str], at: int) -> str:
    """Run `passports verify --all`; return its output if it fails, else an empty string."""
    command = [sys.executable, "-c", "from flows.cli import main; main()", "verify", "--all", "--at"]
    moment = timestamp(datetime.fromtimestamp(at, UTC))
    done = subprocess.run([*command, moment], env=surroundings, capture_output=True, text=True, check=False)  # noqa: S603
    return f"{done.stdout[-500:]}{done.stderr[-500:]}" if done.returncode else ""


def held_locks(store: Path) -> list[str]:
    """Return the names of a store's locks that a process holds."""
    held = []
    for path in sorted((store / ".tmp").glob("*.lock")):
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                held.append(path.name)
    return held


def temporary(store: Path) -> list[str]:
    """Return the names of a store's unfinished files."""
    return sorted(path.name for path in (store / ".tmp").iterdir() if path.suffix != ".lock")


def garbage(store: Path, at: int) -> list[str]:
    """Return the keys of files that no generation names, which the next collection removes."""
    reader = _reader(store, at)
    return plan(LocalStore(store), reader, generations=EVERYTHING, days=EVERYTHING, at=reader.at).garbage


def _reader(store: Path, at: int) -> Reader:
    return Reader(LocalStore(store), _trusted(), datetime.fromtimestamp(at, UTC))


def _trusted() -> KeyRing:
    return KeyRing([Signer(SEED).public_key])


def _passports(reader: Reader) -> AsStated:
    return {row.slug: (row.status, row.payload, row.facts) for row in reader.rows()}


def _history(reader: Reader) -> AsStated:
    """Return slug → day → the last version issued for a change of substance."""
    found: dict[str, dict[str, tuple[str, str, str]]] = defaultdict(dict)
    for snapshot in reversed(list(reader.ancestry())):
        for row in reader.rows(snapshot):
            if row.generation == snapshot.generation and row.cause not in RENEWED:
                found[row.slug][snapshot.created_at[:10]] = (row.cause, row.status, row.payload)
    return dict(found)


def _records(reader: Reader) -> AsStated:
    return {f"{line.raw.source} {line.raw.id}": _retained(line) for line in _lines(reader)}


def _lines(reader: Reader) -> Iterator[AdmittedLine]:
    for ref in reader.snapshot.sources:
        if ref.source not in ROLLS.values():
            yield from map(AdmittedLine.model_validate_json, reader.source_listings(ref.source))


def _retained(line: AdmittedLine) -> tuple[str | None, ...]:
    return (line.raw.content_sha256, *(date and date[:10] for date in (line.missing_since, line.missed_at)))
