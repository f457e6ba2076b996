"""Which walks through the Hub's list were whole, and which of them a walk of changes alone can build on."""

from collections.abc import Iterable

from schemas.crawl import CrawlReport, ListQuery
from schemas.registry import ListCrawl

MOST_WALKS = 8
"""Walks of different queries that are kept of one source, the latest."""


def covers(one: ListQuery, other: ListQuery) -> bool:
    """Whether a walk of one query has seen all that the other asks for; one with a limit has seen what came first."""
    return (
        one.limit is None
        and one.minimum_downloads <= other.minimum_downloads
        and (one.author is None or (other.author is not None and one.author.lower() == other.author.lower()))
        and one.task in (None, other.task)
    )


def latest_covering(query: ListQuery, walks: Iterable[ListCrawl]) -> ListCrawl | None:
    """Give the latest walk that has seen all that a query asks for: what has changed since is all that is new to it."""
    fitting = [walk for walk in walks if covers(walk.query, query)]
    return max(fitting, key=lambda walk: walk.began_at, default=None)


def same_query(query: ListQuery, walks: Iterable[ListCrawl]) -> ListCrawl | None:
    """Give the walk of the very same query."""
    return next((walk for walk in walks if walk.query == query), None)


def with_crawl(walks: tuple[ListCrawl, ...], report: CrawlReport) -> tuple[ListCrawl, ...]:
    """Note a complete crawl's walk in the place of those that it makes needless; a limited one is no walk to build on.

    How many listings there were is kept from the walk of the same query that was last to go through all of it.
    """
    query = report.query
    if query is None or query.limit is not None or not report.complete:
        return walks
    twin = same_query(query, walks)
    listings = (twin.listings if twin else None) if report.scope == "changes" else report.listings
    walk = ListCrawl(query=query, began_at=report.started_at, listings=listings)
    kept = [one for one in walks if not covers(query, one.query) or one.began_at > walk.began_at]
    return tuple(sorted((*kept, walk), key=lambda one: one.began_at)[-MOST_WALKS:])
