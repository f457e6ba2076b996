"""Ingests the crawls of a run as they end: reads each once, judges it by its gate, updates the listings if it passes.

Spiders of later waves crawl what the listings name, so a crawl that failed its gate never decides what they ask for.
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from flows.ingest.crawl_file import CrawlOutcome
from flows.ingest.crawl_partitions import IngestedCrawl, partition
from flows.ingest.gates import breaches_of, facet_fault
from flows.ingest.listings import Listings, served_listings, update_listings
from flows.job.job import Job, open_tools
from flows.job.preflight import starting_point_of
from flows.registry.published import PublishedState
from pipelines.lifecycle.crawl_checks import DROP
from schemas.run import Breach


class JudgedCrawls(NamedTuple):
    """The crawls of a run that have been judged by their gates."""

    read: tuple[IngestedCrawl, ...] = ()
    """Every crawl that ended with a report."""
    good: tuple[IngestedCrawl, ...] = ()
    """Those that passed their gates, or whose breaches were waived."""
    breaches: tuple[Breach, ...] = ()
    """Breaches of the other crawls, whose sources stay at their last good listings."""
    waived: tuple[Breach, ...] = ()
    """Breaches of the good crawls, which `--accept-drop` waived."""


class Ingestion(NamedTuple):
    """What a run has crawled so far, and the listings that result from it."""

    served: PublishedState
    """The published state that the listings start from."""
    listings: Listings
    crawls: JudgedCrawls
    folder: Path


def begin(job: Job) -> Ingestion:
    """Return an ingestion with the served listings and no crawl; raise TamperedError when these fail their check."""
    state = starting_point_of(job, open_tools(job))
    folder = Path(tempfile.mkdtemp(prefix="ingested-", dir=job.work))
    return Ingestion(state, served_listings(state, folder / "served"), JudgedCrawls(), folder)


def ingest(job: Job, so_far: Ingestion, outcome: CrawlOutcome) -> Ingestion:
    """Return the ingestion with one more crawl judged and, if it passed its gate, its records in the listings.

    `so_far` is not changed.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"{outcome.report.source}-", dir=so_far.folder))
    gates, crawls = open_tools(job).gates, so_far.crawls
    fault_of = facet_fault(so_far.served, gates)
    crawl = partition(outcome, folder / "crawl", whole=job.whole, gate=gates[outcome.report.source], fault_of=fault_of)
    found = breaches_of(crawl, so_far.served, gates, whole=job.whole)
    stopping = tuple(breach for breach in found if not (job.accept_drop and breach.gate == DROP))
    judged = crawls._replace(read=(*crawls.read, crawl), breaches=(*crawls.breaches, *stopping))
    if stopping:
        return so_far._replace(crawls=judged)
    judged = judged._replace(good=(*crawls.good, crawl), waived=(*crawls.waived, *found))
    listings = update_listings(so_far.listings, crawl, so_far.served, folder / "listings", whole=job.whole)
    return so_far._replace(listings=listings, crawls=judged)


def with_failures(so_far: Ingestion, failures: Iterable[Breach]) -> Ingestion:
    """Return the ingestion with the breaches of crawls that left no report, which come before those of gates."""
    return so_far._replace(crawls=so_far.crawls._replace(breaches=(*failures, *so_far.crawls.breaches)))


def rebased(job: Job, ingestion: Ingestion, state: PublishedState) -> Ingestion:
    """Return the ingestion with its good crawls applied again, to what another run has published meanwhile."""
    folder = Path(tempfile.mkdtemp(prefix="rebased-", dir=ingestion.folder))
    listings = served_listings(state, folder / "served")
    for crawl in ingestion.crawls.good:
        listings = update_listings(listings, crawl, state, folder, whole=job.whole)
    return ingestion._replace(served=state, listings=listings)
