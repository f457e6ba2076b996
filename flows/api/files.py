"""Answers with files of the store, and passes on to the API what is none of them."""

from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from flows.api.downloads import download, is_large
from flows.api.problems import RefusalError, problem
from flows.api.static import HttpAnswer, answer, key_of
from flows.store.base import Store, StoreError

API = "/api/v1/"
OPENAPI = "/openapi.json"


class Files:
    """The files of a store at the addresses that are their keys; an address of the API that no file has is the API's.

    So a passport is answered without the API's own machinery, in a third of the time.
    """

    def __init__(self, store: Store, api: ASGIApp) -> None:
        self._store, self._api = store, api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        path, method = scope["path"], scope["method"]
        of_api = path.startswith(API) or path == OPENAPI
        key = key_of(scope["raw_path"].decode("ascii", "replace"))
        if of_api and (method != "GET" or key is None):
            await self._api(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if key and is_large(key) and method in ("GET", "HEAD"):
            await self._download(key, headers, scope, receive, send)
            return
        asked = (self._store, method, key, headers)
        found = answer(*asked) if self._store.workers == 1 else await run_in_threadpool(answer, *asked)
        if of_api and found.status == HTTPStatus.NOT_FOUND:
            await self._api(scope, receive, send)
            return
        await _send(found, send)

    async def _download(self, key: str, headers: Headers, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await download(self._store, key, headers, head=scope["method"] == "HEAD")
        except RefusalError as error:
            response = problem(error.status, str(error), error.headers)
        except StoreError as error:
            response = problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error), {"Retry-After": "5"})
        await response(scope, receive, send)


async def _send(found: HttpAnswer, send: Send) -> None:
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in found.headers.items()]
    headers.append((b"content-length", str(len(found.body)).encode()))
    await send({"type": "http.response.start", "status": found.status.value, "headers": headers})
    await send({"type": "http.response.body", "body": found.body})
