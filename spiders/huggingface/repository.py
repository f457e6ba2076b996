"""Asks the Hugging Face Hub for one repository: its record, its card and its licence."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from schemas.crawl import FetchFailure
from schemas.listing import Observation, Quarantined, RawListing
from spiders.clock import Clock, stamp
from spiders.download.documents import AnswerError, raw_listing, raw_text, refused
from spiders.download.failures import Streak, describe, is_too_large, request_of
from spiders.download.requests import Answered, ask, response_of
from spiders.frontier import KnownRecords
from spiders.huggingface.pages import (
    API,
    BAD_CREDENTIALS,
    FIELDS,
    REPOSITORY,
    error_of,
    id_of,
    licence_file,
    moved_to,
    read_record,
    read_text,
    text_at,
)

SOURCE = "huggingface"

TEXT_ACCEPT = "text/markdown, text/plain;q=0.9, */*;q=0.1"
TEXT_HOPS = 2
"""Most redirects that are followed for a text: to the present name, and to the cache."""

MOVED = (301, 307, 308)
ABSENT = (401, 404)
"""Answers for what does not exist or is private; the Hub does not say which."""
UNAUTHORIZED = 401
WITHHELD = (403, 410, 451)
"""Answers about one repository: barred, deleted, or removed by law."""
NOT_FOR_US = (401, 403)
"""Answers for a text that exists, and is shown to others, or to us at another time."""
REFUSING = (429,)
"""Answers that the next request would get too."""

Fetched = RawListing | Quarantined | FetchFailure


class TextKind(NamedTuple):
    """A kind of text that belongs to a repository."""

    source: str
    """Name of the source of such records."""
    what: str
    largest: int
    """Bytes: a hundred times a long card; several times the longest well-known licence."""


CARD = TextKind(f"{SOURCE}-card", "card", 1024 * 1024)
LICENCE = TextKind(f"{SOURCE}-licence", "licence", 256 * 1024)


@dataclass(frozen=True, slots=True)
class Hub:
    """The Hub as one crawl uses it: its address, the token for it, and the frontier.

    A single repository or card that does not come is Quarantined; a FetchFailure says that nothing more will come.
    """

    spider: Spider
    base_url: str
    headers: dict[str, str]
    known: KnownRecords
    clock: Clock
    records: Streak = field(default_factory=Streak)
    """Failures in a row of single records."""
    texts: Streak = field(default_factory=Streak)
    """The same for cards and licences, which other machines may serve."""

    @property
    def is_down(self) -> bool:
        """Whether to ask for nothing more."""
        return self.records.is_over or self.texts.is_over

    async def repository(self, asked: str) -> list[Fetched]:
        """Fetch a repository and its texts, under its present name if it was renamed."""
        if not REPOSITORY.fullmatch(asked):
            return [self.refused(None, asked, "", f"{asked[:200]!r} is not the name of a repository (owner/name)")]
        outcome = await self._ask_record(asked)
        if (moved := self._points_to(outcome, moved_to)) is not None:
            outcome = await self._ask_record(moved)
        if isinstance(outcome, Failure):
            return [self._missing(outcome, asked)]
        self.records.answered()
        if outcome.read.get("private") is True:  # the token may see it, others may not
            return []
        found = id_of(outcome.read)
        if found is None:
            return [self.refused(outcome.read, asked, "/id", "does not name a repository (owner/name)")]
        record = self.record(outcome.read, found, outcome.response.url, stamp(self.clock), asked)
        return await self.with_texts(record, outcome.read)

    def record(
        self, record: dict[str, Any], found: str, url: str, observed_at: str, asked: str | None = None
    ) -> RawListing | Quarantined:
        """Build the raw listing of a record as it came; `asked` is the name that it was asked for by."""
        seen = Observation(SOURCE, found, observed_at, url)
        return raw_listing(record, seen, asked_as=asked if asked != found else None, version=version_of(record))

    async def with_texts(self, fetched: RawListing | Quarantined, record: dict[str, Any]) -> list[Fetched]:
        """Add to a record its card, and the licence among its files."""
        if isinstance(fetched, Quarantined):
            return [fetched]
        found = [fetched, await self._current(CARD, "README.md", fetched, record)]
        if isinstance(found[-1], FetchFailure):
            return found
        if (file := licence_file(record)) is not None:
            return [*found, await self._current(LICENCE, file, fetched, record)]
        if (known := self.known.raw(LICENCE.source, fetched.id)) is not None and known.body:
            found.append(self._text(b"", LICENCE, fetched.id, known.url, version_of(record)))  # the file was removed
        return found

    async def _current(self, text: TextKind, file: str, fetched: RawListing, record: dict[str, Any]) -> Fetched:
        """The known text if it is of the same commit, else the one that the Hub has now."""
        version = version_of(record)
        known = self.known.raw(text.source, fetched.id) if version is not None else None
        if known is not None and (known.id, known.version) == (fetched.id, version):
            return known.model_copy(update={"observed_at": fetched.observed_at})
        return await self._fetched(text, file, fetched.id, version)

    def record_url(self, repository: str) -> str:
        """Address of a record."""
        return f"{self.base_url}{API}/{repository}?{FIELDS}"

    def request(
        self, url: str, read: Callable[[bytes], object], *, accept: str = "", largest: int | None = None
    ) -> Request:
        """Make a request below the Hub's address, the only address that gets the token."""
        headers = {**self.headers, **({"Accept": accept} if accept else {})}
        limit = {"download_maxsize": largest} if largest else {}
        return Request(url, headers=headers, meta={"read": read, "dont_redirect": True, **limit})

    async def _ask_record(self, repository: str) -> Answered | Failure:
        return await ask(self.spider, self.request(self.record_url(repository), read_record))

    def _points_to(self, outcome: Answered | Failure, place: Callable[[Response, str], str | None]) -> str | None:
        """Where a redirect leads, None where we do not follow it."""
        response = response_of(outcome)
        return place(response, self.base_url) if response is not None and response.status in MOVED else None

    def _missing(self, failure: Failure, asked: str) -> Fetched:
        """Record that a repository is absent, or quarantine or report that its record did not come."""
        response, described = response_of(failure), describe(failure, request_of(failure))
        if response is None or response.status not in ABSENT + WITHHELD:
            ends = self.records.ends(failure, described, refusing=REFUSING)
            return described if ends else self._unread(described, asked)
        if response.status in WITHHELD:
            self.records.answered()
            return self._unread(described, asked)
        error = error_of(response)
        if response.status == UNAUTHORIZED and BAD_CREDENTIALS.search(error):
            described = described.model_copy(update={"reason": f"{error}: check HF_TOKEN, or unset it"})
            self.records.ends(failure, described, refusing=ABSENT)
            return described
        self.records.answered()
        answer = {"asked": asked, "error": error, "status": response.status}
        return raw_listing(answer, Observation(SOURCE, asked, stamp(self.clock), response.url))

    async def _fetched(self, text: TextKind, file: str, repository: str, version: str | None) -> Fetched:
        path, read = f"/{repository}/resolve/main/{file}", partial(read_text, text.what)
        for _ in range(1 + TEXT_HOPS):
            request = self.request(self.base_url + path, read, accept=TEXT_ACCEPT, largest=text.largest)
            outcome = await ask(self.spider, request)
            onward = self._points_to(outcome, partial(text_at, file))
            if onward is None:
                break
            path = onward
        if isinstance(outcome, Answered):
            self.texts.answered()
            return self._text(outcome.read, text, repository, outcome.response.url, version)
        return self._no_text(outcome, text, repository, version)

    def _no_text(self, failure: Failure, text: TextKind, repository: str, version: str | None) -> Fetched:
        """The outcome of a text that did not come: an empty record where it is absent or withheld, else a failure."""
        response, described = response_of(failure), describe(failure, request_of(failure))
        if response is not None and response.status in ABSENT + WITHHELD:
            self.texts.answered()
            return self._withheld(response, text, repository, version)
        if response is not None and response.status // 100 == 3:  # noqa: PLR2004 - redirects
            self.texts.answered()
            reason = f"{described.reason.partition(': ')[0]}, which is not followed for a {text.what}"
            return self.refused(None, repository, "", reason, text.source)
        if isinstance(failure.value, AnswerError) or is_too_large(failure):
            self.texts.answered()
            reason = f"{described.reason}; at most {text.largest} bytes are stored"
            return self.refused(None, repository, "", reason, text.source)
        ends = self.texts.ends(failure, described, refusing=REFUSING)
        return described if ends else self._unread(described, repository, text.source)

    def _withheld(self, response: Response, text: TextKind, repository: str, version: str | None) -> Fetched:
        """Retain the known text where it is not shown any more, with its own date, so that it goes stale."""
        if response.status not in NOT_FOR_US:
            return self._text(b"", text, repository, response.url, version)
        known = self.known.raw(text.source, repository)
        return known if known is not None and known.body else self._text(b"", text, repository, response.url, None)

    def _unread(self, described: FetchFailure, asked: str, source: str = SOURCE) -> Quarantined:
        """Quarantine what did not come; its last good record is retained, and the crawl goes on."""
        return self.refused(None, asked, "", described.reason, source)

    def _text(
        self, body: bytes, text: TextKind, repository: str, url: str, version: str | None
    ) -> RawListing | Quarantined:
        seen = Observation(text.source, repository, stamp(self.clock), url.partition("?")[0])
        return raw_text(body, seen, version=version)

    def refused(self, element: object, asked: str, field: str, reason: str, source: str = SOURCE) -> Quarantined:
        """Quarantine what is no record, or no text."""
        return refused(element, Observation(source, asked, stamp(self.clock)), reason, field=field)


def version_of(record: dict[str, Any]) -> str | None:
    """The commit that a record is of, None where it states none."""
    commit = record.get("sha")
    return commit if isinstance(commit, str) and commit else None
