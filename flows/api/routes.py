"""The addresses of the API that find, compare and follow passports."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from flows.api import models
from flows.api.models import CapabilityQuery, PassportsQuery, ResolveRequest, SearchQuery
from flows.api.problems import RefusalError
from flows.api.states import REFUSALS, listed, state_of
from flows.client.registry import Registry
from schemas.base import SLUG_PATTERN
from schemas.search import PassportFilter
from schemas.times import instant

FEWEST_COMPARED, MOST_COMPARED = 2, 4
MOST_CHANGES = 1_000
SINCE = r"^([0-9]{1,15}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}Z)$"
SlugOf = Annotated[str, Path(max_length=200, pattern=SLUG_PATTERN)]
Slugs = Annotated[str, Query(max_length=200, pattern=SLUG_PATTERN)]


def finding_routes(current: Callable[[], Registry]) -> APIRouter:
    """Return the routes that find passports, from the current registry."""
    api = APIRouter(prefix="/api/v1", responses=REFUSALS)

    @api.get("/search", summary="Passports by words")
    def search(query: Annotated[SearchQuery, Query()]) -> models.SearchAnswer:
        """Passports with the words of `q`, the best first; the last word may be begun only."""
        registry = current()
        found = registry.search(query.q, query, limit=query.limit)
        return models.SearchAnswer(registry=state_of(registry), passports=listed(found))

    @api.get("/passports", summary="Passports by conditions")
    def passports(query: Annotated[PassportsQuery, Query()]) -> models.ListAnswer:
        """Passports that meet every condition, in order; go on with `next_cursor`."""
        registry = current()
        page = registry.find(query, order=query.order, cursor=query.cursor, limit=query.limit)
        return models.ListAnswer(
            registry=state_of(registry),
            total=registry.count(query),
            passports=listed(page.found),
            next_cursor=page.next_cursor,
        )

    @api.get("/capability/{uri:path}", summary="Passports with a capability")
    def capability(
        uri: Annotated[str, Path(max_length=500)], query: Annotated[CapabilityQuery, Query()]
    ) -> models.CapabilityAnswer:
        """Passports with a capability, by its URI with or without `capability://`."""
        registry, name = current(), f"capability://{uri.removeprefix('capability:').lstrip('/')}"
        wanted = PassportFilter.model_construct(**{**_conditions(query), "capability": name})
        total = registry.count(wanted)
        if total == 0 and registry.count(PassportFilter.model_construct(capability=name)) == 0:
            raise RefusalError(HTTPStatus.NOT_FOUND, "no passport has a capability of this URI")
        page = registry.find(wanted, order=query.order, cursor=query.cursor, limit=query.limit)
        return models.CapabilityAnswer(
            uri=name,
            registry=state_of(registry),
            total=total,
            passports=listed(page.found),
            next_cursor=page.next_cursor,
        )

    @api.post("/resolve", summary="Models for a task in words")
    def resolve(asked: ResolveRequest) -> models.ResolveAnswer:
        """Models that fit a task, the best first, with the capabilities and purposes that it calls for."""
        registry = current()
        found = registry.resolve(asked.task, asked.where, limit=asked.limit)
        resolved = tuple(models.FittingModel(**one._asdict()) for one in found)
        return models.ResolveAnswer(registry=state_of(registry), task=asked.task, models=resolved)

    @api.get("/compare", summary="Passports side by side")
    def compare(
        artifact: Annotated[list[Slugs], Query(min_length=FEWEST_COMPARED, max_length=MOST_COMPARED)],
    ) -> models.CompareAnswer:
        """Two to four passports side by side, the facts that differ first."""
        registry = current()
        answer = registry.compare(*artifact)
        return models.CompareAnswer(
            registry=state_of(registry),
            passports=tuple(
                models.ComparedPassport(
                    slug=one.slug, verdict=one.verdict, good=one.good, age=one.age, sha256=one.sha256
                )
                for one in answer.passports
            ),
            facts=tuple(
                models.ComparedValues(name=fact.name, differs=fact.differs, values=fact.values) for fact in answer.facts
            ),
        )

    @api.get("/changes", summary="What changed since a generation or an instant")
    def changes(
        since: Annotated[str, Query(max_length=40, pattern=SINCE)],
        skip: Annotated[int, Query(ge=0, le=10**9)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_CHANGES)] = 200,
    ) -> models.ChangesAnswer:
        """Passports that were added, changed or removed after `since`, the oldest first; 0 is the beginning."""
        registry = current()
        found = list(islice(registry.changes(_beginning(since, registry.generation)), skip, skip + limit + 1))
        return models.ChangesAnswer(
            registry=state_of(registry),
            changes=tuple(models.Change(**one._asdict()) for one in found[:limit]),
            next_skip=skip + limit if len(found) > limit else None,
        )

    @api.get("/health", summary="Whether the registry can be relied on")
    def health() -> models.Health:
        """The generation that is served, its verdict, and how many passports it has."""
        registry = current()
        state = state_of(registry)
        return models.Health(
            status="ok" if state.good else "degraded",
            registry=state,
            passports=len(registry),
            counts=registry.counts,
            pointer_expires_at=registry.pointer_expires_at,
        )

    return api


def _conditions(query: PassportFilter) -> dict[str, Any]:
    return {name: getattr(query, name) for name in PassportFilter.model_fields}


def _beginning(since: str, newest: int) -> int | datetime:
    """Return the generation or the instant that changes are asked for after; raise RefusalError."""
    try:
        begin = int(since) if since.isdecimal() else instant(since)
    except ValueError:
        raise RefusalError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "since: not an instant: give 2026-06-15T14:50:47Z"
        ) from None
    if isinstance(begin, int) and begin > newest:
        raise RefusalError(HTTPStatus.NOT_FOUND, f"since: the registry is at generation {newest} and had no {begin}")
    return begin
