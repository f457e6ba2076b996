"""Scrapy's item pipeline, which admits each record. The only module here that follows an interface of Scrapy."""

import logging
from typing import Protocol, Self

from scrapy.crawler import Crawler
from scrapy.utils.misc import load_object

from pipelines.normalise.admit import admit
from schemas.crawl import AdmittedLine, Bundle, FetchFailure, PageDone, QuarantinedLine
from schemas.lines import RecordLine, fault_line
from schemas.listing import Listing, Quarantined, RawListing

LOG = logging.getLogger(__name__)

Crawled = RawListing | Quarantined


class FormerReadings(Protocol):
    """What records were read into by earlier crawls, and by this one so far."""

    def find(self, raw: RawListing) -> Listing | None:
        """Return what the same record was read into by the same readers; None where it has to be read."""

    def remember(self, line: AdmittedLine) -> None:
        """Store what a record was read into."""

    def close(self) -> None:
        """End the use."""


class AdmitListing:
    """Turns a spider's records into lines of the crawl file; a record that has not changed is not read again."""

    def __init__(self, former: FormerReadings | None = None) -> None:
        self.former = former

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Open the former readings that the settings name, where they name any."""
        named = crawler.settings.get("FORMER_READINGS")
        return cls(load_object(named).from_settings(crawler.settings) if named else None)

    def close_spider(self) -> None:
        """Store the readings of this crawl."""
        if self.former is not None:
            self.former.close()

    def process_item(
        self, item: Crawled | FetchFailure | PageDone | Bundle[Crawled]
    ) -> RecordLine | FetchFailure | PageDone | Bundle[RecordLine]:
        """Return the line of a record, admitted or quarantined, or of each record of a bundle.

        Failed requests and ends of pages pass unchanged.
        """
        if isinstance(item, FetchFailure | PageDone):
            return item
        if isinstance(item, Bundle):
            return Bundle(tuple(map(self._line_or_fault, item.members)))
        return self.line(item)

    def _line_or_fault(self, item: Crawled) -> RecordLine:
        """Return the line of one record of a bundle; that our own code fails on one must not lose the others."""
        try:
            return self.line(item)
        except Exception as error:
            LOG.exception("reading %s of %s", item.id, item.source)
            return fault_line(item, error)

    def line(self, item: Crawled) -> RecordLine:
        """Return the line of a record, admitted or quarantined."""
        if isinstance(item, Quarantined):
            return QuarantinedLine(quarantined=item)
        if self.former is not None and (listing := self.former.find(item)) is not None:
            return AdmittedLine(raw=item, listing=listing)
        judged = admit(item)
        if isinstance(judged, Quarantined):
            return QuarantinedLine(quarantined=judged)
        line = AdmittedLine(raw=item, listing=judged)
        if self.former is not None:
            self.former.remember(line)
        return line
