"""Fetches repositories of the Hugging Face Hub with their texts: those that other sources name, and its list."""

import json
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from typing import Any, Self, TypeVar

from scrapy import Spider
from scrapy.crawler import Crawler
from twisted.python.failure import Failure

from schemas.crawl import Bundle, FetchFailure, PageDone
from schemas.listing import Quarantined, RawListing
from spiders.clock import clock_of, stamp
from spiders.download.addresses import ForeignLinkError, base_url, following_url
from spiders.download.failures import describe, request_of, with_rest
from spiders.download.requests import Answered, ask, drained, in_order
from spiders.extensions.checkpoints import Written
from spiders.extensions.tally import QUERY_STAT, SCOPE_STAT
from spiders.frontier import KnownRecords, SeenIds
from spiders.huggingface.pages import API, id_of, next_link, read_items, read_matches
from spiders.huggingface.repository import SOURCE, Fetched, Hub
from spiders.huggingface.selection import ARGUMENTS, Selection

AHEAD = 8
"""Repositories in work at once: twice the concurrent requests, so that these are always in use."""

BATCH = 100
"""After so many repositories from the frontier a checkpoint is written."""

NO_MATCH = "answered 200 with an empty list: no repository matches the filters; check the spelling of author and task"

MOST_AT_ONCE, MOST_CHARACTERS = 50, 500_000
"""How much of the list passes through Scrapy as one item, in records and characters."""

Record = RawListing | Quarantined
Output = Fetched | PageDone | Bundle[Record]
T = TypeVar("T")


