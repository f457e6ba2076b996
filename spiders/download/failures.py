"""Explains in a sentence why a request brought nothing usable, and what to do."""

import re
from collections.abc import Collection
from http import HTTPStatus
from http.client import responses as status_names

from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from schemas.crawl import FetchFailure
from schemas.times import timestamp
from spiders.download.documents import AnswerError
from spiders.download.waits import QUOTA, quota_free_at

NETWORK: tuple[tuple[type[Exception], str, str], ...] = (
    (CannotResolveHostError, "did not find the host", "check the source's URL and the name server"),
    (DownloadConnectionRefusedError, "was refused a connection", "check the source's URL, or try again later"),
    (DownloadTimeoutError, "got no answer in time", "try again later, or raise DOWNLOAD_TIMEOUT"),
    (ResponseDataLossError, "got an answer that was cut off", "try again later"),
    (DownloadFailedError, "lost its connection", "try again later; check the certificate if the cause names one"),
)
"""Exception → what happened → remedy."""

WRAPPED_FAILURE = re.compile(r"\[?<twisted\.python\.failure\.Failure (?:\w+\.)*(\w+): (.*?)\.?>\]?", re.DOTALL)

LARGEST_SIZE = re.compile(r"(?:max size|DOWNLOAD_MAXSIZE) \((\d+)")
"""The size in Scrapy's messages about a download, and about what it unpacks to."""

STATUS_REMEDIES = {
    401: "check the source's API key",
    403: "the source refuses requests: check the API key, and that CONTACT is an address that reaches you",
    404: "check the source's URL",
    429: "the source limits requests: run again later",
}


FAILURES_IN_A_ROW = 5
"""After so many failures the rest is not asked for, as each further request would use up all its tries."""


class Streak:
    """Counts failures in a row that are the source's own, and not of one record."""

    def __init__(self) -> None:
        self.length = 0

    @property
    def is_over(self) -> bool:
        """Whether so many requests failed in a row that the crawl should make no more."""
        return self.length >= FAILURES_IN_A_ROW

    def answered(self) -> None:
        """Count from 0 again, as the source answered."""
        self.length = 0

    def ends(self, failure: Failure, described: FetchFailure, *, refusing: Collection[int]) -> bool:
        """Count a failure; return whether to make no more requests, at once for a status in `refusing`."""
        if described.status in refusing or _is_unsent(failure, described):
            self.length = FAILURES_IN_A_ROW
        else:
            self.length = self.length + 1 if _is_of_source(failure, described) else 0
        return self.is_over


def with_rest(described: FetchFailure, left: int) -> FetchFailure:
    """Add the number of repositories that were not requested to the failure that ends a crawl."""
    rest = f"; repositories not requested after it: {left}" if left else ""
    return described.model_copy(update={"reason": described.reason + rest})


def is_too_large(failure: Failure) -> bool:
    """Whether a download was stopped for its size, packed or unpacked."""
    return _is_too_large(failure.value)


def _is_too_large(error: BaseException | None) -> bool:
    described = isinstance(error, IgnoreRequest) and "DOWNLOAD_MAXSIZE" in str(error)
    return described or isinstance(error, DownloadCancelledError)


def _is_unsent(failure: Failure, described: FetchFailure) -> bool:
    """Whether a request was not sent: its quota is free too late, robots.txt forbids it, or the crawl is stopping."""
    return isinstance(failure.value, IgnoreRequest) and described.status is None and not is_too_large(failure)


def _is_of_source(failure: Failure, described: FetchFailure) -> bool:
    """Whether every request is likely to fail so: there was no answer, a server error, or no JSON."""
    if described.status is None:
        return not is_too_large(failure)
    return described.status >= HTTPStatus.INTERNAL_SERVER_ERROR or isinstance(failure.value, AnswerError)


def describe(failure: Failure, request: Request) -> FetchFailure:
    """Turn the failure of a request, after all its tries, into an entry of the run report."""
    error = failure.value
    if isinstance(error, HttpError):
        return FetchFailure(
            url=request.url, status=error.response.status, reason=_sentence(request, *_of_status(error.response))
        )
    if isinstance(error, AnswerError):
        status = request.meta["status"]
        reason = _sentence(request, f"answered {status} with {error}", "check what is served there, or try again later")
        return FetchFailure(url=request.url, status=status, reason=reason)
    what, remedy = _of_network(error)
    if request.meta.get("proxy") and isinstance(error, tuple(kind for kind, *_ in NETWORK)):
        what, remedy = f"{what} through a proxy", "check HTTP_PROXY, HTTPS_PROXY and NO_PROXY, or try again later"
    return FetchFailure(url=request.url, status=None, reason=_sentence(request, what, remedy))


def request_of(failure: Failure) -> Request:
    """The request that an errback's failure is of."""
    request = vars(failure)["request"]  # Scrapy sets it for errbacks
    assert isinstance(request, Request)  # nosec B101  # noqa: S101 - narrows the type
    return request


def _of_status(response: Response) -> tuple[str, str]:
    what = f"answered {response.status} ({status_names.get(response.status, 'not a status of HTTP')})"
    if location := response.headers.get("Location"):
        where = location.decode("latin-1")[:200]
        return f"{what} and points to {where!r}", "redirects are not followed: set the source's URL to the new address"
    if wait := response.headers.get("Retry-After"):
        what += f" with Retry-After {wait.decode('latin-1')[:40]}"
    elif free_at := quota_free_at(*map(response.headers.get, QUOTA)):
        return f"{what} because our quota is used up until {timestamp(free_at)}", STATUS_REMEDIES[429]
    return what, STATUS_REMEDIES.get(response.status, "try again later")


def _of_network(error: BaseException | None) -> tuple[str, str]:
    if _is_too_large(error):
        largest = LARGEST_SIZE.search(str(error))
        what = f"has an answer of more than {int(largest[1]):,} bytes" if largest else "has an answer that is too large"
        return what, "check what is served there, and if it is right, raise most_answer_bytes of the source's bounds"
    for kind, what, remedy in NETWORK:
        if isinstance(error, kind):
            cause = _cause(error)
            return f"{what} ({cause})" if cause else what, remedy
    if "robots.txt" in str(error):
        return "is forbidden by the source's robots.txt", "leave the source out of PASSPORTS_SOURCES, or ask its owner"
    if isinstance(error, IgnoreRequest):
        return str(error), "run again later"
    return f"failed ({type(error).__name__}: {error})", "see the crawl's standard error"


def _cause(error: BaseException) -> str:
    """The cause in its own words; Scrapy quotes Twisted's list of failures as Python prints it."""
    return WRAPPED_FAILURE.sub(r"\1: \2", str(error)).rstrip(".")


def _sentence(request: Request, what: str, remedy: str) -> str:
    tries = request.meta.get("retry_times", 0) + 1
    return f"GET {request.url} {what}{f', {tries} times' if tries > 1 else ''}: {remedy}"
