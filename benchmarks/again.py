"""Measures what a run costs again: `python -m benchmarks.again [ITEMS]`, on days with nothing, little and all changed.

An invented Hub is served on loopback, and one process does a complete run each day. Prints processor time for each
repository by stage (of the crawl's process too), what each day wrote, and the crawl's own cost, without reading, beside
a crawl of the same pages by Scrapy alone; of crawls the start is left out, by the difference of two sizes.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.curves import writes_by_change
from benchmarks.hub_server import serving
from benchmarks.memory import Watch, cpu_s
from benchmarks.scale import IMPATIENT, equip, stages
from flows.build.builder import build_here
from flows.config.settings import read_settings
from flows.crawl.process import ROOT, CrawlOrder, crawl
from flows.crawl.readers import reader_digest
from flows.job.job import new_job
from flows.job.workspace import workspace

ITEMS, FEW = 2_000, 100
DAYS = {"all new": 0, "unchanged": 0, "1 % changed": 100, "9 % more": 10, "the other 90 %": 1}
"""Day → one repository in so many has a newer commit than on the first day; 0 is none."""
STAGES = ("crawl", "assemble", "build", "publish")
NOTHING_CHANGED_MS, OF_FULL, OF_BARE = 2.0, 0.25, 2.0
"""What is aimed at: CPU of an unchanged repository, its share of a full one, our crawl beside a bare one."""


def main() -> None:
    """Measure the days in a separate process, then the crawls, and print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("items", type=int, nargs="?", default=ITEMS)
    parser.add_argument("--day", nargs=3, metavar=("FOLDER", "URL", "DAY"), help="be the process of one day")
    parser.add_argument("--draw", type=Path, metavar="FOLDER", help="draw what the days wrote into this folder")
    asked = parser.parse_args()
    if asked.day:
        print(json.dumps(day(Path(asked.day[0]), asked.day[1], int(asked.day[2]))))
        return
    found = days(asked.items)
    show_days(asked.items, found)
    if asked.draw:
        (asked.draw / "scale-writes.svg").write_text(writes_by_change([one["written"] for one in found[1:]]))
    show_crawls(asked.items, crawls(asked.items), crawls(FEW))


def days(items: int) -> list[dict[str, Any]]:
    """Return what each day took and wrote, each day in a separate process on the same store and folder."""
    found, port = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for number, changed in enumerate(DAYS.values(), start=1):
            with serving(items, port=port, changed=changed) as url:
                port = int(url.rpartition(":")[2])
                command = [sys.executable, "-m", "benchmarks.again", "--day", folder, url, str(number)]
                stated = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout  # noqa: S603 - this very file
                found.append(json.loads(stated))
    return found


def day(folder: Path, url: str, number: int) -> dict[str, Any]:
    """Do the run of one day, and return CPU seconds by stage and keys written by step."""
    equip(folder, url)
    watch = Watch()
    epoch = int(datetime(2026, 6, number, tzinfo=UTC).timestamp())
    with workspace(new_job("refresh", read_settings(), epoch=epoch)) as job:
        done = stages(job, watch, None, build_here, suffix="")
    return {"cpu_s": watch.cpu_s, "written": done.published.written, "unchanged": done.report.unchanged}


def show_days(items: int, found: list[dict[str, Any]]) -> None:
    """Print milliseconds a repository of each day by stage, and the files that it wrote."""
    print(f"{items:,} repositories; ms of CPU for each{''.join(f'{name:>16}' for name in DAYS)}")
    sums = [sum(one["cpu_s"].values()) / items * 1e3 for one in found]
    for stage in STAGES:
        show(stage, [one["cpu_s"][stage] / items * 1e3 for one in found])
    show("together", sums)
    show("of a full run", [one / sums[0] for one in sums])
    for step in ("objects", "search", "copies", "site", "pages"):
        show(f"written: {step}", [one["written"].get(step, 0) for one in found])
    show("written: all files", [sum(one["written"].values()) for one in found])
    reached = sums[1] <= NOTHING_CHANGED_MS and sums[1] <= OF_FULL * sums[0]
    print(f"unchanged: aimed at {NOTHING_CHANGED_MS} ms and {OF_FULL} of a full run: {'yes' if reached else 'no'}")


def show(name: str, figures: Sequence[float]) -> None:
    """Print a line of figures; whole numbers as such."""
    print(f"    {name:<29}{''.join(f'{one:16,}' if isinstance(one, int) else f'{one:16.2f}' for one in figures)}")


def crawls(items: int) -> dict[str, float]:
    """Return CPU seconds of a crawl that fetches every page: ours reading all, ours reading none, and a bare one."""
    with tempfile.TemporaryDirectory() as name, serving(items) as url:
        folder = Path(name)
        readings = {"READINGS": str(folder / "readings" / "hub.sqlite"), "READER": reader_digest(ROOT) or ""}
        return {
            "ours": measured_crawl(url, folder, readings),
            "ours, nothing to read": measured_crawl(url, folder, readings),
            "Scrapy alone": bare_crawl(url, folder),
        }


def measured_crawl(url: str, folder: Path, readings: Mapping[str, str]) -> float:
    """Crawl as a run does; nothing is known, so every card is fetched."""
    arguments, settings = {"minimum_downloads": "0"}, {**IMPATIENT, **readings}
    order = CrawlOrder("huggingface", url, folder / "crawl.jsonl", "https://test.example", arguments, settings)
    begun = cpu_s()
    asyncio.run(crawl(order))
    return cpu_s() - begun


def bare_crawl(url: str, folder: Path) -> float:
    """Crawl the same pages by Scrapy alone."""
    settings = [word for name, value in IMPATIENT.items() for word in ("-s", f"{name}={value}")]
    command = [sys.executable, "-m", "scrapy", "runspider", str(ROOT / "benchmarks" / "bare_crawl.py"), *settings]
    command += ["-s", "LOG_LEVEL=WARNING", "-a", f"url={url}", "-O", str(folder / "bare.jsonl")]
    begun = cpu_s()
    subprocess.run(command, check=True, cwd=folder)  # noqa: S603 - our own spider
    return cpu_s() - begun


def show_crawls(items: int, many: Mapping[str, float], few: Mapping[str, float]) -> None:
    """Print milliseconds a repository of each crawl, without the start of its process."""
    each = {name: (many[name] - few[name]) / (items - FEW) * 1e3 for name in many}
    print(f"\n{items:,} repositories with their cards; ms of CPU of the crawl for each, and beside Scrapy alone")
    for name, ms in each.items():
        show(name, [ms, ms / each["Scrapy alone"]])


if __name__ == "__main__":
    main()
