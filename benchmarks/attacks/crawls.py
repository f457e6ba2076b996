"""Section B, a whole crawl: one record that costs all others, lists without end, and a source that never lets go."""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.attacks.places import Place
from benchmarks.attacks.runs import Ran
from benchmarks.attacks.servers import Hub, OpenRouter, Says, listening_to
from benchmarks.hub_server import repository_id
from pipelines.lifecycle.crawl_checks import FEWEST_TO_RATE
from pipelines.rules.gates import default_gates
from schemas.crawl import CRAWL_LINE, CrawlReport

REPOSITORIES = 8
MOST_MB = 600
MOST_S = 60
STOP_S = 5.0
NO_DATES = (
    "Fri, 31 Dec 99999999999 23:59:59 GMT", "Fri, 99 Foo 2026 25:61:61 GMT", "Fri, 31 Dec 2027 23:59:59 +999999999999",
    "9" * 400, "\xff",
)  # fmt: skip
FEW_BYTES = b'{"id":"a/b"}'
HASTY = {"AUTOTHROTTLE_START_DELAY": "0", "RETRY_WAIT_S": "0.02", "RETRY_TIMES": "2"}


def half_a_character_ends_no_crawl(place: Place) -> list[str]:
    """One card of the Hub declares half a character; the issuer refreshes from the Hub."""
    card = b'---\nbase_model: a/b\nbase_model_relation: "\\ud800"\n---\n# Heron\n\n## Limitations\n\nIt may be wrong.\n'
    with listening_to(Hub(REPOSITORIES, cards={2: card})) as hub:
        asked = {"PASSPORTS_HUGGINGFACE_URL": hub.url, "PASSPORTS_HUGGINGFACE_MINIMUM_DOWNLOADS": "1"}
        ran = place.refresh("--source", "huggingface", settings=asked)
    return [*ran.faults(code=0), *_missing(place, [repository_id(n).replace("/", "--") for n in range(REPOSITORIES)])]


def record_of_six_megabytes(place: Place) -> list[str]:
    """One record of OpenRouter's list is of 5.8 MB; the others are published, and it is refused by its id."""
    others = [record["id"] for record in place.source.records]
    place.source.records.append(place.source.records[0] | {"id": "heron-lab/large", "canonical_slug": "heron-lab/large",
                                                           "description": "It may be wrong. " * 340_000})  # fmt: skip
    ran = place.refresh()
    found = ran.faults(code=0)
    refused = [
        one for one in (ran.document.get("report") or {}).get("quarantined", []) if one["id"] == "heron-lab/large"
    ]
    served = (place.store / "api/v1/passport/heron-lab-large").exists()
    if not refused and not served:
        found.append("the record of 5.8 MB is neither published nor refused by its id")
    return [*found, *([] if others else ["nothing was there"])]


def four_million_records(place: Place) -> list[str]:
    """OpenRouter's list holds 4.5 million records of 12 bytes (54 MB): the crawl ends soon, and stays small."""
    place.source.instead = b'{"data":[' + (FEW_BYTES + b",") * 4_499_999 + FEW_BYTES + b"]}"
    ran, report = _crawl(place, place.source.url, limit_s=150)
    place.source.instead = None
    return [*_bounded(ran, report)]


def million_different_records(place: Place) -> list[str]:
    """OpenRouter's list holds 300,000 different records that nobody can read (50 MB): the crawl stops early."""
    records = (b'{"id":"heron-lab/heron-%d","name":"%s"}' % (number, b"x" * 120) for number in range(300_000))
    place.source.instead = b'{"data":[' + b",".join(records) + b"]}"
    ran, report = _crawl(place, place.source.url, limit_s=150)
    place.source.instead = None
    return [*_bounded(ran, report)]


def stopped_while_it_reads(place: Place) -> list[str]:
    """A crawl that is reading four million records is asked to stop (SIGTERM): it ends within five seconds."""
    place.source.instead = b'{"data":[' + (FEW_BYTES + b",") * 4_499_999 + FEW_BYTES + b"]}"
    stated: list[float] = []

    def stop() -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found = [path for path in Path("/proc").glob("[0-9]*/cmdline") if str(place.folder).encode() in _read(path)]
            pids = [int(path.parent.name) for path in found if b"scrapy" in _read(path)]
            if pids and _cpu_s(pids[0]) > 4:
                stated.append(time.monotonic())
                os.kill(pids[0], signal.SIGTERM)
                return
            time.sleep(0.1)

    stopping = threading.Thread(target=stop)
    stopping.start()
    ran, _ = _crawl(place, place.source.url, limit_s=60)
    ended = time.monotonic()
    stopping.join()
    place.source.instead = None
    if not stated:
        return []  # it had ended before there was a load
    took = ended - stated[0]
    return [] if ran.code is not None and took <= STOP_S else [f"ended {took:.1f} s after it was asked to"]


