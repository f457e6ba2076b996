"""Fetches models.dev's catalogue: one file, in sections by provider; the entry of each model becomes a record."""

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
from spiders.download.documents import AnswerError, raw_listing, read_json, refused
from spiders.download.failures import describe, request_of

PATH = "/api.json"

Crawled = RawListing | Quarantined


class ModelsDevSpider(Spider):
    """Yields a RawListing for each entry, Quarantined for what is none, and FetchFailure when the file never came.

    A record's id is "<section>/<model id>". Its body is the file reduced to that one entry, so that a pointer into the
    record is also one into the file. Settings: MODELSDEV_URL, SOURCE_DATE_EPOCH.
    """

    name = "modelsdev"
    clock: Clock
    base_url: str

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401 - Scrapy's
        """Read source and clock from the settings; raise ValueError when MODELSDEV_URL is no plain address."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.clock = clock_of(crawler.settings)
        spider.base_url = base_url(crawler.settings, "MODELSDEV_URL")
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the file."""
        yield Request(
            self.base_url + PATH,
            callback=self.take,
            errback=self.failed,
            meta={"read": read_catalogue, "dont_redirect": True},
        )

    def take(self, response: Response, answer: dict[str, Any]) -> Iterator[Crawled]:
        """Record every entry of every section."""
        observed_at = stamp(self.clock)
        if self.crawler.stats is not None:
            self.crawler.stats.set_value("listing/announced", _records(answer))
        for section_id, section in answer.items():
            yield from self._take_section(section, Observation(self.name, section_id, observed_at, response.url))

    def failed(self, failure: Failure) -> Iterator[FetchFailure]:
        """Report that the file never came."""
        yield describe(failure, request_of(failure))

    def _take_section(self, section: object, seen: Observation) -> Iterator[Crawled]:
        """Record the entries of a section; `seen` names the section."""
        place = f"/{_escaped(seen.id)}"
        models = _models(seen.id, section)
        if models is None:
            reason = "is not a provider: an object with `models` under a name without '/'"
            yield refused(section, seen, reason, field=place)
            return
        for model_id, entry in models.items():
            one = seen._replace(id=f"{seen.id}/{model_id}")
            if isinstance(entry, dict) and model_id:
                yield raw_listing({seen.id: {"models": {model_id: entry}}}, one)
            else:
                at, reason = f"{place}/models/{_escaped(model_id)}", "is not an entry: an object under a model's id"
                yield refused(entry, one, reason, field=at)


def read_catalogue(body: bytes) -> dict[str, Any]:
    """Read the file, an object of sections; raise AnswerError."""
    document = read_json(body)
    if not isinstance(document, dict):
        raise AnswerError("an array or a single value instead of an object of providers")
    if not any(_models(section_id, section) for section_id, section in document.items()):
        raise AnswerError("a catalogue without models")
    return document


def _models(section_id: str, section: object) -> dict[str, Any] | None:
    """The models of a section, None where it is none; a '/' in its name could make two ids equal."""
    models = section.get("models") if isinstance(section, dict) and "/" not in section_id else None
    return models if isinstance(models, dict) else None


def _records(catalogue: dict[str, Any]) -> int:
    """The number of records; a section that is none counts as one, as it is quarantined as one."""
    found = (_models(section_id, section) for section_id, section in catalogue.items())
    return sum(1 if models is None else len(models) for models in found)


def _escaped(key: str) -> str:
    """A key as a part of a JSON Pointer; a lone surrogate, which UTF-8 cannot encode, is written as an escape."""
    return key.encode(errors="backslashreplace").decode().replace("~", "~0").replace("/", "~1")
