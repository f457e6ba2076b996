"""Bounds what one connection may take: the time of a request's head, the time of accepting an answer, their number."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_S = 30.0
"""Seconds that a connection may take to send the whole head of its next request."""
IDLE_S = 30.0
"""Seconds that a client may take to accept more of an answer."""
MAX_HEAD_BYTES = 2**16
"""Largest head of a request."""
MOST_CONNECTIONS = 256
"""Most connections of a process open at once; further ones are refused with 503."""
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class TimedConnection(HttpToolsProtocol):
    """uvicorn's connection, closed where its client is too slow."""

    _head: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - uvicorn narrows asyncio's type
        """Wait for a request, or refuse the connection where there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.write(BUSY)
            transport.close()
            return
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Read data; the head's deadline ends with the head, and a head that is too large ends the connection."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._cancel_head()
            self._head_bytes = 0
        elif self._head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self.transport.abort()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self._await_head()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Wait for the client to accept more, with a deadline."""
        self._stalled = self._stalled or self.loop.call_later(IDLE_S, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        """Go on: the client has accepted more."""
        if self._stalled:
            self._stalled.cancel()
            self._stalled = None
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadlines."""
        self._cancel_head()
        super().connection_lost(exc)
        if self._stalled:
            self._stalled.cancel()

    def _await_head(self) -> None:
        self._cancel_head()
        self._head = self.loop.call_later(HEAD_S, self.transport.abort)

    def _cancel_head(self) -> None:
        if self._head:
            self._head.cancel()
            self._head = None
