"""Runs crawls in tests: the real process, without the waits."""

import asyncio
from pathlib import Path
from typing import Any

from flows.crawl import CrawlOutcome, crawl

EPOCH = 1_784_000_000
OBSERVED_AT = "2026-07-14T03:33:20.000Z"
HASTY = {"AUTOTHROTTLE_START_DELAY": "0", "RETRY_WAIT_S": "0.02", "RETRY_TIMES": "2", "RETRY_WAIT_MAX_S": "5"}


def crawled(url: str, folder: Path, **order: Any) -> CrawlOutcome:
    settings = {**HASTY, **order.pop("settings", {})}
    order = {"contact": "https://test.example/about", "clock_epoch": EPOCH, "time_limit_s": 60.0, **order}
    return asyncio.run(crawl("openrouter", url=url, out=folder / "crawl.jsonl", settings=settings, **order))


def ids(outcome: CrawlOutcome) -> list[str]:
    return [line.raw.id for line in outcome.admitted if line.raw.source == "openrouter"]
