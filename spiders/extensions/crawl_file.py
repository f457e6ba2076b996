"""Writes the crawl file with its checkpoints and report, and shows a crawl's progress."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call
from twisted.python.failure import Failure

from schemas.crawl import FULL, Bundle, Checkpoint, CrawlReport, FetchFailure, PageDone
from schemas.lines import RecordLine, escaped, fault_line, written_line
from schemas.listing import RawListing
from spiders.clock import clock_of, stamp
from spiders.extensions.checkpoints import Resumable, unfinished, written
from spiders.extensions.redaction import secrets_of, set_aside, without_secrets
from spiders.extensions.tally import Tally, restore_stats

PROGRESS_EVERY_S = 0.5


@contextmanager
def exit_when_full(folder: Path) -> Iterator[None]:
    """End the process, after one message, when a write of the block to a folder fails for lack of room.

    All later writes would fail too. What was not written is lost; a crawl that can go on does so from its last
    checkpoint.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        _say({"event": "full", "folder": str(folder), "reason": error.strerror})
        os._exit(1)


def _say(event: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def _as_text(line: Checkpoint | CrawlReport) -> bytes:
    return line.model_dump_json().encode()


class CrawlFile:
    """Writes one line for each record to CRAWL_FILE and the report as the last; shows progress on standard output.

    The file gets its name only when it is complete; until then it ends in ".part". With RESUME, a crawl whose spider
    yields PageDone continues such a file after its last checkpoint.
    """

    def __init__(self, crawler: Crawler, path: Path, source: str) -> None:
        self.crawler = crawler
        self.path = path
        self.tally = Tally(source)
        self.clock = clock_of(crawler.settings)
        self.started_at = stamp(self.clock)
        self.part = path.with_name(f"{path.name}.part")
        self.resumes = crawler.settings.getbool("RESUME")
        self.secrets = secrets_of(crawler.settings)
        self.checkpoints = 0
        if self.resumes:
            self.go_on()
        with exit_when_full(path.parent):
            self.lines = self.part.open("ab" if self.checkpoints else "wb")
        self.progress = create_looping_call(self.show)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Open the file before anything is asked for; raise NotConfigured without CRAWL_FILE."""
        path = crawler.settings.get("CRAWL_FILE")
        if not path:
            raise NotConfigured
        extension = cls(crawler, Path(path), crawler.spidercls.name)
        crawler.signals.connect(extension.spider_opened, signals.spider_opened)
        crawler.signals.connect(extension.item_scraped, signals.item_scraped)
        crawler.signals.connect(extension.item_error, signals.item_error)
        crawler.signals.connect(extension.spider_error, signals.spider_error)
        crawler.signals.connect(extension.spider_closed, signals.spider_closed)
        return extension

    def spider_opened(self) -> None:
        """Start to show progress."""
        self.progress.start(PROGRESS_EVERY_S, now=False)

    def go_on(self) -> None:
        """Continue what an earlier process left of this same crawl, if there is any."""
        spider: object = self.crawler.spider
        found = unfinished(self.part, spider.order, self.clock()) if isinstance(spider, Resumable) else None
        if not isinstance(spider, Resumable) or found is None:
            return
        os.truncate(self.part, found.end)
        so_far = found.checkpoint.so_far
        self.started_at, self.checkpoints = so_far.started_at, 1
        self.tally.restore(so_far)
        restore_stats(self.crawler.stats, so_far)
        spider.resume(found.checkpoint.done, written(self.part), so_far.failures)

    def item_scraped(self, item: RecordLine | FetchFailure | PageDone | Bundle[RecordLine]) -> None:
        """Write a line, those of a bundle, or a checkpoint, or note a failure for the report."""
        match item:
            case Bundle():
                for line in item.members:
                    self.item_scraped(line)
            case FetchFailure():
                self.tally.failures.append(escaped(item))
            case PageDone():
                self.mark(item)
            case _:
                line, text = written_line(item)
                if (replaced := set_aside(line, text, self.secrets)) is not line:
                    line, text = written_line(replaced)
                self.tally.count(line)
                self.write(text)

    def mark(self, done: PageDone) -> None:
        """Write a checkpoint, once everything before it is on disk."""
        with exit_when_full(self.path.parent):
            self.lines.flush()
            os.fsync(self.lines.fileno())
            self.write(_as_text(Checkpoint(done=done, so_far=self.report("unfinished"))))
            self.lines.flush()
        self.checkpoints += 1

    def write(self, text: bytes) -> None:
        """Write one line without our secrets, as sources may repeat them, and reports are published."""
        with exit_when_full(self.path.parent):
            self.lines.write(without_secrets(text.decode(), self.secrets).encode() + b"\n")

    def item_error(self, item: RawListing, failure: Failure) -> None:
        """Quarantine a record that our own code failed on."""
        assert failure.value is not None  # nosec B101  # noqa: S101 - Twisted's types allow a failure without an error
        self.item_scraped(fault_line(item, failure.value))

    def spider_error(self, failure: Failure, response: Any) -> None:  # noqa: ANN401 - a response or a failure
        """Note for the report that the spider itself failed."""
        reason = f"the spider raised {type(failure.value).__name__}: see standard error, and correct the spider"
        self.tally.failures.append(FetchFailure(url=getattr(response, "url", ""), status=None, reason=reason))

    def spider_closed(self, spider: Spider, reason: str) -> None:
        """Write the report and give the file its name, unless the crawl was stopped and can go on later."""
        del spider
        self.progress.stop()
        self.show()
        with exit_when_full(self.path.parent), self.lines:
            if self.resumes and self.checkpoints and reason == "shutdown":
                return
            self.write(_as_text(self.report(reason)))
        self.part.replace(self.path)

    def report(self, reason: str) -> CrawlReport:
        """The report as of now."""
        now = stamp(self.clock)
        return self.tally.report(self.stats(), finish_reason=reason, started_at=self.started_at, finished_at=now)

    def show(self) -> None:
        """Show progress: one line of JSON."""
        stats = self.stats()
        event = {"event": "progress", "source": self.tally.source, "listings": self.tally.listings}
        event |= {"announced": stats.get("listing/announced"), "requests": stats.get("downloader/request_count", 0)}
        _say(event)

    def stats(self) -> dict[str, Any]:
        """Scrapy's own counts."""
        return self.crawler.stats.get_stats() if self.crawler.stats else {}
