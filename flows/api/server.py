"""A small HTTP server for a store, to try it out or to run behind a proxy."""

import contextlib
import errno
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
"""Seconds that a client may take to accept more of an answer."""
HEAD_S = 30.0
"""Seconds that a connection may take to send the whole head of its next request."""
MOST_CONNECTIONS = 256
"""Most connections open at once, each with a thread; further ones are refused with 503."""
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
PORT_ERRORS = {errno.EADDRINUSE, errno.EACCES}
ANOTHER_HOST = "--host must be an address of this machine: 127.0.0.1, or 0.0.0.0 for all of them"
BODILESS = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
"""Statuses without a body, and so without Content-Length (RFC 9110)."""


class Head(io.RawIOBase):
    """Reads a connection until a deadline, then raises TimeoutError, even if single bytes still arrive."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.ends = time.monotonic() + HEAD_S

    def readable(self) -> bool:
        """Return True: it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - whatever can hold bytes
        """Read what has arrived, or wait for more until the deadline."""
        left_s = self.ends - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("a request's headers did not arrive in time")
        self._connection.settimeout(left_s)
        try:
            return self._connection.recv_into(buffer)
        finally:
            self._connection.settimeout(IDLE_S)


class Handler(BaseHTTPRequestHandler):
    """Answers requests by `flows.api.static.answer`."""

    protocol_version = "HTTP/1.1"
    server_version = "passports"
    sys_version = ""
    timeout = IDLE_S
    store: ClassVar[Store]
    server: "Server"

    def setup(self) -> None:
        """Make the connection be read by a deadline."""
        super().setup()
        self.head = Head(self.connection)
        self.rfile = io.BufferedReader(self.head)

    def handle_one_request(self) -> None:
        """Answer one request of a connection, with a new deadline."""
        self.head.ends = time.monotonic() + HEAD_S
        super().handle_one_request()

    def handle_any(self) -> None:
        """Answer a request; its body is never read, so a connection is closed after a request that has one."""
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
    """Listens, with at most MOST_CONNECTIONS open at once."""

    def __init__(self, address: tuple[str, int], handler: type[Handler], log: Callable[[str], None]) -> None:
        self.log = log
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's
        """Start a thread for a connection, or refuse it with 503."""
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
        """Ignore errors of the connection, as clients may hang up; report any other as a fault of ours."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def server(store: Store, host: str, port: int, log: Callable[[str], None]) -> Server:
    """Return a server that listens; port 0 is any free one, `log` gets a line for each request; raise SettingsError."""
    try:
        return Server((host, port), type("StoreHandler", (Handler,), {"store": store}), log)
    except (OSError, OverflowError) as error:
        remedy = "choose another --port" if getattr(error, "errno", None) in PORT_ERRORS else ANOTHER_HOST
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(f"cannot listen on {host}:{port}: {reason}: {remedy}") from None
