"""What every request goes through: bounds, headers that every answer has, ETags, and one line of the log."""

import asyncio
import hashlib
import math
from collections.abc import Callable
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flows.api.problems import RefusalError, problem
from flows.api.rate import RateLimiter
from flows.api.static import ALWAYS, PREFLIGHT
from flows.progress import LOG
from pipelines.signing.verification import MAX_PASSPORT_BYTES

MAX_BODY_BYTES = MAX_PASSPORT_BYTES + 1
"""Largest body that is read: one byte more than any passport has, so that a larger one has a verdict of its own."""
BODY_S = 20.0
"""Seconds that a request's body may take."""
COMPUTED = ("/api/v1/verify", "/api/v1/search", "/api/v1/passports", "/api/v1/capability", "/api/v1/resolve",
            "/api/v1/compare", "/api/v1/changes")  # fmt: skip
"""Addresses that are computed, of which one client may ask for so many a second."""
LONGEST_LOGGED = 300
API_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


class Outer:
    """The application around the API and the stored files."""

    def __init__(
        self, app: ASGIApp, *, log: Callable[[str], None], limiter: RateLimiter | None, clock: Callable[[], float]
    ) -> None:
        self._app, self._log, self._limiter, self._clock = app, log, limiter, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; other protocols than HTTP are passed on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        begun = self._clock()
        try:
            await self._answer(scope, receive, exchange)
        finally:
            self._log(exchange.line(self._clock() - begun))

    async def _answer(self, scope: Scope, receive: Receive, exchange: "_Exchange") -> None:
        if scope["method"] == "OPTIONS":
            await Response(None, HTTPStatus.NO_CONTENT, PREFLIGHT)(scope, receive, exchange.send)
            return
        refusal = self._too_often(scope) or _too_large(scope)
        if refusal:
            await refusal(scope, receive, exchange.send)
            return
        inner = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        try:
            await self._app(inner, _Body(receive).receive, exchange.send)
        except Exception:
            if exchange.begun:
                raise
            LOG.exception("%s %s could not be answered", scope["method"], scope["raw_path"][:LONGEST_LOGGED])
            failed = problem(HTTPStatus.INTERNAL_SERVER_ERROR, "this is a fault of the server: its log has the reason")
            await failed(scope, receive, exchange.send)

    def _too_often(self, scope: Scope) -> Response | None:
        if self._limiter is None or not scope["path"].startswith(COMPUTED):
            return None
        wait_s = self._limiter.wait_s(scope["client"][0] if scope.get("client") else "")
        if not wait_s:
            return None
        return problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too many requests from this address: wait as long as Retry-After says",
            {"Retry-After": str(math.ceil(wait_s))},
        )


def _too_large(scope: Scope) -> Response | None:
    stated = Headers(scope=scope).get("content-length", "0")
    if stated.isdecimal() and int(stated[:20]) <= MAX_BODY_BYTES:
        return None
    return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _LARGE, {"Connection": "close"})


_LARGE = f"the body may have {MAX_PASSPORT_BYTES} bytes at most"


class _Body:
    """Receives a request's body within bounds of size and time."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self._bytes, self._ends = receive, 0, asyncio.get_running_loop().time() + BODY_S
        self._whole = False

    async def receive(self) -> Message:
        """Return the next part; raise RefusalError beyond a bound."""
        if self._whole:
            return await self._receive()  # waits for the end of the connection
        try:
            async with asyncio.timeout_at(self._ends):
                message = await self._receive()
        except TimeoutError:
            reason = f"the body did not arrive within {BODY_S:g} s"
            raise RefusalError(HTTPStatus.REQUEST_TIMEOUT, reason, Connection="close") from None
        self._whole = not message.get("more_body", False)
        self._bytes += len(message.get("body", b""))
        if self._bytes > MAX_BODY_BYTES:
            raise RefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _LARGE, Connection="close")
        return message


class _Exchange:
    """One request and its answer: adds headers, answers 304 to who has the answer already, and counts for the log."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._started: Message | None = None
        self.begun, self._status, self._bytes = False, 0, 0

    async def send(self, message: Message) -> None:
        """Send a part of the answer on."""
        if message["type"] == "http.response.start":
            self._started = message
            return
        if self._started is not None:
            await self._start(self._started, message)
            self._started = None
        if self._status in (HTTPStatus.NOT_MODIFIED, HTTPStatus.NO_CONTENT) or self._scope["method"] == "HEAD":
            message = {**message, "body": b""}
        self._bytes += len(message.get("body", b""))
        await self._send(message)

    def line(self, seconds: float) -> str:
        """Return the line of the log: client, request, status, bytes and milliseconds."""
        client = self._scope["client"][0] if self._scope.get("client") else "-"
        target = self._scope["raw_path"].decode("ascii", "replace")
        query = self._scope["query_string"].decode("ascii", "replace")
        asked = f"{target}?{query}" if query else target
        shown = asked[:LONGEST_LOGGED].encode("unicode_escape").decode()
        return f'{client} "{self._scope["method"]} {shown}" {self._status} {self._bytes} {seconds * 1000:.1f}ms'

    async def _start(self, started: Message, first: Message) -> None:
        headers = MutableHeaders(raw=list(started["headers"]))
        for name, value in ALWAYS.items():
            headers.setdefault(name, value)
        if headers.get("content-type", "").startswith(("application/json", "application/problem+json")):
            for name, value in API_HEADERS.items():
                headers.setdefault(name, value)
        status = started["status"]
        if status == HTTPStatus.OK and self._scope["method"] in ("GET", "HEAD") and not first.get("more_body"):
            status = self._unless_known(headers, first.get("body", b""))
        if status in (HTTPStatus.NOT_MODIFIED, HTTPStatus.NO_CONTENT):
            del headers["content-length"]
        self.begun, self._status = True, status
        await self._send({**started, "status": status, "headers": headers.raw})

    def _unless_known(self, headers: MutableHeaders, body: bytes) -> int:
        """Give an answer that was computed an ETag; returns 304 where the client has it already."""
        if "etag" in headers:
            return HTTPStatus.OK
        headers.setdefault("Cache-Control", "no-cache")
        headers["ETag"] = tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        asked = Headers(scope=self._scope).get("if-none-match", "")
        known = {one.strip().removeprefix("W/") for one in asked.split(",")}
        return HTTPStatus.NOT_MODIFIED if tag in known or "*" in known else HTTPStatus.OK