def list_without_end(place: Place) -> list[str]:
    """OpenRouter's list goes on to a next page for ever, each with records of its own."""
    with listening_to(Endless(place.source.records)) as source:
        ran, report = _crawl(place, source.url, limit_s=MOST_S)
    return [*_bounded(ran, report)]


def retry_after_in_a_huge_year(place: Place) -> list[str]:
    """A source answers 429, and names a year that no calendar has, or a day that there is not."""
    headers = [{"Retry-After": date} for date in NO_DATES] + [
        {"Retry-After": "1", "Date": date} for date in NO_DATES[:2]
    ]
    found = []
    for stated in headers:
        with listening_to(Says(429, stated)) as source:
            ran, report = _crawl(place, source.url, limit_s=60)
        wrong = ran.faults(code=0) or ([] if report and report.failures else ["no failure is reported"])
        found += [f"{str(stated)[:70]}: {one}" for one in wrong]
    return found


class Endless(OpenRouter):
    """A list that never ends."""

    def answer(self, target: str) -> tuple[int, bytes, dict[str, str]]:
        """Answer with a page that names another."""
        if target == "/robots.txt":
            return 200, b"User-agent: *\nAllow: /\n", {}
        offset = int(target.partition("offset=")[2].partition("&")[0] or 0)
        made: list[dict[str, Any]] = [
            self.records[0] | {"id": f"heron-lab/h-{n}", "canonical_slug": f"heron-lab/h-{n}"}
            for n in range(offset, offset + 500)
        ]
        following = f"/api/v1/models?offset={offset + 500}&limit=500"
        return 200, json.dumps({"data": made, "total_count": 10**9, "links": {"next": following}}).encode(), {}


def _crawl(place: Place, url: str, *, limit_s: float) -> tuple[Ran, CrawlReport | None]:
    """Crawl OpenRouter in a process of its own, as a run does, and read its report."""
    out = place.folder / "work/crawl.jsonl"
    out.unlink(missing_ok=True)
    gate = default_gates()["openrouter"]
    bounds = {
        "MOST_LISTINGS": gate.bounds.listings(None),
        "MOST_UNREAD_BYTES": gate.bounds.most_unread_bytes,
        "DOWNLOAD_MAXSIZE": gate.bounds.most_answer_bytes,
        "LARGEST_REJECT_RATE": gate.largest_reject_rate,
        "RATED_FROM": FEWEST_TO_RATE,
    }
    settings = {**HASTY, **bounds, "OPENROUTER_URL": url, "CRAWL_FILE": str(out)}
    given = [word for name, value in settings.items() for word in ("-s", f"{name}={value}")]
    command = (sys.executable, "-P", "-m", "scrapy", "crawl", "openrouter", *given)
    ran = place.run(*command, limit_s=limit_s, settings={"SCRAPY_SETTINGS_MODULE": "spiders.settings"})
    last = b""
    if out.exists():
        with out.open("rb") as file:
            for line in file:
                last = line
    try:
        report = CRAWL_LINE.validate_json(last)
    except ValueError:
        return ran, None
    return ran, report if isinstance(report, CrawlReport) else None


def _bounded(ran: Ran, report: CrawlReport | None) -> list[str]:
    found = (
        []
        if ran.code is not None and ran.took_s <= MOST_S
        else [f"had not ended after {min(ran.took_s, MOST_S):.0f} s"]
    )
    found += [f"took {ran.peak_mb:.0f} MB, more than {MOST_MB}"] if ran.peak_mb > MOST_MB else []
    found += ["left no report"] if ran.code is not None and report is None else []
    return [*found, *(["says that it is complete"] if report and report.complete else [])]


def _missing(place: Place, slugs: list[str]) -> list[str]:
    missing = [slug for slug in slugs if not (place.store / "api/v1/passport" / slug).exists()]
    return (
        [f"{len(missing)} of {len(slugs)} repositories have no passport: {', '.join(missing[:3])}"] if missing else []
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _cpu_s(pid: int) -> float:
    stat = _read(Path(f"/proc/{pid}/stat")).rpartition(b")")[2].split()
    return (int(stat[11]) + int(stat[12])) / 100 if stat else 0.0


ATTACKS = (
    half_a_character_ends_no_crawl, record_of_six_megabytes, four_million_records, million_different_records,
    stopped_while_it_reads, list_without_end, retry_after_in_a_huge_year,
)  # fmt: skip
