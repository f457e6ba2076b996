"""Counts the instructions of a small fixed build against stored figures: `python -m benchmarks.instruction_counts`.

Seconds depend on what else a machine does; instructions hardly do. Building, verifying and reading cards are counted by
callgrind (of valgrind), each beside the floor of building in the same process, as libraries choose instructions by the
processor. Prints count and ratio to the floor of each; exit 1 where a ratio is beyond BOUND times the stored one.
`--store` stores the ratios, after a change that is worth its instructions.
"""

import argparse
import gc
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.cards import own_set
from benchmarks.passports import Bench
from pipelines.normalise.huggingface.card import read_card
from schemas.listing import Observation, RawListing

STORED = Path(__file__).with_name("instruction_counts.json")
BOUND = 1.15
"""A slow-down of 1.3 is beyond it; of three runs of one version the counts differ by 1 % at most."""
CARDS = 40
FLOOR = "floor of building"
COUNT = re.compile(r"^(?:totals|summary): (\d+)", re.MULTILINE)


def works() -> dict[str, Callable[[], object]]:
    """Return what is counted, by name; the floor comes first."""
    bench = Bench.of_recording()
    cards = [
        RawListing.of(Observation("huggingface-card", "heron-lab/heron", "2026-04-22T08:00:00.000Z"), one.card.decode())
        for one in list(own_set())[:CARDS]
    ]
    return {
        FLOOR: bench.build_floor,
        "building": bench.build,
        "verifying": bench.verify,
        "reading cards": lambda: [read_card(card) for card in cards],
    }


def warmed_up(each: Mapping[str, Callable[[], object]]) -> Mapping[str, Callable[[], object]]:
    """Do each work twice, so that rules are compiled and caches filled; return them."""
    for work in each.values():
        work()
        work()
    return each


def be_counted(folder: Path, each: Mapping[str, Callable[[], object]]) -> None:
    """Do each work once, counted; runs below callgrind, which writes a file for each."""
    gc.collect()
    gc.disable()
    control("--instr=on")
    for number, work in enumerate(each.values()):
        control("--zero")
        work()
        control(f"--dump={number}")
        gc.collect()
    (folder / "names.json").write_text(json.dumps(list(each)))


def control(order: str) -> None:
    """Give callgrind an order about this process, and wait until it has been carried out."""
    command = ["callgrind_control", order, str(os.getpid())]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as given:  # noqa: S603 - a tool of valgrind
        while given.poll() is None:
            time.sleep(0.02)
    assert given.returncode == 0, f"{' '.join(command)} ended with {given.returncode}"


def counts(module: str = "benchmarks.instruction_counts") -> dict[str, int]:
    """Return the instructions of each work of a module, which counts them in a process of its own with `--in`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tool = ["valgrind", "-q", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={folder}/out"]
        child = [sys.executable, "-m", module, "--in", name]
        subprocess.run([*tool, *child], check=True, env=os.environ | {"PYTHONHASHSEED": "0"})  # noqa: S603 - our own file
        names = json.loads((folder / "names.json").read_text())
        dumps = [(folder / f"out.{number}").read_text(errors="replace") for number in range(1, len(names) + 1)]
    return {name: int(found[1]) for name, dump in zip(names, dumps, strict=True) if (found := COUNT.search(dump))}


def main() -> int:
    """Print the counts; return 1 when one is beyond its bound, else 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", action="store_true", help="store the ratios instead of comparing them")
    parser.add_argument("--in", dest="folder", type=Path, help="be the process that is counted, and write here")
    asked = parser.parse_args()
    if asked.folder:
        be_counted(asked.folder, warmed_up(works()))
        return 0
    found = counts()
    ratios = {name: round(count / found[FLOOR], 3) for name, count in found.items() if name != FLOOR}
    if asked.store:
        STORED.write_text(json.dumps(ratios, indent=2) + "\n")
    stored = json.loads(STORED.read_text())
    for name, ratio in ratios.items():
        against = f"{ratio / stored[name]:5.3f} x the stored"
        print(f"{name:<16}{found[name] / 1e6:9.1f} M   {ratio:6.3f} x the floor   {against}")
    return 1 if slower(ratios, stored) else 0


def slower(ratios: Mapping[str, float], stored: Mapping[str, float]) -> list[str]:
    """Return the works that need more instructions than the bound allows."""
    return [name for name, ratio in ratios.items() if ratio > BOUND * stored[name]]


if __name__ == "__main__":
    sys.exit(main())
