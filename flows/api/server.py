"""A small HTTP server that serves a store, for a look or behind a proxy."""

import contextlib
import io
import socket
import sys
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from flows.api.static import answer
from flows.config.settings import SettingsError
from flows.store.base import Store

IDLE_S = 30
"""How long a client may leave an answer untaken."""
HEAD_S = 30.0
"""How long a connection may take to bring the whole head of its next request."""
MOST_CONNECTIONS = 256
"""Open at once, each with a thread; those beyond are refused."""
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
BODILESS = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
"""Answers that have no body, and so no length of one (RFC 9110)."""


class Head(io.RawIOBase):
    """What a connection brings until a time, after which reading raises TimeoutError, however often something came."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.ends = time.monotonic() + HEAD_S

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - whatever can hold bytes
        """Read what is there, or wait for it."""
        left_s = self.ends - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the head of a request did not come in time")
        self._connection.settimeout(left_s)
        try:
            return self._connection.recv_into(buffer)
        finally:
            self._connection.settimeout(IDLE_S)


class Handler(BaseHTTPRequestHandler):
    """Hands requests to `flows.api.static.answer`."""

    protocol_version = "HTTP/1.1"
    server_version = "passports"
    sys_version = ""
    timeout = IDLE_S
    store: ClassVar[Store]
    server: "Server"

    def setup(self) -> None:
        """Read by a deadline."""
        super().setup()
        self.head = Head(self.connection)
        self.rfile = io.BufferedReader(self.head)

    def handle_one_request(self) -> None:
        """Give each request of a connection its own time."""
        self.head.ends = time.monotonic() + HEAD_S
        super().handle_one_request()

    def handle_any(self) -> None:
        """Answer; a request's body is not read, so the connection ends after one that has any."""
        asked = {name.lower(): value for name, value in self.headers.items()}
        given = answer(self.store, self.command, self.path, asked)
        self.close_connection = self.close_connection or asked.keys() & {"content-length", "transfer-encoding"} != set()
        self.send_response(given.status)
        for name, value in given.headers.items():
            self.send_header(name, value)
        if given.status not in BODILESS:
            self.send_header("Content-Length", str(len(given.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(given.body)

    do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any  # noqa: N815 - http.server's names

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's name
        """Log a request without control characters."""
        self.server.log(f"{self.address_string()} {format % arguments}")


class Server(ThreadingHTTPServer):
    """Listens; only so many connections are open at once."""

    def __init__(self, address: tuple[str, int], handler: type[Handler], log: Callable[[str], None]) -> None:
        self.log = log
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's
        """Begin a thread for a connection, or refuse it."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
            return
        with contextlib.suppress(OSError):
            request.sendall(BUSY)
        self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - likewise
        """Serve a connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - likewise
        """Let clients hang up; anything else is a fault of ours."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def server(store: Store, host: str, port: int, log: Callable[[str], None]) -> Server:
    """Listen; port 0 takes any that is free, `log` is given a line a request. Raises SettingsError where it cannot."""
    try:
        return Server((host, port), type("StoreHandler", (Handler,), {"store": store}), log)
    except (OSError, OverflowError) as error:
        raise SettingsError(f"cannot listen at {host}:{port}: {error}: choose another --port") from None
