"""Asks GitHub's REST API, one request at a time, for the repositories of code that other sources name."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from schemas.crawl import FetchFailure
from schemas.listing import Observation, Quarantined, RawListing
from spiders.clock import Clock, clock_of, stamp
from spiders.download.addresses import base_url, path_below
from spiders.download.documents import AnswerError, raw_listing, read_json, refused
from spiders.download.failures import Streak, describe, request_of, with_rest
from spiders.frontier import KnownRecords

REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}/(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}\Z")
"""owner/name; a name of dots alone would leave the API's path."""

TARGET = re.compile(r"/repositories/[0-9]{1,15}\Z|/repos/" + REPOSITORY.pattern)
"""Where GitHub may redirect a renamed repository to: its number, or its new name."""

HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}

OF_THE_ASKER = frozenset(["permissions", "temp_clone_token", "security_and_analysis"])
"""Fields about whoever asks with a token, and not about the repository; one of them can be a secret."""

VERSION = re.compile(r"[!-~]{1,200}\Z")
"""An ETag that can be sent back."""

NOT_MODIFIED = 304
MOVED = (301, 302, 307, 308)
GONE = (404, 410, 451)
"""Answers about one record: deleted, made private, or removed by law."""
REFUSING = (401, 403, 429)
"""Answers that the next request would get too."""

ALREADY_FETCHED = "is {!r}, which was recorded under another name"

Output = Request | RawListing | Quarantined | FetchFailure