class HuggingFaceSpider(Spider):
    """Yields a RawListing for each repository's record, for its card, and for its licence if it has such a file.

    Quarantined is what is none, or did not come. A FetchFailure is of a page of the list, or says that nothing more
    would come; it ends the crawl.

    Arguments: `known` is the file with the frontier, `only` a comma-separated list to fetch instead;
    `minimum_downloads` also goes through the Hub's list, down to so many downloads; of that, `author` and `task` (a
    `pipeline_tag`) select what they name, `limit` the first so many, and `since` (ISO 8601) what has changed since. A
    card of a known commit is not asked for again. Settings: HUGGINGFACE_URL, HF_TOKEN, SOURCE_DATE_EPOCH.
    """

    name = SOURCE
    hub: Hub
    order: str

    def __init__(
        self,
        *,
        known: str = "",
        only: str = "",
        **arguments: Any,  # noqa: ANN401 - those of the selection, and Scrapy's
    ) -> None:
        asked = {name: arguments.pop(name, "") for name in ARGUMENTS}
        super().__init__(**arguments)
        self.known = KnownRecords(known)
        self.only = tuple(dict.fromkeys(filter(None, only.split(","))))
        self.selection = Selection.of(**asked) if asked["minimum_downloads"] and not self.only else None
        self.marks = [only, *asked.values()]
        self.fetched, self.pages = SeenIds(), SeenIds()
        self.first_page: str | None = None
        self.listed = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401 - Scrapy's
        """Read source, token and clock from the settings; raise ValueError when HUGGINGFACE_URL is no plain address."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        root, token = base_url(crawler.settings, "HUGGINGFACE_URL"), crawler.settings["HF_TOKEN"].get_secret_value()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        spider.hub = Hub(spider, root, headers, spider.known, clock_of(crawler.settings))
        spider.order = json.dumps([SOURCE, crawler.settings["VERSION"], root, *spider.marks])
        return spider

    def resume(self, done: PageDone, written: Iterable[Written], failures: Iterable[FetchFailure]) -> None:
        """Continue after a checkpoint: what came before it is neither asked for nor recorded again."""
        self.first_page, self.listed = done.next, done.listed
        for record in written:
            if record.source == SOURCE:
                self._is_new(record.id, record.asked_as)
        for failure in failures:
            self.pages.add(failure.url)

    async def start(self) -> AsyncIterator[Output]:
        """Ask for what the frontier wants, then go through the list."""
        if self.selection is not None:
            self._note(self.selection)
        async for output in self._wanted():
            yield output
            if isinstance(output, FetchFailure):
                return
        if self.selection is not None:
            url = self.first_page or f"{self.hub.base_url}{API}?{self.selection.address}"
            await drained(self)
            yield PageDone(order=self.order, next=url, listed=self.listed)
            async for output in self._walk(url, self.selection):
                yield output

    def _note(self, selection: Selection) -> None:
        """Set the statistics by which the report states what was asked of the list."""
        if self.crawler.stats is not None:
            part = "part" if selection.query.is_part else "whole"
            self.crawler.stats.set_value(SCOPE_STAT, part if selection.since is None else "changes")
            self.crawler.stats.set_value(QUERY_STAT, selection.query)

    async def _wanted(self) -> AsyncIterator[Output]:
        count, unasked = 0, self._unasked()
        async for found in in_order(map(self.hub.repository, self._while_up(unasked)), AHEAD):
            for fetched in self._new(found):
                yield _with_rest(fetched, unasked)
            if _ends(found):
                return
            count += 1
            if count % BATCH == 0 and self.first_page is None:
                await drained(self)
                yield PageDone(order=self.order, next=None)

    def _unasked(self) -> Iterator[str]:
        for asked in self.only or self.known.wanted(SOURCE):
            if asked.lower() not in self.fetched and self.hub.record_url(asked) not in self.pages:
                yield asked

    def _while_up(self, unasked: Iterator[T]) -> Iterator[T]:
        """Pass on ids or items to ask for, as long as the Hub answers."""
        while not self.hub.is_down:
            try:
                yield next(unasked)
            except StopIteration:
                return

    async def _walk(self, first: str, selection: Selection) -> AsyncIterator[Output]:
        url: str | None = first
        read = read_matches if selection.query.is_part and not self.first_page else read_items
        while url is not None and not selection.is_full(self.listed):
            self.pages.add(url)
            outcome = await ask(self, self.hub.request(url, read))
            if isinstance(outcome, Failure):
                yield describe(outcome, request_of(outcome))
                return
            if not outcome.read:
                yield FetchFailure(url=outcome.response.url, status=200, reason=NO_MATCH)
                return
            items, self.listed = selection.of_page(outcome.read, self.listed)
            unasked, read = iter(items), read_items
            jobs = in_order(self._jobs(self._while_up(unasked), selection, outcome.response.url), AHEAD)
            failed = False
            async for output in _bundled(jobs):
                failed = failed or isinstance(output, FetchFailure)
                yield _with_rest(output, unasked) if isinstance(output, FetchFailure) else output
            if failed:
                return
            try:
                url = self._following(outcome) if len(items) == len(outcome.read) else None
            except ForeignLinkError as error:
                yield FetchFailure(
                    url=outcome.response.url, status=200, reason=f"{error}: the rest of the list was not fetched"
                )
                return
            if url is not None:
                await drained(self)
                yield PageDone(order=self.order, next=url, listed=self.listed)

    def _jobs(
        self, items: Iterable[object], selection: Selection, url: str
    ) -> Iterator[Coroutine[Any, Any, list[Fetched]]]:
        """The jobs of a page: for each of its new repositories, record it and fetch its texts."""
        observed_at = stamp(self.hub.clock)
        for item in items:
            found = id_of(item)
            if not isinstance(item, dict) or found is None:
                yield self._nameless(item)
            elif selection.takes(item) and self._is_new(found):
                yield self.hub.with_texts(self.hub.record(item, found, url, observed_at), item)

    def _following(self, outcome: Answered) -> str | None:
        link = next_link(outcome.response)
        if link is None:
            return None
        url = following_url(link, base_url=self.hub.base_url, list_path=API)
        if url in self.pages:
            raise ForeignLinkError(f"the next link {link[:200]!r} leads back to an earlier page")
        return url

    def _new(self, found: list[Fetched]) -> Iterator[Fetched]:
        """Pass on the outputs for a repository, unless it already came under another name."""
        first = found[0] if found else None
        if isinstance(first, FetchFailure) or (
            first is not None and self._is_new(first.id, first.asked_as if isinstance(first, RawListing) else None)
        ):
            yield from found

    def _is_new(self, repository: str, asked_as: str | None = None) -> bool:
        is_new = self.fetched.add(repository.lower())
        if asked_as is not None:
            self.fetched.add(asked_as.lower())
        return is_new

    async def _nameless(self, item: object) -> list[Fetched]:
        return [self.hub.refused(item, "", "/id", "does not name a repository (owner/name)")]


async def _bundled(jobs: AsyncIterator[list[Fetched]]) -> AsyncIterator[Bundle[Record] | FetchFailure]:
    """Yield what jobs bring in bundles, up to the first job that fails; each of its failures by itself, at the end."""
    members: list[Record] = []
    async for found in jobs:
        members += [one for one in found if not isinstance(one, FetchFailure)]
        failed = [one for one in found if isinstance(one, FetchFailure)]
        if members and (failed or _is_full(members)):
            yield Bundle(tuple(members))
            members = []
        for failure in failed:
            yield failure
        if failed:
            return
    if members:
        yield Bundle(tuple(members))


def _is_full(members: list[Record]) -> bool:
    sizes = (len(one.body) if isinstance(one, RawListing) else len(one.raw) for one in members)
    return len(members) >= MOST_AT_ONCE or sum(sizes) >= MOST_CHARACTERS


def _ends(found: list[Fetched]) -> bool:
    """Whether nothing more would come."""
    return any(isinstance(fetched, FetchFailure) for fetched in found)


def _with_rest(fetched: Fetched, unasked: Iterator[object]) -> Fetched:
    """Add to a failure that ends the crawl how many of the known ids were not asked for."""
    return with_rest(fetched, sum(1 for _ in unasked)) if isinstance(fetched, FetchFailure) else fetched
