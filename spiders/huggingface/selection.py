"""Selects the part of the Hub's list that a crawl asks for: its order, its end, and the items that belong to it."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple, Self
from urllib.parse import urlencode

from schemas.crawl import ListQuery
from schemas.times import instant
from spiders.download.documents import Numeral
from spiders.huggingface.pages import FIELDS, PAGE_ITEMS, id_of

COUNT = re.compile(r"\d{1,15}")

ARGUMENTS: Final = ("minimum_downloads", "author", "task", "limit", "since")
"""Arguments of a crawl that make its selection, each empty where it is not given."""

EXAMPLE = "2026-07-01T00:00:00.000Z"


class Selection(NamedTuple):
    """A query of the list; with `since` only for what changed since then."""

    query: ListQuery
    since: datetime | None

    @classmethod
    def of(cls, *, minimum_downloads: str, author: str, task: str, limit: str, since: str) -> Self:
        """Read a crawl's arguments, each empty where it is not given; raise ValueError."""
        try:
            query = ListQuery(
                minimum_downloads=int(minimum_downloads),
                author=author or None,
                task=task or None,
                limit=int(limit) if limit else None,
            )
            return cls(query, instant(since) if since else None)
        except ValueError as error:
            described = f"minimum_downloads and limit are whole numbers, and since a time like {EXAMPLE}"
            raise ValueError(f"{described}: {error}") from error

    @property
    def address(self) -> str:
        """Query of the list's first page, sorted by what ends the selection; no page is longer than its limit."""
        sort = "downloads" if self.since is None else "lastModified"
        limit = PAGE_ITEMS if self.since else min(self.query.limit or PAGE_ITEMS, PAGE_ITEMS)
        named = (("author", self.query.author), ("pipeline_tag", self.query.task))
        filters = urlencode([(name, value) for name, value in named if value])
        return f"sort={sort}&direction=-1&limit={limit}&{filters}{filters and '&'}{FIELDS}"

    def of_page(self, page: Iterable[object], listed: int) -> tuple[list[object], int]:
        """The items of a page up to the selection's end, and the number of selected ones so far (`listed` before)."""
        items: list[object] = []
        for item in page:
            if self.is_full(listed) or not self.is_above(item):
                break
            items.append(item)
            listed += isinstance(item, dict) and id_of(item) is not None and self.takes(item)
        return items, listed

    def is_full(self, listed: int) -> bool:
        """Whether so many items are all that the query asks for."""
        return self.query.limit is not None and listed >= self.query.limit

    def is_above(self, item: object) -> bool:
        """Whether the selection goes on from this item; one without the sorted field does not end it."""
        if not isinstance(item, dict):
            return True
        if self.since is None:
            downloads = _count(item.get("downloads"))
            return downloads is None or downloads >= self.query.minimum_downloads
        changed_at = _instant(item.get("lastModified"))
        return changed_at is None or changed_at >= self.since

    def takes(self, item: dict[str, Any]) -> bool:
        """Whether an item is selected: it is public and fits the query by its own fields, whoever lists it."""
        downloads = _count(item.get("downloads")) or 0
        return item.get("private") is not True and downloads >= self.query.minimum_downloads and self._fits(item)

    def _fits(self, item: dict[str, Any]) -> bool:
        author, task = self.query.author, self.query.task
        owner = (id_of(item) or "").partition("/")[0]
        return (author is None or owner.lower() == author.lower()) and task in (None, item.get("pipeline_tag"))


def _count(value: object) -> int | None:
    return int(value.spelling) if isinstance(value, Numeral) and COUNT.fullmatch(value.spelling) else None


def _instant(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo else None
