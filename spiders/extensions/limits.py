"""Stops a crawl that exceeds a bound, that no gate would accept, or that is being ended."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, NamedTuple, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.settings import BaseSettings

from schemas.crawl import AdmittedLine, Bundle, FetchFailure, PageDone, QuarantinedLine
from schemas.lines import RecordLine

STOPPED = "bound"
"""Finish reason of a crawl that was stopped here."""

ANNOUNCED_STAT = "listing/announced"


class Limits(NamedTuple):
    """The bounds of one crawl, from its settings; 0 is none."""

    listings: int
    unread_bytes: int
    reject_rate: float
    """Largest share of the source's listings that may be refused, 0 to 1."""
    rated_from: int
    """Fewest refused listings for which that share is rated."""

    @classmethod
    def of(cls, settings: BaseSettings) -> Self:
        """Return the limits in the settings MOST_LISTINGS, MOST_UNREAD_BYTES, LARGEST_REJECT_RATE and RATED_FROM."""
        return cls(
            settings.getint("MOST_LISTINGS"),
            settings.getint("MOST_UNREAD_BYTES"),
            settings.getfloat("LARGEST_REJECT_RATE"),
            settings.getint("RATED_FROM"),
        )

    def exceeded(self, came: "Came", announced: int | None) -> str | None:
        """The bound that is exceeded and what to do, in words; None while none is."""
        if self.listings and came.listings > self.listings:
            problem = f"the source sent more than {self.listings:,} listings"
            return (
                f"{problem}: check what is served there, and if it is right, raise most_listings of the source's bounds"
            )
        if self.unread_bytes and came.unread_bytes > self.unread_bytes:
            problem = f"records of more than {self.unread_bytes:,} bytes could not be read"
            return (
                f"{problem}: see the quarantine, and if they are right, raise most_unread_bytes of the source's bounds"
            )
        to_come = min(filter(None, (announced, self.listings)), default=0)
        if to_come and came.refused >= self.rated_from and came.refused > self.reject_rate * to_come:
            problem = f"{came.refused:,} of at most {to_come:,} listings were refused, more than {self.reject_rate:.0%}"
            return f"{problem}: see the quarantine"
        return None


class Came:
    """How much has come so far."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.listings = self.refused = self.unread_bytes = 0

    def count(self, line: AdmittedLine | QuarantinedLine) -> None:
        """Count one line; a line of the spider's own source counts as a listing."""
        if isinstance(line, AdmittedLine):
            self.listings += line.raw.source == self.source
            return
        own = line.quarantined.source == self.source
        self.listings += own
        self.refused += own
        self.unread_bytes += len(line.quarantined.raw)


class StopEarly:
    """Passes on a spider's outputs until a bound is exceeded or the crawl is being stopped.

    One answer can hold more records than anybody waits for, and Scrapy by itself would process them all.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.limits, self.came = Limits.of(crawler.settings), Came(crawler.spidercls.name)
        self.closing: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the middleware, and count each line that is written."""
        middleware = cls(crawler)
        crawler.signals.connect(middleware.item_scraped, signals.item_scraped)
        return middleware

    def item_scraped(self, item: RecordLine | FetchFailure | PageDone | Bundle[RecordLine]) -> None:
        """Count a line, or those of a bundle."""
        for line in item.members if isinstance(item, Bundle) else (item,):
            if isinstance(line, AdmittedLine | QuarantinedLine):
                self.came.count(line)

    async def process_spider_output(self, response: Response, result: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Pass on the outputs of a callback."""
        async for output in self._while_wanted(result, response.url):
            yield output

    async def process_start(self, start: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Pass on the outputs of the spider's start."""
        async for output in self._while_wanted(start, ""):
            yield output

    async def _while_wanted(self, outputs: AsyncIterator[Any], url: str) -> AsyncIterator[Any]:
        async for output in outputs:
            if self._is_ending():
                return
            if reason := self._exceeded():
                yield FetchFailure(url=url, status=None, reason=f"the crawl was stopped: {reason}")
                self._close()
                return
            yield output

    def _is_ending(self) -> bool:
        engine = self.crawler.engine
        return self.closing is not None or engine is None or not engine.running

    def _exceeded(self) -> str | None:
        stats = self.crawler.stats
        return self.limits.exceeded(self.came, stats.get_value(ANNOUNCED_STAT) if stats else None)

    def _close(self) -> None:
        if self.closing is None and self.crawler.engine is not None:
            self.closing = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason=STOPPED))
