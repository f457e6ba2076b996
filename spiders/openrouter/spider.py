"""Fetches OpenRouter's model list, and if asked to the endpoints of each model, through the documented API."""

import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any, Self
from urllib.parse import quote

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from schemas.crawl import FetchFailure
from schemas.listing import Observation, Quarantined, RawListing
from spiders.clock import Clock, clock_of, stamp
from spiders.download.addresses import ForeignLinkError, base_url
from spiders.download.documents import raw_listing, refused
from spiders.download.failures import describe, request_of
from spiders.frontier import KnownRecords, fair_order
from spiders.openrouter.facets import FacetQueue, facets_of
from spiders.openrouter.model_list import LIST_PATH, SOURCE, ModelList
from spiders.openrouter.pages import ListPage, read_first_page, read_page, read_record

ENDPOINTS = f"{SOURCE}-endpoints"
"""Source of the records that hold one model's endpoints."""

LISTING_ID = re.compile(r"(?!\.\.?/)[^/\s]+/(?!\.\.?\Z)[^/\s]+")
"""author/name; a part of dots alone would leave the API's path."""

NOT_FOUND = 404

Output = Request | RawListing | Quarantined | FetchFailure


class OpenRouterSpider(Spider):
    """Yields a RawListing for each record, Quarantined for what is none, and FetchFailure for what never came.

    Arguments: `only` is a comma-separated list of ids to fetch instead of the whole list; `endpoints` is "1" or "0", by
    default "1" with `only`. With a `budget` the endpoints of only so many models are asked for, first those that were
    never seen or not since `due`; for the others the last records are given, from the frontier `known` and with their
    old dates. `facets` are names of settings, separated by commas: what to ask for about all models, after the whole
    list. Settings: OPENROUTER_URL, OPENROUTER_API_KEY, SOURCE_DATE_EPOCH.
    """

    name = SOURCE
    clock: Clock
    base_url: str
    headers: dict[str, str]

    def __init__(
        self,
        *,
        only: str = "",
        endpoints: str = "",
        budget: str = "",
        due: str = "",
        known: str = "",
        facets: str = "",
        **arguments: Any,  # noqa: ANN401 - Scrapy's
    ) -> None:
        super().__init__(**arguments)
        self.only = tuple(dict.fromkeys(filter(None, only.split(","))))
        self.endpoints = endpoints == "1" or (bool(self.only) and endpoints != "0")
        self.budget = int(budget) if budget else None
        self.due = due
        self.known = KnownRecords(known)
        self.facets = tuple(filter(None, facets.split(",")))

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401 - Scrapy's
        """Read source, key and clock from the settings; raise ValueError when OPENROUTER_URL is no plain address."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.clock = clock_of(crawler.settings)
        spider.base_url = base_url(crawler.settings, "OPENROUTER_URL")
        key = crawler.settings["OPENROUTER_API_KEY"].get_secret_value()
        spider.headers = {"Authorization": f"Bearer {key}"} if key else {}
        return spider

    async def start(self) -> AsyncIterator[Output]:
        """Ask for the list, or for each of `only`."""
        if not self.only:
            yield self._ask_list(None)
        for listing_id in self.only:
            if LISTING_ID.fullmatch(listing_id):
                path = f"/api/v1/model/{quote(listing_id, safe='/~')}"
                yield self._ask(path, read_record, self.take_model, self.missing_model, listing_id=listing_id)
            else:
                reason = f"{listing_id[:200]!r} is not the id of a listing (author/name)"
                yield FetchFailure(url=self.base_url, status=None, reason=reason)

    def take_page(self, response: Response, answer: ListPage, walk: ModelList) -> Iterator[Output]:
        """Record one page, and ask for the next one."""
        if walk.wanted is None and self.crawler.stats is not None:
            self.crawler.stats.set_value("listing/announced", answer.announced)
        yield from walk.take(answer, response.url, stamp(self.clock))
        try:
            url = walk.following(answer)
        except ForeignLinkError as error:
            yield FetchFailure(
                url=response.url, status=response.status, reason=f"{error}: the rest of the list was not fetched"
            )
            return
        if url is None:
            yield from walk.end(response.url)
            yield from self._endpoints_of(walk.page_of)
            if walk.wanted is None:
                yield from self._facets(walk.page_of)
        else:
            yield self._ask(url.removeprefix(self.base_url), read_page, self.take_page, self.failed, walk=walk)

    def take_model(self, response: Response, answer: dict[str, Any], listing_id: str) -> Iterator[Output]:
        """Record one model; search the list for it where the API answers with another one."""
        if answer.get("id") != listing_id:
            yield self._ask_list(listing_id)
            return
        yield self._record(answer, listing_id, self.name, response.url)
        yield from self._endpoints_of([listing_id])

    def missing_model(self, failure: Failure) -> Iterator[Output]:
        """Search the list for a model that the API does not answer by itself."""
        request = request_of(failure)
        yield self._ask_list(request.cb_kwargs["listing_id"]) if _is_missing(failure) else describe(failure, request)

    def take_endpoints(self, response: Response, answer: dict[str, Any], listing_id: str) -> Iterator[Output]:
        """Record the endpoints of one model."""
        yield self._record(answer, listing_id, ENDPOINTS, response.url)

    def missing_endpoints(self, failure: Failure) -> Iterator[Output]:
        """Quarantine the endpoints of a model that has none: one record is faulty, not the crawl."""
        request = request_of(failure)
        described = describe(failure, request)
        if not _is_missing(failure):
            yield described
            return
        seen = Observation(ENDPOINTS, request.cb_kwargs["listing_id"], stamp(self.clock))
        yield refused(None, seen, f"the model is listed, but {described.reason}")

    def failed(self, failure: Failure) -> Iterator[Output]:
        """Report a request that failed after all its tries."""
        yield describe(failure, request_of(failure))

    def _endpoints_of(self, listed: Iterable[str]) -> Iterator[Output]:
        """Ask for the endpoints of listed models; beyond the budget, give the last records."""
        fit = [one for one in listed if LISTING_ID.fullmatch(one)] if self.endpoints else []
        last = {one: raw for one in fit if (raw := self.known.raw(ENDPOINTS, one))}
        seen = {one: raw.observed_at for one, raw in last.items()}
        order = list(fair_order(fit, seen, due=self.due, lot=stamp(self.clock)))
        asked = order if self.budget is None else order[: self.budget]
        for one in asked:
            path = f"{LIST_PATH}/{quote(one, safe='/~')}/endpoints"
            yield self._ask(path, read_record, self.take_endpoints, self.missing_endpoints, listing_id=one)
        yield from (last[one] for one in order[len(asked) :] if one in last)

    def _facets(self, listed: Iterable[str]) -> Iterator[Output]:
        """Ask for the facets of the whole list."""
        wanted = facets_of(self.facets, with_key=bool(self.headers))
        yield from FacetQueue(self.name, wanted, listed, clock=self.clock, ask=self._ask).next()

    def _record(self, record: dict[str, Any], listing_id: str, source: str, url: str) -> RawListing | Quarantined:
        return raw_listing(record, Observation(source, listing_id, stamp(self.clock), url))

    def _ask_list(self, wanted: str | None) -> Request:
        walk = ModelList(self.base_url, wanted)
        path = f"{LIST_PATH}?output_modalities=all"
        return self._ask(path, read_first_page, self.take_page, self.failed, walk=walk)

    def _ask(
        self,
        path: str,
        read: Callable[[bytes], object],
        callback: Callable[..., Iterator[Output]],
        errback: Callable[[Failure], Iterator[Output]],
        **arguments: object,
    ) -> Request:
        """Make a request below the source's URL, the only address that gets the key; redirects are not followed."""
        return Request(
            self.base_url + path,
            callback=callback,
            errback=errback,
            headers=self.headers,
            cb_kwargs=arguments,
            meta={"read": read, "dont_redirect": True},
        )


def _is_missing(failure: Failure) -> bool:
    return isinstance(failure.value, HttpError) and failure.value.response.status == NOT_FOUND
