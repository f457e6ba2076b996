"""Retries requests where that makes sense: after the wait that the source asks for, unless it is too long."""

import asyncio
import random
import time
from datetime import datetime

from scrapy import Request, Spider
from scrapy.downloadermiddlewares.retry import RetryMiddleware, get_retry_request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.settings import BaseSettings
from scrapy.utils.response import response_status_message

from schemas.times import http_date
from spiders.clock import clock_of
from spiders.download.documents import AnswerError, LargeAnswerError
from spiders.download.waits import QUOTA, backoff_s, quota_free_at, rate_limit_reset_s, retry_after_s

FORBIDDEN = 403
"""GitHub's answer to too many requests; it is retried only if it also says when."""

SLICE_S = 0.25
"""How often a waiting request checks whether the crawl is being stopped."""


class PatientRetry(RetryMiddleware):
    """Scrapy's retries with backoff, Retry-After and quota headers, and with a check of the body.

    A request whose `meta["read"]` is a function of the body gets what that returns as its callback's argument `answer`.
    Where it raises AnswerError, the request is retried, as such pages are often temporary, and at last fails with it. A
    LargeAnswerError fails it at once.
    """

    def __init__(self, settings: BaseSettings) -> None:
        super().__init__(settings)
        self.first_s = settings.getfloat("RETRY_WAIT_S")
        self.longest_s = settings.getfloat("RETRY_WAIT_MAX_S")
        self.clock = clock_of(settings)
        self.chance = random.SystemRandom()
        self.not_before = 0.0

    async def process_request(self, request: Request) -> None:
        """Hold a request back until the source accepts requests again and the request's own wait is over.

        Raises IgnoreRequest when that is too far off, or the crawl is stopped meanwhile.
        """
        while (left_s := max(self.not_before, request.meta.get("not_before", 0.0)) - time.monotonic()) > 0:
            if left_s > self.longest_s:
                raise IgnoreRequest(f"was not sent, because the source asked for a pause of {left_s:.0f} s")
            if self.crawler.engine is None or not self.crawler.engine.running:
                raise IgnoreRequest("was not sent again, because the crawl was stopped")
            await asyncio.sleep(min(left_s, SLICE_S))

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        """Retry, or return the response with its body read; raise AnswerError when it cannot be read."""
        del spider  # Scrapy's base class still passes it
        asked_s = self._heed(response)
        if response.status in self.retry_http_codes or (response.status == FORBIDDEN and asked_s):
            if asked_s > self.longest_s:
                return response
            return self._again(request, response_status_message(response.status), asked_s) or response
        return self._read(request, response)

    def process_exception(
        self, request: Request, exception: Exception, spider: Spider | None = None
    ) -> Request | Response | None:
        """Retry after a failure of the network; None for other failures, and after the last try."""
        del spider
        return self._again(request, exception, 0.0) if isinstance(exception, self.exceptions_to_retry) else None

    def _heed(self, response: Response) -> float:
        """Hold back every request for as long as this answer asks, and return those seconds."""
        retry_after = (response.headers.get("Retry-After") or b"").decode("latin-1")
        rate_limit = (response.headers.get("RateLimit") or b"").decode("latin-1")
        now = self._now_there(response)
        free_at = quota_free_at(*map(response.headers.get, QUOTA)) or now
        left_s = (free_at - now).total_seconds()
        asked_s = max(retry_after_s(retry_after, now), rate_limit_reset_s(rate_limit), left_s)
        self.not_before = max(self.not_before, time.monotonic() + asked_s)
        return asked_s

    def _now_there(self, response: Response) -> datetime:
        """The source's own clock, which its dates refer to; ours where it does not state it."""
        return http_date((response.headers.get("Date") or b"").decode("latin-1")) or self.clock()

    def _read(self, request: Request, response: Response) -> Request | Response:
        if "read" not in request.meta or response.status not in range(200, 300):
            return response
        request.meta["status"] = response.status
        try:
            request.cb_kwargs["answer"] = request.meta["read"](response.body)
        except LargeAnswerError:
            raise
        except AnswerError:
            again = self._again(request, "unusable answer", 0.0)
            if again is None:
                raise
            return again
        return response

    def _again(self, request: Request, reason: str | Exception, asked_s: float) -> Request | None:
        assert self.crawler.spider is not None  # nosec B101  # noqa: S101 - there is one once there are requests
        again = get_retry_request(request, reason=reason, spider=self.crawler.spider)
        if again is not None:
            own_s = backoff_s(
                again.meta["retry_times"],
                first_s=self.first_s,
                longest_s=self.longest_s,
                chance=self.chance.random(),
            )
            again.meta["not_before"] = time.monotonic() + max(asked_s, own_s)
        return again
