"""Runs crawls in tests: the real process, without the waits between requests."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flows.crawl.process import CrawlOrder, Progress, crawl
from flows.ingest.crawl_file import CrawlOutcome
from schemas.crawl import AdmittedLine, QuarantinedLine
from schemas.listing import Quarantined
from tests.support.waiting import LIMIT_S

EPOCH = 1_784_000_000
OBSERVED_AT = "2026-07-14T03:33:20.000Z"
HASTY = {"AUTOTHROTTLE_START_DELAY": "0", "RETRY_WAIT_S": "0.02", "RETRY_TIMES": "2", "RETRY_WAIT_MAX_S": "5"}


def crawled(
    url: str, folder: Path, on_progress: Callable[[Progress], None] = lambda _: None, **order: Any
) -> CrawlOutcome:
    settings = {**HASTY, **order.pop("settings", {})}
    arguments = {"endpoints": str(int(order.pop("endpoints", False)))}
    if only := order.pop("only", ()):
        arguments["only"] = ",".join(only)
    order = {"contact": "https://test.example/about", "clock_epoch": EPOCH, "time_limit_s": LIMIT_S, **order}
    out = folder / "crawl.jsonl"
    asked = CrawlOrder("openrouter", url=url, out=out, arguments=arguments, settings=settings, **order)
    return asyncio.run(crawl(asked, on_progress))


def admitted(outcome: CrawlOutcome) -> list[AdmittedLine]:
    return [line for line in outcome.lines() if isinstance(line, AdmittedLine)]


def quarantined(outcome: CrawlOutcome) -> list[Quarantined]:
    return [line.quarantined for line in outcome.lines() if isinstance(line, QuarantinedLine)]


def ids(outcome: CrawlOutcome) -> list[str]:
    return [line.raw.id for line in admitted(outcome) if line.raw.source == "openrouter"]
