"""The ASGI application: the API, and every other address as a file of the store."""

import time
from collections.abc import Callable
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from flows.api.current import CurrentRegistry
from flows.api.files import OPENAPI, Files
from flows.api.outer import Outer
from flows.api.passport_routes import passport_routes
from flows.api.problems import Problem, RefusalError, problem
from flows.api.rate import RateLimiter
from flows.api.routes import finding_routes
from flows.api.static import answer
from flows.client.answers import NotReliableError
from flows.client.registry import Registry
from flows.config.signing_key import SigningKeyError
from flows.registry.signed_files import NotInSnapshotError, RegistryError
from flows.registry.unknown_slug import UnknownSlugError
from flows.search.conditions import CursorError
from flows.search.index import SearchIndexError
from flows.store.base import Store, StoreError
from pipelines.passport.document import FORMAT_VERSION

REQUESTS_A_SECOND = 50.0
"""Requests that are computed, of one client, unless another bound is given."""
RETRY_AFTER_S = "5"
_STATUSES: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (UnknownSlugError, HTTPStatus.NOT_FOUND),
    (CursorError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotInSnapshotError, HTTPStatus.GONE),
    (RegistryError, HTTPStatus.SERVICE_UNAVAILABLE),
    (NotReliableError, HTTPStatus.SERVICE_UNAVAILABLE),
    (SigningKeyError, HTTPStatus.SERVICE_UNAVAILABLE),
    (SearchIndexError, HTTPStatus.SERVICE_UNAVAILABLE),
    (StoreError, HTTPStatus.SERVICE_UNAVAILABLE),
)
"""Error → the status that it is answered with; the first that fits."""


def application(
    store: Store,
    opened: Callable[[], Registry],
    *,
    log: Callable[[str], None],
    requests_a_second: float = REQUESTS_A_SECOND,
    clock: Callable[[], float] = time.monotonic,
) -> ASGIApp:
    """Return the application that serves a store; `opened` opens its registry, when it is first needed.

    `log` gets a line for each request. 0 requests a second are no bound.
    """
    api = FastAPI(
        title="Trust passports",
        version=FORMAT_VERSION,
        description="Signed, evidence-backed trust passports of AI models. Verify what you rely on: /trust says how.",
        docs_url=None,
        redoc_url=None,
        openapi_url=OPENAPI,
    )

    async def stored(request: Request, key: str) -> Response:
        asked = (store, request.method, key, request.headers)
        found = await run_in_threadpool(answer, *asked)
        return Response(found.body, found.status, found.headers)

    current = CurrentRegistry(opened, clock)
    api.include_router(passport_routes(current, stored))
    api.include_router(finding_routes(current))
    for kind, status in _STATUSES:
        api.add_exception_handler(kind, _refusing(status))
    api.add_exception_handler(RefusalError, _refused)
    api.add_exception_handler(Exception, _faulty)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, _http)
    _describe_problems(api)
    limiter = RateLimiter(requests_a_second, clock) if requests_a_second else None
    return Outer(Files(store, api), log=log, limiter=limiter, clock=clock)


def _refusing(status: HTTPStatus) -> Callable[[Request, Exception], Response]:
    headers = {"Retry-After": RETRY_AFTER_S} if status is HTTPStatus.SERVICE_UNAVAILABLE else None

    def refuse(_: Request, error: Exception) -> Response:
        return problem(status, str(error), headers)

    return refuse


def _faulty(_: Request, __: Exception) -> Response:
    """Answer a fault of ours; the error itself is raised again, and logged."""
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "this is a fault of the server: its log has the reason")


def _refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, RefusalError):
        raise error
    return problem(error.status, str(error), error.headers)


def _invalid(_: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    reasons = tuple(f"{'/'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(reasons[:3])[:1000], errors=reasons[:20])


def _http(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    if status is HTTPStatus.BAD_REQUEST:  # FastAPI's answer to bytes that are not text, where other bodies are 422
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "body: is not JSON in UTF-8")
    return problem(status, error.detail, dict(error.headers or {}))


def _describe_problems(api: FastAPI) -> None:
    """Add the problem document to the schemas that OpenAPI describes."""
    described = api.openapi

    def openapi() -> dict[str, object]:
        document = described()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = Problem.model_json_schema()
        return document

    api.openapi = openapi  # type: ignore[method-assign]
