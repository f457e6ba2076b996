"""The addresses of the API that give a passport, its brief, and the verdict on one."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from flows.api.models import VerifyAnswer
from flows.api.problems import RefusalError
from flows.api.states import REFUSALS, state_of
from flows.client.registry import Registry
from pipelines.registry.layout import brief_key, passport_copy_key
from pipelines.signing.verification import MAX_PASSPORT_BYTES
from schemas.base import SLUG_PATTERN
from schemas.passport.document import SignedDocument
from schemas.verdict import Finding

SlugOf = Annotated[str, Path(max_length=200, pattern=SLUG_PATTERN)]

Stored = Callable[[Request, str], Any]
"""From a request and a key to the response with the stored file; awaitable."""


def passport_routes(current: Callable[[], Registry], stored: Stored) -> APIRouter:
    """Return the routes, which answer from stored files and from the current registry."""
    api = APIRouter(prefix="/api/v1", responses=REFUSALS)

    @api.get("/passport/{slug}", response_model=SignedDocument, summary="A signed passport")
    async def passport(request: Request, slug: SlugOf) -> Response:
        """The copy of a signed passport, byte for byte as it is stored."""
        found: Response = await stored(request, passport_copy_key(slug))
        return found

    @api.get("/brief/{slug}", summary="What a passport states in at most 4 kB, signed")
    async def brief(request: Request, slug: SlugOf) -> dict[str, Any]:
        """The signed brief of a passport, byte for byte as it is stored: dates, and no verdict."""
        found: dict[str, Any] = await stored(request, brief_key(slug))
        return found

    @api.get("/verify", summary="The verdict on the passport of a slug")
    def verify(slug: Annotated[str, Query(max_length=200, pattern=SLUG_PATTERN)]) -> VerifyAnswer:
        """The verdict of `passports verify` with the keys that this server trusts."""
        registry = current()
        finding = registry.verify(slug)
        if slug not in registry:
            raise RefusalError(HTTPStatus.NOT_FOUND, finding.reason)
        return _verdict(registry, finding, slug)

    @api.post("/verify", summary="The verdict on a document", openapi_extra=_document())
    async def verify_document(request: Request) -> VerifyAnswer:
        """The verdict on a given passport by what this registry serves."""
        body = await request.body()
        if not body:
            raise RefusalError(HTTPStatus.UNPROCESSABLE_ENTITY, "the body is empty: send the passport")
        registry = await run_in_threadpool(current)
        return _verdict(registry, await run_in_threadpool(registry.verify, body), None)

    return api


def _document() -> dict[str, Any]:
    """Return how OpenAPI describes a body that is any document: one that is no passport has a verdict too."""
    text = f"A passport, of at most {MAX_PASSPORT_BYTES} bytes."
    return {"requestBody": {"description": text, "content": {"application/json": {"schema": {}}}, "required": True}}


def _verdict(registry: Registry, finding: Finding, slug: str | None) -> VerifyAnswer:
    return VerifyAnswer(
        registry=state_of(registry),
        slug=slug,
        verdict=finding.verdict,
        good=finding.verdict.good,
        reason=finding.reason,
        age=finding.age,
    )
