"""Fetches the Field Guide: one file, an object of entries by the ids of listings."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from schemas.crawl import FetchFailure
from schemas.listing import Observation, Quarantined, RawListing
from spiders.clock import Clock, clock_of, stamp
from spiders.download.addresses import base_url
from spiders.download.documents import AnswerError, raw_listing, read_json
from spiders.download.failures import describe, request_of


class FieldGuideSpider(Spider):
    """Yields a RawListing an entry, and FetchFailure when the file never came. Settings: FIELDGUIDE_URL."""

    name = "fieldguide"
    clock: Clock
    base_url: str

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.clock = clock_of(crawler.settings)
        spider.base_url = base_url(crawler.settings, "FIELDGUIDE_URL")
        return spider

    async def start(self) -> AsyncIterator[Request]:
        meta = {"read": read_guide, "dont_redirect": True}
        yield Request(f"{self.base_url}/guide.json", callback=self.take, errback=self.failed, meta=meta)

    def take(self, response: Response, answer: dict[str, Any]) -> Iterator[RawListing | Quarantined]:
        for one, entry in answer.items():
            yield raw_listing({one: entry}, Observation(self.name, one, stamp(self.clock), response.url))

    def failed(self, failure: Failure) -> Iterator[FetchFailure]:
        yield describe(failure, request_of(failure))


def read_guide(body: bytes) -> dict[str, Any]:
    """Read the file: an object of entries; raise AnswerError."""
    document = read_json(body)
    if not isinstance(document, dict) or not document:
        raise AnswerError("no object of entries, or an empty one")
    return document
