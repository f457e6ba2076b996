"""Measures how a whole run grows with the Hub: `python -m benchmarks.scale [ITEMS …]`.

An invented Hub of each size is served on loopback; one process crawls it, builds a passport for each repository, signs
and publishes them, and another one then does the same again with nothing changed. Prints time and peak memory of the
run in each stage (the crawl's process separately), and the bytes in the store; `--draw FOLDER` draws memory and time.
Memory must not grow with the Hub, and time only in proportion to it. `--written` writes the file that a crawl would
leave instead of crawling, for sizes that take a crawl hours; `--cards 20` gives one repository in 20 a card there, as
reading is most of a crawl's work. `--builder pool` builds in two processes.
"""

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.curves import AGAIN, memory_by_size, time_by_size
from benchmarks.hub_server import serving
from benchmarks.memory import Watch
from benchmarks.written_crawl import Written, write_crawl
from flows.build.builder import Builder, build_here, build_parts, runs_of
from flows.build.passports import FEW_OBJECTS, Built
from flows.build.workers import BuildInput, read_build_input, write_build_input
from flows.config.settings import read_settings
from flows.crawl import sources as fetching
from flows.crawl.process import CrawlOrder, Progress, crawl
from flows.ingest.crawl_file import CrawlOutcome
from flows.ingest.ingestion import begin
from flows.job.job import Job, new_job, open_tools
from flows.job.workspace import workspace
from flows.progress import WATCHER
from flows.run.publish import RunOutcome, build_passports, publish_generation
from pipelines.signing.keys import signing_key_to_jwk
from schemas.times import timestamp
from tests.support.runs import assemble_crawls

SIZES = (2_000, 20_000, 100_000)
GATES = """
minimum_listings = 1
largest_drop = 1.0
largest_reject_rate = 0.1
refresh_after_h = 72
stale_after_h = 168
expires_after_h = 720
bounds.most_listings = 5_000_000
"""
IMPATIENT = {"AUTOTHROTTLE_ENABLED": "0", "CONCURRENT_REQUESTS": "16", "CONCURRENT_REQUESTS_PER_DOMAIN": "16"}
"""Scrapy settings of these crawls, without limits on the rate, as they stay on loopback."""


def main() -> None:
    """Measure each day of each size in a process of its own, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("items", type=int, nargs="*", default=SIZES)
    parser.add_argument("--json", type=Path, help="write all figures into this file")
    parser.add_argument("--draw", type=Path, metavar="FOLDER", help="draw memory and time into this folder")
    parser.add_argument("--written", action="store_true", help="write the crawl's file instead of crawling")
    parser.add_argument(
        "--cards", type=int, default=1, help="one repository in so many has a card, where it is written"
    )
    parser.add_argument("--builder", choices=("here", "pool"), default="here")
    parser.add_argument("--run", metavar="URL", help="be the process that runs against this Hub")
    parser.add_argument("--folder", type=Path, help="with store and work of that run")
    parser.add_argument("--day", type=int, help="of that run: 1, or 2 when nothing has changed")
    asked = parser.parse_args()
    if asked.run:
        print(json.dumps(run(asked)))
        return
    curves = {}
    for items in asked.items:
        with serving(items) as url, tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "benchmarks.scale", str(items), "--builder", asked.builder]
            command += ["--written", "--cards", str(asked.cards)] if asked.written else []
            days = [measured([*command, "--run", url, "--folder", folder, "--day", day]) for day in ("1", "2")]
            curves[items] = both(*days) | {"store": stored(Path(folder) / "store")}
        show(items, curves[items])
    if asked.json:
        asked.json.write_text(json.dumps(curves))
    if asked.draw:
        (asked.draw / "scale-memory.svg").write_text(memory_by_size(curves))
        (asked.draw / "scale-time.svg").write_text(time_by_size(curves))


def measured(command: Sequence[str]) -> dict[str, Any]:
    """Return what the process of one day measured."""
    stated: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)  # noqa: S603 - this very file
    return stated


def both(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of two days together, the second curve after the first."""
    ended = first["curve"][-1][0]
    crawlers = [day["peak_mb"].get("crawler", 0) for day in (first, second)]
    return {
        "seconds": first["seconds"] | second["seconds"],
        "cpu_s": first["cpu_s"] | second["cpu_s"],
        "peak_mb": first["peak_mb"] | second["peak_mb"] | {"crawler": max(crawlers)},
        "requests": [first["requests"], second["requests"]],
        "curve": [*first["curve"], *([ended + at, stage, held] for at, stage, held in second["curve"])],
    }


