"""Tries changed passports and hostile records by the thousand: `python -m benchmarks.mutations`.

    python -m benchmarks.mutations --passports 200000 --records 10000 --seed 1 [--processes 2] [--json FILE]

Signed passports are changed with knowledge of their structure (benchmarks/mutated_passports.py): none may verify that
states anything else than what was signed. Hostile records of every source go through all steps of the pipeline
(benchmarks/hostile_records.py): each must become a passport that its records prove, or be refused with a reason. None
may take a second of processor time. The same seed tries the same. Exits with 1 when one of these does not hold.
"""

import argparse
import json
import multiprocessing
import random
import resource
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import hostile_records, mutated_passports
from benchmarks.mutated_bytes import Original
from benchmarks.passports import NOW, SEED, build_all
from benchmarks.raws import raw_listing
from flows.demo.recording import models
from pipelines.passport.document import IssueContext
from pipelines.passport.links import Issuer
from pipelines.rules.gates import default_gates
from pipelines.signing.keys import KeyRing, Signer

CHUNK = 500
LONGEST_S = 1.0
"""Most seconds of processor time for one attempt."""
MOST_MB = 300
MOST_SHOWN = 30


class Chunk(NamedTuple):
    """A number of attempts of one kind, and the seed of their random choices."""

    kind: str
    seed: str
    many: int


@dataclass
class Found:
    """The results of attempts of one kind."""

    tried: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    slowest: str = ""
    """Name of the slowest attempt, and the step that took longest."""
    peak_mb: float = 0.0
    wrong: Counter[str] = field(default_factory=Counter)
    """Broken promise → how often."""
    first: dict[str, str] = field(default_factory=dict)
    """Broken promise → name of the first attempt that broke it."""

    def note(self, outcome: str, cpu_s: float, name: str, wrong: str) -> None:
        """Count one attempt."""
        self.tried += 1
        self.outcomes[outcome] += 1
        if cpu_s > self.slowest_s:
            self.slowest_s, self.slowest = cpu_s, name
        for one in (wrong, f"over {LONGEST_S:g} s: {name.partition(' ')[2]}" if cpu_s > LONGEST_S else ""):
            if one:
                self.wrong[one] += 1
                self.first.setdefault(one, name)

    def add(self, other: "Found") -> None:
        """Add the results of another process."""
        self.tried += other.tried
        self.outcomes += other.outcomes
        self.wrong += other.wrong
        self.first = {**other.first, **self.first}
        self.peak_mb = max(self.peak_mb, other.peak_mb)
        if other.slowest_s > self.slowest_s:
            self.slowest_s, self.slowest = other.slowest_s, other.slowest


def originals() -> list[Original]:
    """Return signed passports of the bundled recording."""
    signer = Signer(SEED)
    terms = IssueContext(Issuer("unfragile.ai", "https://unfragile.ai"), default_gates(), NOW, signer.key_id)
    raws = [raw_listing(record, NOW) for record in models()]
    documents = build_all(raws, terms, signer, KeyRing([signer.public_key]))
    return [Original.of(document) for document in documents]


def mutated(chunk: Chunk, found: Found) -> None:
    """Try changed passports."""
    keys, signed = KeyRing([Signer(SEED).public_key]), originals()
    for number in range(chunk.many):
        original, way, made = mutant(f"{chunk.seed} {number}", signed)
        tried = mutated_passports.attempt(made, original, keys)
        found.note(tried.verdict, tried.cpu_s, f"{chunk.seed}#{number} {way}", tried.wrong)


def mutant(seed: str, signed: list[Original]) -> tuple[Original, str, bytes]:
    """Choose a passport and change it; return the original, the name of the change, and the changed bytes."""
    chance = random.Random(seed)  # noqa: S311 - which are tried, no secret
    ways, weights = zip(*mutated_passports.MUTATIONS, strict=True)
    original, (way,) = chance.choice(signed), chance.choices(ways, weights)
    return original, way.__name__, way(original, chance)


