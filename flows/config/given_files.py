"""Reads a document that a user names by path or URL, within bounds of size and time."""

import errno
import os
import stat
import sys
import threading
import urllib.request
from collections.abc import Callable
from concurrent.futures import Future
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, TypeVar
from urllib.parse import urlsplit

from flows.errors import FlowError

FETCH_DEADLINE_S = 20.0
"""Limit for the whole response, from the DNS query to the last byte, redirects included."""
MAX_DOCUMENT_BYTES = 4 * 2**20
"""Four times the limit for passports; a longer document is cut off there, and then found malformed."""
SCHEMES = ("http", "https")

_Answer = TypeVar("_Answer")


class GivenFileError(FlowError):
    """The file or URL given as a passport cannot be read; the message says why."""


def read_given(target: str, *, deadline_s: float = FETCH_DEADLINE_S) -> bytes:
    """Return the bytes of a file or of a URL (http://, https://); raise GivenFileError."""
    if is_url(target):
        return _fetch(target, deadline_s)
    try:
        return read_file(Path(target), max_bytes=MAX_DOCUMENT_BYTES + 1)
    except OSError as error:
        scheme, mark, _ = target.partition("://")
        if mark and isinstance(error, FileNotFoundError):
            raise GivenFileError(f"{scheme}:// is not fetched: give an address with https:// or http://") from None
        raise GivenFileError(f"{error.strerror}: give a slug, a file or a URL") from None


def why_unread(error: Exception, named: str = "name a file") -> str:
    """Return why a user's file cannot be read, and what to do, as the end of a sentence that begins with its path."""
    match error:
        case FileNotFoundError():
            return f"does not exist: {named}"
        case IsADirectoryError():
            return f"is a folder: {named}"
        case UnicodeDecodeError():
            return "is not text: name another file"
        case OSError():
            return f"cannot be read ({error.strerror}): {named}"
    return f"cannot be read ({error}): {named}"


def why_no_answer(error: Exception) -> str:
    """Return why an address gave no usable answer, without Python's own words around it."""
    reason = error if isinstance(error, urllib.error.HTTPError) else getattr(error, "reason", error)
    return str(getattr(reason, "strerror", None) or reason)


def is_url(target: str) -> bool:
    """Whether a target is an address that is fetched."""
    return target.startswith(tuple(f"{scheme}://" for scheme in SCHEMES))


def read_stdin() -> bytes:
    """Return what standard input brings, within the limit for documents; raise GivenFileError."""
    try:
        return sys.stdin.buffer.read(MAX_DOCUMENT_BYTES + 1)
    except (OSError, AttributeError, ValueError) as error:  # closed, or a terminal that is gone
        raise GivenFileError(f"standard input cannot be read: {error}") from None


def read_file(path: Path, *, max_bytes: int) -> bytes:
    """Return up to `max_bytes` of a regular file; raise OSError, also for pipes, folders and devices, at once."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "Not a regular file", str(path))
        return file.read(max_bytes)


def within(deadline_s: float, fetch: Callable[[], _Answer]) -> _Answer:
    """Return what `fetch` returns; raise its error, or TimeoutError at the deadline.

    It runs in a thread, abandoned then: a socket's own timeout does not bound a response that is sent in drops.
    """
    answer: Future[_Answer] = Future()

    def run() -> None:
        try:
            answer.set_result(fetch())
        except Exception as error:  # noqa: BLE001 - raised by whoever waits
            answer.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return answer.result(timeout=deadline_s)
    except TimeoutError:
        if answer.done():  # a timeout of its own
            raise
        raise TimeoutError(f"no complete answer within {deadline_s:g} s") from None


def _fetch(url: str, deadline_s: float) -> bytes:
    try:
        return within(deadline_s, lambda: _answer(url, deadline_s))
    except TimeoutError:
        raise GivenFileError(f"no complete answer within {deadline_s:g} s: try again, or name a file") from None
    except (OSError, ValueError, HTTPException) as error:
        raise GivenFileError(f"no usable answer ({why_no_answer(error)}): check the address and the network") from None


def _answer(url: str, timeout_s: float) -> bytes:
    try:
        with _opener().open(url, timeout=timeout_s) as response:
            return bytes(response.read(MAX_DOCUMENT_BYTES + 1))
    except urllib.error.HTTPError as error:
        error.close()
        raise


def _opener() -> urllib.request.OpenerDirector:
    """Return an opener of http and https with the environment's proxies. urllib's default also opens files and FTP."""
    proxies = {scheme: proxy for scheme, proxy in urllib.request.getproxies().items() if scheme in SCHEMES}
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(proxies),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        _HttpRedirects(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


class _HttpRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to http and https only, without reading their bodies."""

    def redirect_request(  # noqa: PLR0917 - urllib's own signature
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        if urlsplit(newurl).scheme not in SCHEMES:
            reason = f"redirects to {newurl!r}, and only {' and '.join(SCHEMES)} are followed"
            raise urllib.error.HTTPError(req.full_url, code, reason, headers, fp)
        fp.close()
        return super().redirect_request(req, fp, code, msg, headers, newurl)
