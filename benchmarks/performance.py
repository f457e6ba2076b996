"""Measures each step beside the floors, start-up and cards: `python -m benchmarks.performance`, part of `make bench`.

Prints ratios, as a shared machine makes seconds comparable only within one run. Steps, building and verifying are the
best of several rounds in turns; start-up is the CPU time of a whole process; cards are those of the recordings
(PASSPORTS_RECORDINGS), else those of the labelled set. `--json FILE` writes all figures, `--svg FILE` draws them.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.cards import own_set, recorded_cards, recordings
from benchmarks.community import FOLDER as COMMUNITY
from benchmarks.passports import Bench, best_s
from pipelines.merge.gather import gather
from pipelines.normalise.admit import admit
from pipelines.normalise.huggingface.card import read_card
from pipelines.order import Issuance, make
from pipelines.passport.document import draft
from schemas.listing import Listing, Observation, RawListing

ROUNDS = 40
STARTS = 8
COMMANDS = (
    ("--help",),
    ("status",),
    ("list",),
    ("show", "qwen-qwq-32b"),
    ("verify", "qwen-qwq-32b"),
    ("verify", "--all"),
)
EVERY = 12
"""One in so many of the recorded cards is read, twice."""


def main() -> int:
    """Print the figures, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures into this file")
    parser.add_argument("--svg", type=Path, help="draw the steps beside the floors into this file")
    asked = parser.parse_args()
    read = cards()  # first, in a process without passports in memory, as a crawl's is
    found = {"machine": machine(), "steps": steps(), "start_up_cpu_s": start_up(), "cards_ms": read}
    show(found)
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2) + "\n")
    if asked.svg:
        asked.svg.write_text(drawn(found["steps"]))
    return 0


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    return {
        "processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip


def steps() -> dict[str, float]:
    """Return microseconds a passport of each step, of the whole, and of the floors, all of one run."""
    bench = Bench.of_recording()
    issuance = Issuance(bench.terms, bench.signer, bench.trusted, 1)
    listings = [one for raw in bench.raws if isinstance(one := admit(raw), Listing)]
    subjects = gather(listings).subjects
    works: dict[str, Callable[[], object]] = {
        "floor of building": bench.build_floor,
        "floor of verifying": bench.verify_floor,
        "building": bench.build,
        "verifying": bench.verify,
        "read the records": lambda: [admit(raw) for raw in bench.raws],
        "gather": lambda: gather(listings),
        "draft": lambda: [draft(subject, bench.terms) for subject in subjects],
        "draft, score, check, sign and verify": lambda: [make(subject, None, issuance) for subject in subjects],
    }
    taken = best_s(ROUNDS, *works.values())
    return {name: round(s / len(subjects) * 1e6, 1) for name, s in zip(works, taken, strict=True)}


def start_up() -> dict[str, float]:
    """Return the least CPU seconds of whole processes of commands, on the demo's store."""
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {
            "HOME": home, "XDG_STATE_HOME": f"{home}/state", "PASSPORTS_STORE": f"{home}/store",
            "PYTHONPYCACHEPREFIX": f"{home}/compiled",
        }  # fmt: skip
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is compiled
        run(["demo"], environment)
        return {
            " ".join(command): round(min(run(command, environment) for _ in range(STARTS)), 3) for command in COMMANDS
        }


def run(command: Iterable[str], environment: dict[str, str]) -> float:
    """Run a command of `passports`; return the CPU seconds of its process."""
    begun = resource.getrusage(resource.RUSAGE_CHILDREN)
    program = [sys.executable, "-c", "from flows.entry import main; main()", *command]
    subprocess.run(program, env=environment, check=False, capture_output=True)  # noqa: S603 - our own program
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime


def cards() -> dict[str, float]:
    """Return milliseconds of CPU a card: median, mean, 95th percentile and worst, and how many were read."""
    data = recordings()
    texts = list(recorded(data))[::EVERY] if data else [one.card for one in own_set()]
    seen = Observation("huggingface-card", "heron-lab/heron", "2026-04-22T08:00:00.000Z")
    raws = [RawListing.of(seen, text.decode("utf-8", "replace")) for text in texts]
    taken = [float("inf")] * len(raws)
    for _ in range(2):
        for place, raw in enumerate(raws):
            begun = time.process_time()
            read_card(raw)
            taken[place] = min(taken[place], time.process_time() - begun)
    taken.sort()
    figures = {
        "median": statistics.median(taken), "mean": statistics.mean(taken), "p95": taken[len(taken) * 95 // 100],
        "worst": taken[-1],
    }  # fmt: skip
    return {name: round(s * 1000, 2) for name, s in figures.items()} | {"cards": len(raws)}


def recorded(data: Path) -> Iterator[bytes]:
    """Yield all recorded cards: those of vendors, and those of the community."""
    yield from (path.read_bytes() for path in recorded_cards(data))
    with tarfile.open(data / COMMUNITY / "cards.tar.xz") as archive:
        yield from (opened.read() for member in archive if (opened := archive.extractfile(member)))


def show(found: dict[str, Any]) -> None:
    """Print the figures as ratios."""
    taken = found["steps"]
    floor, checked = taken["floor of building"], taken["floor of verifying"]
    print(f"{'':<38}   µs a passport   x the floor of building")
    for name, us in taken.items():
        print(f"{name:<38} {us:14.0f}   {us / floor:6.2f}")
    print(f"building: {taken['building'] / floor:.2f} x its floor", end="")
    print(f", {taken['building'] / (floor + checked):.2f} x with the verification of one's own work")
    print(f"verifying: {taken['verifying'] / checked:.2f} x its floor")
    print("CPU seconds of a process: " + ", ".join(f"{name} {s:.2f}" for name, s in found["start_up_cpu_s"].items()))
    print("a card, ms: " + ", ".join(f"{name} {ms}" for name, ms in found["cards_ms"].items()))


def drawn(taken: dict[str, float]) -> str:
    """Return an SVG with a bar for each step."""
    width, row, widest = 720, 26, max(taken.values())
    bars = [
        f'<rect x="250" y="{place * row + 6}" width="{us / widest * (width - 330):.1f}" height="16" fill="#3f7d58"/>'
        f'<text x="240" y="{place * row + 19}" text-anchor="end">{name}</text>'
        f'<text x="{256 + us / widest * (width - 330):.1f}" y="{place * row + 19}">{us:,.0f} µs</text>'
        for place, (name, us) in enumerate(taken.items())
    ]
    body = "\n".join(bars)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {len(taken) * row + 10}"'
        f' font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'
    )


if __name__ == "__main__":
    sys.exit(main())
