"""Answers a request for a file of the store: from method, target and headers to status, headers and body."""

import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from flows.api.problems import PROBLEM, problem
from flows.store.base import Blob, ObstructedError, Store, StoreError, find
from flows.store.keys import is_key
from pipelines.registry.layout import INDEX_KEY, NOT_FOUND_KEY, PAGE_HEADERS, headers

ANYBODY = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Range, ETag",
}
"""Allows scripts on pages of any site to read passports, and ranges of large files."""
ALWAYS = {**ANYBODY, "X-Content-Type-Options": "nosniff"}
METHODS = "GET, HEAD, OPTIONS"
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}
"""Answer to a browser that asks what a page of another site may do."""


class HttpAnswer(NamedTuple):
    """Status, headers and body of an answer."""

    status: HTTPStatus
    headers: dict[str, str]
    body: bytes


def answer(store: Store, method: str, key: str | None, asked: Mapping[str, str]) -> HttpAnswer:
    """Answer a request for a key; `asked` has its headers. A store's error is answered with 503."""
    if method not in ("GET", "HEAD"):
        return _refusal(HTTPStatus.METHOD_NOT_ALLOWED, f"only {METHODS}", {"Allow": METHODS, "Connection": "close"})
    if key is None:
        return _refusal(HTTPStatus.NOT_FOUND, "nothing is stored at this address")
    try:
        blob = _stored(store, key)
        return _found(key, blob.body, asked) if blob else _missing(store, asked)
    except StoreError:
        return _refusal(
            HTTPStatus.SERVICE_UNAVAILABLE, "the store does not answer: try again later", {"Retry-After": "5"}
        )


def key_of(target: str) -> str | None:
    """Return the key that a request's target names, None where it names none, as a folder does; "/" is the index."""
    try:
        path = unquote(urlsplit(target).path, errors="strict")
    except ValueError:
        return None
    if path == "/":
        return INDEX_KEY
    key = path.removeprefix("/")
    return key if path.startswith("/") and is_key(key) else None


def _stored(store: Store, key: str) -> Blob | None:
    """Return the file of a key; None where there is none, as where its address leads through another file."""
    try:
        return find(store, key)
    except ObstructedError:
        return None


def _found(key: str, body: bytes, asked: Mapping[str, str]) -> HttpAnswer:
    served, tag = headers(key), f'"{hashlib.sha256(body).hexdigest()}"'
    sent = ALWAYS | {"Cache-Control": served.cache_control, "ETag": tag}
    known = {one.strip().removeprefix("W/") for one in asked.get("if-none-match", "").split(",")}
    if tag in known or "*" in known:
        return HttpAnswer(HTTPStatus.NOT_MODIFIED, sent, b"")
    more = PAGE_HEADERS if served.content_type.startswith("text/html") else {}
    return HttpAnswer(HTTPStatus.OK, sent | {"Content-Type": served.content_type, **more}, body)


def _missing(store: Store, asked: Mapping[str, str]) -> HttpAnswer:
    """Answer for an address without a file: with the page for that, where a page is asked for and there is one."""
    blob = _stored(store, NOT_FOUND_KEY) if "text/html" in asked.get("accept", "") else None
    if blob is None:
        return _refusal(HTTPStatus.NOT_FOUND, "nothing is stored at this address")
    sent = ALWAYS | PAGE_HEADERS | {"Content-Type": headers(NOT_FOUND_KEY).content_type, "Cache-Control": "no-store"}
    return HttpAnswer(HTTPStatus.NOT_FOUND, sent, blob.body)


def _refusal(status: HTTPStatus, reason: str, more: Mapping[str, str] | None = None) -> HttpAnswer:
    refused = problem(status, reason)
    sent = ALWAYS | {"Content-Type": PROBLEM, "Cache-Control": "no-store"} | dict(more or {})
    return HttpAnswer(status, sent, bytes(refused.body))