class GitHubSpider(Spider):
    """Yields a RawListing for each repository, Quarantined for one that failed, FetchFailure if nothing more will come.

    Arguments: `known` is the file with the frontier; `only` is a comma-separated list of repositories to ask for
    instead. Unchanged repositories are recognised by their ETag, which costs nothing of a token's quota. Settings:
    GITHUB_URL, GITHUB_TOKEN, SOURCE_DATE_EPOCH.
    """

    name = "github"
    clock: Clock
    base_url: str
    headers: dict[str, str]

    def __init__(self, *, known: str = "", only: str = "", **arguments: Any) -> None:  # noqa: ANN401 - Scrapy's
        super().__init__(**arguments)
        self.known = KnownRecords(known)
        named = dict.fromkeys(filter(None, only.split(",")))
        self.wanted = iter(named) if named else self.known.wanted(self.name)
        self.fetched: set[str] = set()
        self.streak = Streak()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401 - Scrapy's
        """Read source, token and clock from the settings; raise ValueError when GITHUB_URL is no plain address."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.clock = clock_of(crawler.settings)
        spider.base_url = base_url(crawler.settings, "GITHUB_URL")
        token = crawler.settings["GITHUB_TOKEN"].get_secret_value()
        spider.headers = {**HEADERS, **({"Authorization": f"Bearer {token}"} if token else {})}
        return spider

    async def start(self) -> AsyncIterator[Output]:
        """Ask for the first repository; each answer leads to the next, as GitHub wants serial requests."""
        for first in self._next():
            yield first

    def take(self, response: Response, answer: dict[str, Any], asked: str, *, moved: bool = False) -> Iterator[Output]:
        """Record one repository, which if `moved` was answered under another name, and ask for the next one."""
        self.streak.answered()
        yield self._record(response, answer, asked, moved=moved)
        yield from self._next()

    def failed(self, failure: Failure) -> Iterator[Output]:
        """Handle what is not a repository's record: it is unchanged, has moved, is gone, or did not come."""
        request = request_of(failure)
        asked, described = request.cb_kwargs["asked"], describe(failure, request)
        response = failure.value.response if isinstance(failure.value, HttpError) else None
        last = self.known.raw(self.name, asked)
        target = _target(response, self.base_url) if response and not request.cb_kwargs.get("moved") else None
        if target:
            yield self._ask(asked, target, moved=True)
        elif response and response.status == NOT_MODIFIED and last:
            yield from self._settled(self._unchanged(last, asked))
        elif response and (response.status in GONE or _is_blocked(response)):
            yield from self._settled(self._refused(None, asked, "", described.reason))
        else:
            yield from self._missed(failure, described, asked)

    def _settled(self, fetched: RawListing | Quarantined) -> Iterator[Output]:
        self.streak.answered()
        self.fetched.add(fetched.id.lower())
        yield fetched
        yield from self._next()

    def _missed(self, failure: Failure, described: FetchFailure, asked: str) -> Iterator[Output]:
        """Quarantine what never came; end the crawl where the next one would not come either."""
        if self.streak.ends(failure, described, refusing=REFUSING):
            yield with_rest(described, sum(1 for _ in self.wanted))
            return
        yield self._refused(None, asked, "", described.reason)
        yield from self._next()

    def _record(
        self, response: Response, answer: dict[str, Any], asked: str, *, moved: bool
    ) -> RawListing | Quarantined:
        name = answer.get("full_name")
        if not isinstance(name, str) or not REPOSITORY.match(name):
            return self._refused(answer, asked, "/full_name", "does not name a repository (owner/name)")
        if answer.get("private") is not False:
            return self._refused(None, asked, "/private", "is not false: only public repositories are recorded")
        same = name.lower() == asked.lower()
        if not same and not moved:
            return self._refused(answer, asked, "/full_name", f"is {name!r}, not {asked!r} as requested")
        if name.lower() in self.fetched:
            return self._refused(answer, asked, "/full_name", ALREADY_FETCHED.format(name))
        self.fetched.add(name.lower())
        return raw_listing(
            {field: value for field, value in answer.items() if field not in OF_THE_ASKER},
            Observation(self.name, name, stamp(self.clock), response.url),
            asked_as=None if same else asked,
            version=_version(response),
        )

    def _unchanged(self, last: RawListing, asked: str) -> RawListing | Quarantined:
        if last.id.lower() in self.fetched:
            return self._refused(None, asked, "/full_name", ALREADY_FETCHED.format(last.id))
        return last.model_copy(update={"observed_at": stamp(self.clock)})

    def _refused(self, element: object, asked: str, field: str, reason: str) -> Quarantined:
        return refused(element, Observation(self.name, asked, stamp(self.clock)), reason, field=field)

    def _next(self) -> Iterator[Output]:
        for asked in self.wanted:
            if REPOSITORY.match(asked):
                yield self._ask(asked, f"/repos/{asked}")
                return
            yield self._refused(None, asked, "", f"{asked[:200]!r} is not the name of a repository (owner/name)")

    def _ask(self, asked: str, path: str, *, moved: bool = False) -> Request:
        """Make a request below the source's URL, the only address that gets the token."""
        last = self.known.raw(self.name, asked)
        is_there = last is not None and (last.id.lower() != asked.lower()) is moved
        unless = {"If-None-Match": last.version} if is_there and last and last.version else {}
        return Request(
            self.base_url + path,
            callback=self.take,
            errback=self.failed,
            headers={**self.headers, **unless},
            cb_kwargs={"asked": asked, "moved": moved},
            meta={"read": read_repository, "dont_redirect": True},
        )


def read_repository(body: bytes) -> dict[str, Any]:
    """Read one repository; raise AnswerError."""
    document = read_json(body)
    if not isinstance(document, dict):
        raise AnswerError("an array or a single value instead of a repository")
    return document


def _version(response: Response) -> str | None:
    etag = (response.headers.get("ETag") or b"").decode("latin-1")
    return etag if VERSION.match(etag) else None


def _target(response: Response, root: str) -> str | None:
    """The path that a renamed repository is redirected to, None where we do not follow it."""
    location = (response.headers.get("Location") or b"").decode("latin-1")
    path = path_below(location, root) if response.status in MOVED else None
    return path if path and TARGET.match(path) else None


def _is_blocked(response: Response) -> bool:
    """Whether GitHub itself blocked the repository; other 403 answers are about who asks, or how often."""
    try:
        return "block" in read_repository(response.body)
    except AnswerError:
        return False
