"""Sends requests from a spider's coroutines, and runs several jobs at once with results in their order."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Iterable
from typing import Any, NamedTuple, TypeVar

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

T = TypeVar("T")


class Answered(NamedTuple):
    """A usable response, and what the request's `read` returned for its body."""

    response: Response
    read: Any


def ask(spider: Spider, request: Request) -> asyncio.Future[Answered | Failure]:
    """Send a request through the engine like any other; the result is how it ended after all its tries."""
    outcome: asyncio.Future[Answered | Failure] = asyncio.get_running_loop().create_future()

    def settle(result: Response | Failure, answer: object = None) -> None:
        if not outcome.done():  # the waiting task may have been cancelled
            outcome.set_result(result if isinstance(result, Failure) else Answered(result, answer))

    assert spider.crawler.engine is not None  # nosec B101  # noqa: S101 - there is one once a spider asks
    spider.crawler.engine.crawl(request.replace(callback=settle, errback=settle))
    return outcome


async def in_order(jobs: Iterable[Coroutine[Any, Any, T]], width: int) -> AsyncIterator[T]:
    """Run jobs at once, at most `width`, and yield their results in the order of the jobs."""
    begun: deque[asyncio.Task[T]] = deque()
    try:
        for job in jobs:
            begun.append(asyncio.ensure_future(job))
            if len(begun) >= width:
                yield await begun.popleft()
        while begun:
            yield await begun.popleft()
    finally:
        for task in begun:
            task.cancel()


async def drained(spider: Spider) -> None:
    """Wait until all that the spider has yielded so far has passed the item pipeline and is counted."""
    engine = spider.crawler.engine
    while engine is not None and engine.scraper.slot is not None and engine.scraper.slot.itemproc_size:  # noqa: ASYNC110 - Scrapy has no event for it
        await asyncio.sleep(0)


def response_of(outcome: Answered | Failure) -> Response | None:
    """The response of an outcome, whatever its status; None where none came."""
    if isinstance(outcome, Answered):
        return outcome.response
    return outcome.value.response if isinstance(outcome.value, HttpError) else None
