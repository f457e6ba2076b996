"""Asks for facets: what the API answers about all models at once. Each answer becomes a record, complete by itself."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from schemas.facets import FACETS, Facet, Shape
from schemas.listing import Observation, Quarantined, RawListing
from spiders.clock import Clock, stamp
from spiders.download.documents import AnswerError, raw_listing, read_json, refused
from spiders.download.failures import Streak, describe, request_of
from spiders.openrouter.pages import read_first_page

SOURCES = {"list": "facets", "endpoints": "facets", "providers": "providers", "rankings": "rankings"}
"""Form of an answer → the last part of its source's name."""


class FacetAnswer(NamedTuple):
    """What an answer states, as fields of its record; and the ids of the models in it, where it is a list of them."""

    fields: dict[str, Any]
    ids: tuple[str, ...] | None = None


def facets_of(settings: Collection[str], *, with_key: bool) -> list[Facet]:
    """The facets that these settings ask for, without those that need a key where there is none."""
    return [facet for facet in FACETS if facet.setting in settings and (with_key or not facet.needs_key)]


class FacetQueue:
    """Asks for one facet after the other, until too many in a row have failed; `ask` makes a request of a path."""

    def __init__(
        self, source: str, facets: Iterable[Facet], listed: Iterable[str], *, clock: Clock, ask: Callable[..., Request]
    ) -> None:
        self._source, self._clock, self._ask = source, clock, ask
        self._waiting = list(facets)
        self._listed = tuple(listed)
        """Ids of all models that the list had in this crawl, just before."""
        self._streak = Streak()

    def next(self) -> Iterator[Request | Quarantined]:
        """Ask for the next facet, or refuse all that are left where the source does not answer."""
        if self._streak.is_over:
            reason = "was not asked for, as the source did not answer several others before: let the next run try again"
            yield from (self._refused(facet, reason) for facet in self._waiting)
            self._waiting.clear()
        elif self._waiting:
            facet = self._waiting.pop(0)
            path = facet.path + (last_week(self._clock().date()) if facet.shape == "rankings" else "")
            yield self._ask(path, READERS[facet.shape], self.take, self.failed, facet=facet)

    def take(
        self, response: Response, answer: FacetAnswer, facet: Facet
    ) -> Iterator[Request | RawListing | Quarantined]:
        """Record an answer: its query, the hash of its bytes, and what it states."""
        self._streak.answered()
        record = {
            "query": facet.id,
            "answer_sha256": hashlib.sha256(response.body).hexdigest(),
            **answer.fields,
            **(self._membership(answer.ids) if answer.ids is not None else {}),
        }
        yield raw_listing(record, self._seen(facet, response.url))
        yield from self.next()

    def failed(self, failure: Failure) -> Iterator[Request | Quarantined]:
        """Refuse a facet that was not answered: the models' listings are none the worse for it."""
        request = request_of(failure)
        described = describe(failure, request)
        self._streak.ends(failure, described, refusing=())
        yield self._refused(request.cb_kwargs["facet"], described.reason)
        yield from self.next()

    def _membership(self, ids: tuple[str, ...]) -> dict[str, Any]:
        """Which models are in an answer, each with its place from 1 on, and which listed ones are not."""
        answered = {one: place for place, one in enumerate(ids, 1)}
        absent = {one: True for one in self._listed if one not in answered}
        return {"answered": answered, "absent": absent, "count": len(answered), "listed": len(self._listed)}

    def _seen(self, facet: Facet, url: str = "") -> Observation:
        return Observation(f"{self._source}-{SOURCES[facet.shape]}", facet.id, stamp(self._clock), url)

    def _refused(self, facet: Facet, reason: str) -> Quarantined:
        return refused(None, self._seen(facet), reason)


def last_week(today: date) -> str:
    """The query for the last whole week, Monday to Sunday, before a day."""
    monday = today - timedelta(days=today.weekday() + 7)
    return f"?period=week&start_date={monday}&end_date={monday + timedelta(days=6)}"


def _read_list(body: bytes) -> FacetAnswer:
    page = read_first_page(body)
    if page.following is not None or page.announced not in (None, len(page.elements)):
        raise AnswerError(f"a part of a list ({len(page.elements)} of {page.announced} models) instead of all of it")
    return FacetAnswer({}, _distinct(_texts(page.elements, "id")))


def _read_endpoints(body: bytes) -> FacetAnswer:
    return FacetAnswer({}, tuple(dict.fromkeys(_texts(_elements(body), "model_id"))))


def _read_providers(body: bytes) -> FacetAnswer:
    elements = _elements(body)
    names = _distinct(_texts(elements, "name"))
    return FacetAnswer({"providers": dict(zip(names, elements, strict=True))})


def _read_rankings(body: bytes) -> FacetAnswer:
    elements, document = _elements(body), read_json(body)
    meta = document.get("meta") if isinstance(document, dict) else None
    if not isinstance(meta, dict):
        raise AnswerError("no object under `meta`, which says what the figures are of")
    names, weeks = _distinct(_texts(elements, "model_permaslug")), set(_texts(elements, "date"))
    if len(weeks) != 1:
        raise AnswerError(f"figures of {len(weeks)} dates instead of one week")
    tokens = dict(zip(names, _texts(elements, "total_tokens"), strict=True))
    dates = {name: meta.get(name) for name in ("as_of", "start_date", "end_date")}
    return FacetAnswer({**dates, "tokens": tokens})


READERS: dict[Shape, Callable[[bytes], FacetAnswer]] = {
    "list": _read_list,
    "endpoints": _read_endpoints,
    "providers": _read_providers,
    "rankings": _read_rankings,
}
"""Form of an answer → what reads its body; each raises AnswerError on what is not of that form."""


def _elements(body: bytes) -> list[object]:
    document = read_json(body)
    elements = document.get("data") if isinstance(document, dict) else None
    if not isinstance(elements, list) or not elements:
        raise AnswerError("no list with elements under `data`")
    return elements


def _texts(elements: list[object], field: str) -> list[str]:
    """One field of each element, which must be a text that is not empty."""
    found = [element.get(field) if isinstance(element, dict) else None for element in elements]
    texts = [text for text in found if isinstance(text, str) and text]
    if len(texts) < len(elements):
        raise AnswerError(f"{len(elements) - len(texts)} elements without a text as {field}")
    return texts


def _distinct(texts: list[str]) -> tuple[str, ...]:
    if len(set(texts)) < len(texts):
        raise AnswerError(f"{len(texts)} elements of which {len(texts) - len(set(texts))} are repeated")
    return tuple(texts)
