"""A source on loopback with scripted answers, and crawls of it."""

import asyncio
import contextlib
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from flows.crawl.process import CrawlOrder, crawl
from schemas.crawl import AdmittedLine, CrawlReport
from schemas.listing import Quarantined
from tests.support.spiders.crawls import EPOCH, HASTY
from tests.support.waiting import LIMIT_S

PREFIX = "/source"


class Answer(NamedTuple):
    """One answer: a status, a body (bytes unchanged, anything else as JSON) and headers."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed


@dataclass
class Scripted:
    """Answers by path below the prefix, given in order; the last one is repeated.

    Answers of a path without a query are given for any query.
    """

    answers: dict[str, list[Answer]]
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


class Crawled(NamedTuple):
    admitted: list[AdmittedLine]
    quarantined: list[Quarantined]
    report: CrawlReport
    text: str

    def ids(self) -> list[str]:
        return [line.raw.id for line in self.admitted]

    def reasons(self) -> list[str]:
        return [failure.reason for failure in self.report.failures]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    source: Scripted

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        path = self.path.removeprefix(PREFIX)
        if self.path == "/robots.txt":
            self.reply(Answer(200, b"User-agent: *\nAllow: /\n"))
            return
        self.source.asked.append((path, {name.title(): value for name, value in self.headers.items()}))
        held = self.source.answers
        answers = held.get(path) or held.get(path.partition("?")[0], [Answer(404, {"message": "Not Found"})])
        self.reply(answers.pop(0) if len(answers) > 1 else answers[0])

    def reply(self, answer: Answer) -> None:
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        if answer.status != http.HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if answer.status == http.HTTPStatus.NOT_MODIFIED else body)


@contextlib.contextmanager
def answering(answers: dict[str, list[Answer]]) -> Iterator[Scripted]:
    """Serve the answers on a free port."""
    source = Scripted(answers)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"source": source}))
    server.daemon_threads = True
    source.url = f"http://127.0.0.1:{server.server_port}{PREFIX}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield source
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def crawl_of(source: str, url: str, folder: Path, settings: dict[str, str] | None = None, **arguments: str) -> Crawled:
    """Crawl a source; the arguments are the spider's."""
    out = folder / "crawl.jsonl"
    outcome = asyncio.run(
        crawl(
            CrawlOrder(
                source,
                url=url,
                out=out,
                contact="https://test.example/about",
                arguments=arguments,
                clock_epoch=EPOCH,
                time_limit_s=LIMIT_S,
                settings={**HASTY, **(settings or {})},
            )
        )
    )
    lines = list(outcome.lines())
    return Crawled(
        [line for line in lines if isinstance(line, AdmittedLine)],
        [line.quarantined for line in lines if not isinstance(line, AdmittedLine)],
        outcome.report,
        out.read_text(),
    )
