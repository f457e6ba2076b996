"""A source on loopback whose faults the test controls."""

import contextlib
import gzip
import http.server
import json
import ssl
import threading
import time
import urllib.parse
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import brotli
import zstandard

PREFIX = "/openrouter"
API = f"{PREFIX}/api/v1"
ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: gzip.compress(body, 1),
    "deflate": lambda body: zlib.compress(body, 1),
    "br": lambda body: bytes(brotli.compress(body, quality=5)),
    "zstd": zstandard.ZstdCompressor().compress,
}
CHALLENGE = b"<!doctype html><html><title>Just a moment...</title><p>Checking your browser</p></html>"


def model(listing_id: str, **fields: Any) -> dict[str, Any]:
    """Return a listing as the API sends it, with the mandatory fields alone."""
    return {
        "id": listing_id,
        "name": listing_id.title(),
        "context_length": 4096,
        "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
        "pricing": {"prompt": "0.0000005", "completion": "0.0000010"},
        "supported_parameters": ["tools"],
        **fields,
    }


@dataclass
class Source:
    """What the server serves; each request plays the next of `faults`, then that of its path, then `always`."""

    models: list[Any] = field(default_factory=lambda: [model(f"ada/m{n}") for n in range(7)])
    page_size: int = 0
    total_count: Any = None
    next_link: str | None = None
    body: bytes | None = None
    robots: str = "User-agent: *\nAllow: /\n"
    robots_at: str = ""
    """Where robots.txt redirects to; it is served where this is empty."""
    encoding: str = "gzip"
    faults: list[str] = field(default_factory=list)
    always: str = ""
    faults_of: dict[str, str] = field(default_factory=dict)
    by_itself: bool = True
    endpoints_of: set[str] | None = None
    retry_after: str = "1"
    date: str | None = None
    requests: list[tuple[str, dict[str, str], float]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    """Set when requests held back may be answered; at the end at the latest."""
    url: str = ""

    def asked(self) -> list[str]:
        return [path for path, _, _ in self.requests if not path.endswith("/robots.txt")]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    source: Source

    def log_message(self, *args: object) -> None:
        pass

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(timestamp) if self.source.date is None else self.source.date

    def do_GET(self) -> None:
        source = self.source
        source.requests.append((self.path, dict(self.headers), time.monotonic()))
        if self.path == "/robots.txt" and source.robots_at:
            self.reply(302, b"", Location=source.robots_at)
            return
        if self.path == "/robots.txt":
            self.reply(200, source.robots.encode(), "text/plain")
            return
        fault = source.faults.pop(0) if source.faults else source.faults_of.get(self.path, source.always)
        answer = self.answer() if source.body is None else source.body
        if not fault:
            self.reply(200 if answer is not None else 404, answer or b'{"error": {"code": 404}}')
        else:
            getattr(self, f"play_{fault}")(answer or b"")

    def answer(self) -> bytes | None:
        source, url = self.source, urllib.parse.urlsplit(self.path)
        path, query = urllib.parse.unquote(url.path), dict(urllib.parse.parse_qsl(url.query))
        by_id = {m["id"]: m for m in source.models if isinstance(m, dict) and "id" in m}
        if path == f"{API}/models":
            return self.page(int(query.get("offset", 0)))
        if path.startswith(f"{API}/model/"):
            found = by_id.get(path.removeprefix(f"{API}/model/")) if source.by_itself else None
            return json.dumps({"data": found}).encode() if found else None
        if path.startswith(f"{API}/models/") and path.endswith("/endpoints"):
            listing_id = path.removeprefix(f"{API}/models/").removesuffix("/endpoints")
            if listing_id in by_id and (source.endpoints_of is None or listing_id in source.endpoints_of):
                return json.dumps({"data": {"id": listing_id, "name": "M", "endpoints": []}}).encode()
        return None

    def page(self, offset: int) -> bytes:
        source = self.source
        end = offset + source.page_size if source.page_size else len(source.models)
        following = f"/api/v1/models?offset={end}" if end < len(source.models) else None
        document = {"data": source.models[offset:end], "links": {"next": source.next_link or following}}
        if source.total_count is not None:
            document["total_count"] = source.total_count
        return json.dumps(document).encode()

    def reply(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        if (encoding := self.source.encoding) in self.headers.get("Accept-Encoding", ""):
            body = ENCODINGS[encoding](body)
            self.send_header("Content-Encoding", encoding)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def play_429(self, _: bytes) -> None:
        self.reply(429, b"{}", Retry_After=self.source.retry_after)

    def play_500(self, _: bytes) -> None:
        self.reply(500, b"{}")

    def play_503(self, _: bytes) -> None:
        self.reply(503, b"{}")

    def play_html(self, _: bytes) -> None:
        self.reply(200, CHALLENGE, "text/html")

    def play_badjson(self, _: bytes) -> None:
        self.reply(200, b'{"data": [{"id": "ada/m0", ')

    def play_empty(self, _: bytes) -> None:
        self.reply(200, b'{"data": []}')

    def play_held(self, answer: bytes) -> None:
        self.source.released.wait()
        with contextlib.suppress(OSError):
            self.reply(200, answer)

    def play_drip(self, _: bytes) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        with contextlib.suppress(OSError):
            for number in range(150):
                self.wfile.write(b"X-%d: a\r\n" % number)
                time.sleep(0.2)

    def play_flood(self, _: bytes) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        with contextlib.suppress(OSError):
            for number in range(100_000):
                self.wfile.write(b"X-%d: %s\r\n" % (number, b"a" * 1_000))
        self.close_connection = True

    def play_redirect(self, _: bytes) -> None:
        self.reply(302, b"", Location="http://127.0.0.2:1/elsewhere")

    def play_exhausted(self, answer: bytes) -> None:
        self.reply(200, answer, RateLimit='"api";r=0;t=1')

    def play_truncated(self, answer: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer[: len(answer) // 2])
        self.close_connection = True

    def play_reset(self, _: bytes) -> None:
        self.close_connection = True
        self.connection.close()


class Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore clients that hang up: some tests make them do so."""


@contextlib.contextmanager
def serving(certificate: Path | None = None, **settings: Any) -> Iterator[Source]:
    """Serve a source until the context ends, over TLS if a certificate (with its key) is given."""
    source = Source(**settings)
    server = Quiet(("127.0.0.1", 0), type("Bound", (Handler,), {"source": source}))
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    source.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}{PREFIX}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield source
    finally:
        source.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