def records(chunk: Chunk, found: Found) -> None:
    """Try hostile records."""
    for number in range(chunk.many):
        came = hostile_records.attempt(said(f"{chunk.seed} {number}"))
        found.note(came.outcome, came.cpu_s, f"{chunk.seed}#{number} {came.slowest}", came.wrong)


def said(seed: str) -> dict[str, Any]:
    """Return source → record of one attempt, some of them hostile."""
    return hostile_records.hostile(random.Random(seed))  # noqa: S311 - likewise


def again(name: str) -> str:
    """Return what was tried under a printed name: a passport's text, or each source's record as JSON."""
    seed = name.split(maxsplit=1)[0].replace("#", " ")
    if name.startswith("passports"):
        return mutant(seed, originals())[2].decode("utf-8", "backslashreplace")
    return json.dumps(said(seed), indent=1)


KINDS = {"passports": mutated, "records": records}


def work(chunk: Chunk) -> tuple[str, Found]:
    """Try a chunk, after two attempts that do not count, as the first ones of a process are slow."""
    found = Found()
    KINDS[chunk.kind](chunk._replace(seed="first", many=2), Found())
    KINDS[chunk.kind](chunk, found)
    found.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return chunk.kind, found


def chunks(kind: str, count: int, seed: int) -> list[Chunk]:
    """Split attempts into chunks with different seeds, the same for any number of processes."""
    cuts = range(0, count, CHUNK)
    return [Chunk(kind, f"{kind}-{seed}-{begin // CHUNK}", min(CHUNK, count - begin)) for begin in cuts]


def run(passports: int, hostile: int, seed: int, processes: int) -> dict[str, Found]:
    """Try passports and records in several processes; return the results of each kind."""
    todo = [*chunks("records", hostile, seed), *chunks("passports", passports, seed)]
    total = {kind: Found() for kind in KINDS}
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for kind, found in pool.imap_unordered(work, todo):
            for wrong in found.wrong.keys() - total[kind].wrong.keys():
                print(f"BROKEN {kind}, {found.first[wrong]}: {wrong}", file=sys.stderr, flush=True)
            total[kind].add(found)
    return total


def show(total: dict[str, Found], took_s: float) -> bool:
    """Print the results; return whether every promise held."""
    for kind, found in total.items():
        outcomes = ", ".join(f"{count:,} {outcome}" for outcome, count in found.outcomes.most_common())
        print(f"{kind}: {found.tried:,} tried: {outcomes}")
        print(f"  slowest {found.slowest_s:.3f} s ({found.slowest}), peak memory {found.peak_mb:.0f} MB")
        for wrong, times in found.wrong.most_common(MOST_SHOWN):
            print(f"  BROKEN {times:,} times, first {found.first[wrong]}: {wrong}")
    peak = max(found.peak_mb for found in total.values())
    broken = sum(sum(found.wrong.values()) for found in total.values())
    tried = sum(found.tried for found in total.values())
    counts = f"tried {tried:,}, held {tried - broken:,}, broken {broken:,}"
    print(f"{counts}; {took_s:.0f} s; peak memory {peak:.0f} of {MOST_MB} MB")
    return not broken and peak < MOST_MB


def main() -> None:
    """Try all, print the results, and exit with 1 when a promise did not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passports", type=int, default=200_000)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--again", metavar="NAME", help='print what was tried under such a name: "passports-1-17#203"')
    parser.add_argument("--json", type=Path, help="write what was found to this file")
    asked = parser.parse_args()
    if asked.again:
        print(again(asked.again))
        return
    begun = time.perf_counter()
    total = run(asked.passports, asked.records, asked.seed, asked.processes)
    if asked.json:
        asked.json.write_text(json.dumps({kind: vars(found) for kind, found in total.items()}, indent=1))
    sys.exit(not show(total, time.perf_counter() - begun))


if __name__ == "__main__":
    main()
