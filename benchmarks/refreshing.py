"""Runs one refresh for benchmarks/faults.py, without Prefect, whose start would take most of the time.

The settings come from the environment, the time from SOURCE_DATE_EPOCH.
"""

import asyncio
import os
import signal
from dataclasses import replace
from functools import partial
from typing import Any
from unittest.mock import patch

from flows.config.settings import read_settings
from flows.crawl.process import CrawlOrder, crawl
from flows.crawl.sources import breach_of, crawl_source
from flows.errors import FlowError
from flows.ingest.crawl_file import CrawlFailedError, CrawlOutcome
from flows.ingest.ingestion import begin
from flows.job.job import Job, new_job
from flows.job.preflight import preflight
from flows.job.workspace import workspace
from flows.run.assemble import GateClosedError
from flows.run.publish import build_passports, publish_generation
from schemas.run import Breach
from tests.support.runs import assemble_crawls

BEGUN, PUBLISHED, CLOSED = "begun", "published", "closed"
HASTY = {"AUTOTHROTTLE_START_DELAY": "0", "RETRY_WAIT_S": "0.02", "RETRY_TIMES": "2"}
"""Scrapy settings without the waits that spare a real source."""


def main() -> None:
    """Print that the run begins, then "published" or "closed"; exit with the error that ends it."""
    job = new_job("refresh", read_settings(), epoch=int(os.environ["SOURCE_DATE_EPOCH"]))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a process started in the background ignores SIGINT
    print(BEGUN, flush=True)
    with patch("flows.crawl.sources.crawl", partial(_hasty, crawl)), workspace(job) as placed:
        try:
            _refresh(placed)
        except GateClosedError:
            print(CLOSED)
        except FlowError as error:
            raise SystemExit(f"{type(error).__name__}: {error}") from error
        else:
            print(PUBLISHED)


def _refresh(job: Job) -> None:
    preflight(job)
    outcomes: list[CrawlOutcome] = []
    failures: list[Breach] = []
    for source in job.sources:
        try:
            outcomes.append(asyncio.run(crawl_source(job, source, begin(job))))
        except CrawlFailedError as error:
            failures.append(breach_of(source, error))
    assembled = assemble_crawls(job, outcomes, failures)
    publish_generation(job, assembled, build_passports(job, assembled))


async def _hasty(crawl: Any, order: CrawlOrder, *watched: Any) -> CrawlOutcome:  # noqa: ANN401 - handed through
    outcome: CrawlOutcome = await crawl(replace(order, settings={**order.settings, **HASTY}), *watched)
    return outcome


if __name__ == "__main__":
    main()
