"""Selects the complete crawls of the Hub's list that a later crawl, which asks for changes alone, can build on."""

from collections.abc import Iterable

from schemas.crawl import CrawlReport, ListQuery
from schemas.registry import ListCrawl

MOST_LIST_CRAWLS = 8
"""Crawls of different queries that are retained of one source, the latest."""


def covers(one: ListQuery, other: ListQuery) -> bool:
    """Whether a crawl of `one` saw all that `other` asks for; one with a limit never did, as it left out the rest."""
    return (
        one.limit is None
        and one.minimum_downloads <= other.minimum_downloads
        and (one.author is None or (other.author is not None and one.author.lower() == other.author.lower()))
        and one.task in (None, other.task)
    )


def latest_covering(query: ListQuery, crawls: Iterable[ListCrawl]) -> ListCrawl | None:
    """The latest crawl that saw all that a query asks for, or None: only what changed since is new to the query."""
    fitting = [crawl for crawl in crawls if covers(crawl.query, query)]
    return max(fitting, key=lambda crawl: crawl.began_at, default=None)


def same_query(query: ListQuery, crawls: Iterable[ListCrawl]) -> ListCrawl | None:
    """The crawl of exactly this query, or None."""
    return next((crawl for crawl in crawls if crawl.query == query), None)


def with_crawl(crawls: tuple[ListCrawl, ...], report: CrawlReport) -> tuple[ListCrawl, ...]:
    """Add a complete crawl, and drop the earlier ones that it covers; a crawl with a limit is not added.

    A crawl of changes alone does not count the list. It takes over the number of listings from the last crawl of the
    same query that went through all of it.
    """
    query = report.query
    if query is None or query.limit is not None or not report.complete:
        return crawls
    twin = same_query(query, crawls)
    listings = (twin.listings if twin else None) if report.scope == "changes" else report.listings
    crawl = ListCrawl(query=query, began_at=report.started_at, listings=listings)
    others = [one for one in crawls if not covers(query, one.query) or one.began_at > crawl.began_at]
    return tuple(sorted((*others, crawl), key=lambda one: one.began_at)[-MOST_LIST_CRAWLS:])
