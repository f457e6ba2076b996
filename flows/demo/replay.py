"""A loopback server that replays the bundled recording as OpenRouter's API would serve it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from flows.demo.recording import endpoints, facets, models

RANKED_WEEK, RANKED_AS_OF = ("2026-04-13", "2026-04-19"), "2026-04-20T02:00:00.000Z"
"""The week that the rankings are of, and as of when."""

LIST_PATH = "/api/v1/models"
PAGE_RECORDS = 500
"""Records of a page when a request has `offset` but no `limit` (OpenAPI document of 2026-08-22)."""
MAX_PAGE_RECORDS = 1000
"""The largest `limit` that the API accepts (same document)."""
ROBOTS = "User-agent: *\nAllow: /api/\n"
SHUTDOWN_POLL_S = 0.02
"""Interval at which the server checks whether to stop; the standard library's 0.5 s would delay the end noticeably."""

Answer = tuple[HTTPStatus, str, str]
"""Status, content type, body."""


@contextmanager
def serve() -> Iterator[str]:
    """Serve the recording during the block; yields the base URL, such as "http://127.0.0.1:40123"."""
    with listening(_handler(models(), endpoints())) as url:
        yield url


@contextmanager
def listening(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve on a free loopback port during the block, in a thread; yields the base URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, args=(SHUTDOWN_POLL_S,), name="listening", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def page(records: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
    """Return the page that a list request asks for, or the whole list when it has neither `offset` nor `limit`.

    Raises:
        ValueError: `offset` or `limit` is not a number, or outside the range that the API accepts.
    """
    total = len(records)
    if query.keys().isdisjoint({"offset", "limit"}):
        return {"data": records, "total_count": total, "links": {"next": None}}
    offset, limit = int(query.get("offset", "0")), int(query.get("limit", str(PAGE_RECORDS)))
    if offset < 0 or not 1 <= limit <= MAX_PAGE_RECORDS:
        raise ValueError(f"offset {offset}, limit {limit}: from 0, and from 1 to {MAX_PAGE_RECORDS}")
    end = offset + limit
    following = f"{LIST_PATH}?{urlencode({**query, 'offset': end, 'limit': limit})}" if end < total else None
    return {"data": records[offset:end], "total_count": total, "links": {"next": following}}


def _handler(records: list[dict[str, Any]], recorded: dict[str, dict[str, Any]]) -> type[BaseHTTPRequestHandler]:
    invented = facets()
    documents = _documents(records, recorded) | _facet_documents(invented)

    class Player(BaseHTTPRequestHandler):
        """Answers from the recording, without logging to stderr."""

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            query = dict(parse_qsl(address.query))
            listed = _filtered(records, query, invented["lists"])
            status, kind, body = _answer(unquote(address.path), query, listed, documents)
            encoded = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(encoded)

        def log_message(self, *_: object) -> None:
            """Log nothing: the terminal shows the demo's own output."""

    return Player


def _documents(records: list[dict[str, Any]], recorded: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return path → answer for all paths of single models; endpoints have a path by id and one by canonical slug.

    Variants are added first, so that a canonical slug that they share with their base model ends up as the base's.
    """
    documents: dict[str, dict[str, Any]] = {}
    for record in sorted(records, key=lambda record: ":" not in record["id"]):
        answer = recorded.get(record["id"]) or {"data": _without_endpoints(record)}
        documents[f"/api/v1/model/{record['id']}"] = {"data": record}
        for name in (record["canonical_slug"], record["id"]):
            documents[f"{LIST_PATH}/{name}/endpoints"] = answer
    return documents


def _filtered(
    records: list[dict[str, Any]], query: dict[str, str], lists: dict[str, list[str]]
) -> list[dict[str, Any]]:
    """Return the records that a filter or order of the list leaves, in its order; all of them where it has none."""
    asked = next((ids for name, value in query.items() if (ids := lists.get(f"{name}={value}"))), None)
    by_id = {record["id"]: record for record in records}
    return records if asked is None else [by_id[one] for one in asked if one in by_id]


def _facet_documents(invented: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return path → answer for what is answered about all models elsewhere than in the list."""
    rows = [
        {"date": RANKED_WEEK[0], "model_permaslug": name, "total_tokens": tokens}
        for name, tokens in invented["rankings"].items()
    ]
    dates = {"as_of": RANKED_AS_OF, "start_date": RANKED_WEEK[0], "end_date": RANKED_WEEK[1], "version": "v1"}
    return {
        "/api/v1/endpoints/zdr": {"data": [{"model_id": one} for one in invented["zero_retention_endpoints"]]},
        "/api/v1/providers": {"data": invented["providers"]},
        "/api/v1/datasets/rankings-daily": {"data": rows, "meta": dates},
    }


def _without_endpoints(record: dict[str, Any]) -> dict[str, Any]:
    kept = ("id", "name", "created", "description", "architecture")
    return {key: record[key] for key in kept} | {"endpoints": []}


def _answer(
    path: str, query: dict[str, str], records: list[dict[str, Any]], documents: dict[str, dict[str, Any]]
) -> Answer:
    if path == "/robots.txt":
        return HTTPStatus.OK, "text/plain; charset=utf-8", ROBOTS
    if path == LIST_PATH:
        try:
            return _json(HTTPStatus.OK, page(records, query))
        except ValueError as error:
            return _refusal(HTTPStatus.BAD_REQUEST, str(error))
    if document := documents.get(path):
        return _json(HTTPStatus.OK, document)
    return _refusal(HTTPStatus.NOT_FOUND, "Not in the recording")


def _json(status: HTTPStatus, document: dict[str, Any]) -> Answer:
    return status, "application/json; charset=utf-8", json.dumps(document, ensure_ascii=False)


def _refusal(status: HTTPStatus, message: str) -> Answer:
    return _json(status, {"error": {"code": status.value, "message": message}})
