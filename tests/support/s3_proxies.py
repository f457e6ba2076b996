"""Proxies of an S3 server that change its requests and answers as bad servers and networks do."""

import contextlib
import http.client
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tests.support.waiting import LIMIT_S

CONDITIONS = ("if-match", "if-none-match")
HOP_BY_HOP = ("connection", "transfer-encoding", "content-length", "keep-alive")


class Proxy(BaseHTTPRequestHandler):
    """Passes everything on unchanged; subclasses change requests or answers."""

    protocol_version = "HTTP/1.1"
    port: int
    """Port of the server behind the proxy."""

    def changed(self, headers: dict[str, str]) -> dict[str, str]:
        return headers

    def answered(self, status: int, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
        return status, headers

    def dropped(self) -> bool:
        """Whether to drop the answer to a request that was carried out."""
        return False

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        behind = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_S)
        headers = self.changed({name.lower(): value for name, value in self.headers.items()})
        behind.request(self.command, self.path, body, headers)
        answer = behind.getresponse()
        content = answer.read()
        behind.close()
        if self.dropped():
            self.close_connection = True
            self.connection.close()
            return
        retained = {name.lower(): value for name, value in answer.getheaders()}
        status, sent = self.answered(answer.status, {n: v for n, v in retained.items() if n not in HOP_BY_HOP})
        self.send_response_only(status)
        for name, value in sent.items():
            self.send_header(name, value)
        self.send_header(
            "content-length", retained.get("content-length", "0") if self.command == "HEAD" else str(len(content))
        )
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_HEAD = do_PUT = do_DELETE = do_POST = do_GET  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Log nothing, to keep the tests' output clean."""


class IgnoresConditions(Proxy):
    def changed(self, headers: dict[str, str]) -> dict[str, str]:
        return {name: value for name, value in headers.items() if name not in CONDITIONS}


class IgnoresSwaps(Proxy):
    def changed(self, headers: dict[str, str]) -> dict[str, str]:
        return {name: value for name, value in headers.items() if name != "if-match"}


class CompareBareTags(Proxy):
    """Like Ceph's gateway: a quoted ETag in If-Match matches no version."""

    def changed(self, headers: dict[str, str]) -> dict[str, str]:
        if "if-match" in headers:
            quoted = headers["if-match"].startswith('"')
            headers["if-match"] = '"0"' if quoted else f'"{headers["if-match"]}"'
        return headers


class ConflictsAreThere(Proxy):
    """Answers 409 instead of 412 for every condition that failed."""

    def answered(self, status: int, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
        return (409 if status == http.client.PRECONDITION_FAILED else status), headers


class DropsAnswers(Proxy):
    """Carries out requests, but drops the first answer to writing each pointer, snapshot and object."""

    lost: set[str]

    def dropped(self) -> bool:
        first = (
            self.command == "PUT"
            and self.path not in self.lost
            and re.search(r"timestamp|snapshots|objects", self.path)
        )
        self.lost.add(self.path)
        return bool(first)


@contextlib.contextmanager
def proxied(kind: type[Proxy], port: int) -> Iterator[int]:
    """Run a proxy of the server at `port`; yield the proxy's port."""
    handler = type(kind.__name__, (kind,), {"port": port, "lost": set()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            serving.join()