def show(items: int, measured: dict[str, Any]) -> None:
    """Print the figures of one size: seconds and peak memory of each stage, and bytes in the store."""
    first, second = measured["requests"]
    crawler_mb = measured["peak_mb"].get("crawler", 0)
    print(f"{items:>9,} repositories; {first:,} requests, and {second:,} on the next day; ", end="")
    print(f"the crawl's process held {crawler_mb:.0f} MB at most")
    for stage, seconds in measured["seconds"].items():
        used = measured["cpu_s"][stage]
        each = f"{seconds:7.1f} s, of CPU {used:7.1f} s, {used / items * 1e6:6.0f} µs a repository"
        print(f"    {stage:<17} {each}; at most {measured['peak_mb'].get(stage, 0):4.0f} MB")
    for folder, (files, size) in measured["store"].items():
        print(f"    {folder:<30} {files:>8,} files {size:>14,} bytes, {size / items:8.0f} a repository")
    sys.stdout.flush()


def run(asked: argparse.Namespace) -> dict[str, Any]:
    """Do the run of one day, and return what was measured."""
    written = Written(asked.items[0], asked.cards) if asked.written else None
    builder: Builder = {"here": build_here, "pool": build_in_pool}[asked.builder]
    equip(asked.folder, asked.run)
    epoch = int(datetime(2026, 6, asked.day, tzinfo=UTC).timestamp())
    watch, job = Watch(), new_job("refresh", read_settings(), epoch=epoch)
    with watch.watching(), workspace(job) as placed:
        done = stages(placed, watch, written, builder, suffix=AGAIN if asked.day > 1 else "")
    assert done.report.accounting is not None
    assert done.published.generation == asked.day
    assert done.report.unchanged == (asked.day - 1) * done.report.accounting.passports
    return {
        "seconds": watch.seconds,
        "cpu_s": watch.cpu_s,
        "peak_mb": watch.peaks,
        "requests": sum(one.requests for one in done.report.crawls),
        "curve": watch.curve,
    }


def stages(job: Job, watch: Watch, written: Written | None, builder: Builder, suffix: str) -> RunOutcome:
    """Do the stages of a run, measuring each."""
    with watch.stage(f"crawl{suffix}"):
        if written is None:
            outcome = asyncio.run(fetching.crawl_source(job, "huggingface", begin(job)))
        else:
            outcome = write_crawl(written, Path(job.work).parent / "crawl.jsonl", timestamp(open_tools(job).clock()))
    with watch.stage(f"assemble{suffix}"):
        assembled = assemble_crawls(job, [outcome])
    with watch.stage(f"build{suffix}"):
        built = build_passports(job, assembled, builder)
    with watch.stage(f"publish{suffix}"):
        return publish_generation(job, assembled, built, builder)


def build_in_pool(job: Job, basis: BuildInput) -> Iterator[Built]:
    """Build a batch in two processes, which read it as workers do."""
    folder = write_build_input(job, basis)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield from pool.map(partial(build_apart, job, folder), runs_of(basis.batch))


def build_apart(job: Job, folder: Path, parts: tuple[int, ...]) -> Built:
    """Build some parts in another process."""
    WATCHER.set(lambda *_: None)
    built = build_parts(job, read_build_input(job, folder), parts)
    built.write_ahead(open_tools(job).store, but=FEW_OBJECTS)
    return built


def stored(store: Path) -> dict[str, tuple[int, int]]:
    """Return folder of the store → number of its files, and their bytes."""
    found: dict[str, list[int]] = defaultdict(list)
    for path in store.rglob("*"):
        parts = path.relative_to(store).parts
        if path.is_file() and len(parts) > 1 and not parts[0].startswith(".tmp"):
            found[
                "/".join(parts[: min(3 if parts[0] == "api" or parts[1] == "sources" else 2, len(parts) - 1)])
            ].append(path.stat().st_size)
    return {folder: (len(sizes), sum(sizes)) for folder, sizes in sorted(found.items())}


def equip(folder: Path, url: str) -> None:
    """Write key and gates, and set the environment of a run."""
    key, gates = folder / "key.jwk", folder / "gates.toml"
    key.touch(mode=0o600)
    key.write_text(signing_key_to_jwk(bytes(range(32))))
    names = re.findall(r"^\[([a-z-]+)\]", Path("pipelines/rules/gates.toml").read_text(), re.MULTILINE)
    gates.write_text("".join(f"[{name}]\n{GATES}" for name in names))
    os.environ |= {
        "PASSPORTS_STORE": str(folder / "store"),
        "PASSPORTS_SIGNING_KEY_FILE": str(key),
        "PASSPORTS_GATES_FILE": str(gates),
        "PASSPORTS_HUGGINGFACE_URL": url,
        "PASSPORTS_HUGGINGFACE_MINIMUM_DOWNLOADS": "0",
        "PASSPORTS_SOURCES": "huggingface",
        "PASSPORTS_WORK": str(folder / "work"),
    }
    WATCHER.set(lambda *_: None)
    fetching.crawl = impatient


async def impatient(order: CrawlOrder, on_progress: Callable[[Progress], None]) -> CrawlOutcome:
    """Crawl as a run does, but without the waits that spare a real source."""
    return await crawl(replace(order, settings={**order.settings, **IMPATIENT}), on_progress)


if __name__ == "__main__":
    main()
