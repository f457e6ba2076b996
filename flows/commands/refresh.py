"""`passports refresh` and `passports rescrape`."""

import sys

from flows.commands import terminal
from flows.commands.run import run, show
from flows.config.clock import source_date_epoch
from flows.config.settings import read_settings
from flows.job.job import Consent, Job, new_job
from flows.run.targets import listings_to_crawl


def refresh(sources: list[str] | None, store: str | None, *, accept_drop: bool, new_store: bool, as_json: bool) -> None:
    """Crawl, build, sign and publish; exit 1 when a source did not pass its gate: `accept_drop` waives `largest_drop`.

    `new_store` begins a new history in a store that lost its pointer.
    """
    settings = read_settings(sources=tuple(sources) if sources else None, store=store)
    job = new_job("refresh", settings, epoch=source_date_epoch(), consent=Consent(accept_drop, new_store))
    _do(job, as_json=as_json)


def rescrape(slug: str, store: str | None, *, as_json: bool) -> None:
    """Crawl the records of one passport, then build, sign and publish it."""
    settings, epoch = read_settings(store=store), source_date_epoch()
    only = listings_to_crawl(slug, settings, epoch)
    _do(new_job("rescrape", settings, epoch=epoch, only=only), as_json=as_json)


def _do(job: Job, *, as_json: bool) -> None:
    """Run a job and show its report; exit 1 when some sources did not pass, although the others were published."""
    done = run(job, as_json=as_json)
    show(done.report, done.published, as_json=as_json)
    if done.report.state == "partial":
        failed = ", ".join(sorted({breach.source for breach in done.report.breaches}))
        terminal.error(f"published without {failed}, for the reasons above: passports still use the last good listings")
        sys.exit(1)
