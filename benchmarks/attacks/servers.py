"""Servers of an attack: sources that send what the attack wants, and raw sockets for what no server would send."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from benchmarks import hub_server
from flows.demo.replay import LIST_PATH, page

ROBOTS = b"User-agent: *\nAllow: /\n"

Answer = tuple[int, bytes, dict[str, str]]
"""Status, body, headers."""


@dataclass
class OpenRouter:
    """OpenRouter's list of models: the records, or bytes in their place."""

    records: list[dict[str, Any]]
    url: str = ""
    instead: bytes | None = None
    """What is sent for the list, whatever is asked of it."""

    def answer(self, target: str) -> Answer:
        """Answer one request."""
        address = urlsplit(target)
        if address.path == "/robots.txt":
            return 200, ROBOTS, {"Content-Type": "text/plain"}
        if address.path != LIST_PATH:
            return 404, b'{"error":{"code":404,"message":"none"}}', {}
        if self.instead is not None:
            return 200, self.instead, {}
        return 200, json.dumps(page(self.records, dict(parse_qsl(address.query)))).encode(), {}


@dataclass
class Hub:
    """The Hub, made up by a formula, with some of its texts replaced."""

    items: int
    url: str = ""
    cards: dict[int, bytes] = field(default_factory=dict)
    """Number of a repository → its card."""

    def answer(self, target: str) -> Answer:
        """Answer one request."""
        for number, card in self.cards.items():
            if unquote(urlsplit(target).path) == f"/{hub_server.repository_id(number)}/resolve/main/README.md":
                return 200, card, {"Content-Type": "text/plain; charset=utf-8"}
        return hub_server.answer(hub_server.Hub(self.items, 1000, 0.0), target, self.url.partition("//")[2])


@dataclass
class Says:
    """A server that answers everything with the same."""

    status: int
    headers: dict[str, str]
    body: bytes = b"{}"
    url: str = ""

    def answer(self, target: str) -> Answer:
        """Answer one request."""
        return (200, ROBOTS, {}) if target == "/robots.txt" else (self.status, self.body, self.headers)


Served = TypeVar("Served", OpenRouter, Hub, Says)


@contextmanager
def listening_to(source: Served) -> Iterator[Served]:
    """Answer for a source on a free port of loopback while the context lasts."""

    class Player(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, headers = source.answer(self.path)
            with suppress(OSError):
                self.send_response_only(status)
                for name, value in {
                    "Content-Type": "application/json",
                    "Date": self.date_time_string(),
                    **headers,
                }.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Player) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        source.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield source
        finally:
            server.shutdown()


@contextmanager
def connecting(talk: Callable[[socket.socket], None]) -> Iterator[tuple[int, list[str]]]:
    """Hand every connection to `talk`, in a thread of its own; yields the port, and who has connected so far."""
    seen: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def each() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    seen.append("connected")
                    threading.Thread(target=_talk, args=(talk, connection), daemon=True).start()

        threading.Thread(target=each, daemon=True).start()
        yield server.getsockname()[1], seen
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


def _talk(talk: Callable[[socket.socket], None], connection: socket.socket) -> None:
    with connection, suppress(OSError):
        talk(connection)
