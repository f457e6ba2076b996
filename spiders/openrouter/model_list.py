"""Collects the pages of OpenRouter's model list, and reports where it was not complete."""

from collections.abc import Iterator
from typing import Any

from schemas.crawl import FetchFailure
from schemas.listing import Observation, Quarantined, RawListing
from spiders.download.addresses import ForeignLinkError, following_url
from spiders.download.documents import raw_listing, refused
from spiders.openrouter.pages import ListPage

SOURCE = "openrouter"
LIST_PATH = "/api/v1/models"

Crawled = RawListing | Quarantined | FetchFailure


class ModelList:
    """One pass through the list, page by page: for all its elements, or for one listing alone."""

    def __init__(self, base_url: str, wanted: str | None = None) -> None:
        self.base_url = base_url
        self.wanted = wanted
        self.announced: int | None = None
        self.elements = 0
        self.pages: set[str] = set()
        self.page_of: dict[str, str] = {}
        """Listing id → address of the page where it first occurred."""

    def take(self, page: ListPage, url: str, observed_at: str) -> Iterator[Crawled]:
        """Record a page: each element becomes a record or is quarantined."""
        self.pages.add(url)
        self.elements += len(page.elements)
        self.announced = page.announced
        for element in page.elements:
            if self.wanted is None or (isinstance(element, dict) and element.get("id") == self.wanted):
                yield from self._take_element(element, Observation(SOURCE, "", observed_at, url))

    def following(self, page: ListPage) -> str | None:
        """Address of the next page, None at the end; raises ForeignLinkError when the link leads elsewhere or back."""
        if page.following is None:
            return None
        url = following_url(page.following, base_url=self.base_url, list_path=LIST_PATH)
        if url in self.pages:
            raise ForeignLinkError(f"the next link {page.following[:200]!r} leads back to an earlier page")
        return url

    def end(self, url: str) -> Iterator[FetchFailure]:
        """Report what is missing, after the last page."""
        if self.announced not in (None, self.elements):
            counts = f"total_count is {self.announced}, but the pages have {self.elements} models"
            yield FetchFailure(url=url, status=200, reason=f"{counts}: the list is incomplete: run again later")
        elif self.wanted is not None and self.wanted not in self.page_of:
            where = f"neither at its own address nor among the {self.elements} models of the list"
            yield FetchFailure(url=url, status=404, reason=f"not listed: {self.wanted!r} is found {where}")

    def _take_element(self, element: object, nameless: Observation) -> Iterator[Crawled]:
        listing_id = element.get("id") if isinstance(element, dict) else None
        if not isinstance(element, dict):
            yield refused(element, nameless, "is not an object with an id")
        elif not isinstance(listing_id, str) or not listing_id:
            yield refused(element, nameless, "is not the id of a listing (author/name)", field="/id")
        elif listing_id in self.page_of:
            yield from self._take_again(element, nameless._replace(id=listing_id))
        else:
            self.page_of[listing_id] = nameless.url
            yield raw_listing(element, nameless._replace(id=listing_id))

    def _take_again(self, record: dict[str, Any], seen: Observation) -> Iterator[Crawled]:
        named = f"{seen.id[:200]!r} is"
        yield refused(record, seen, f"{named} in the list twice; the first record is used", field="/id")
        if self.page_of[seen.id] != seen.url:
            moved = f"{named} on two pages: the list changed during the crawl"
            yield FetchFailure(url=seen.url, status=200, reason=f"{moved}, and models can be missing: run again")
