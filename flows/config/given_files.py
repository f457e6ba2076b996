"""Reads a document that a user names by path or URL, within bounds of size and time."""

import errno
import os
import re
import stat
import sys
from pathlib import Path

from flows.errors import FlowError

FETCH_DEADLINE_S = 20.0
"""Limit for the whole response, from the DNS query to the last byte, redirects included."""
MAX_DOCUMENT_BYTES = 4 * 2**20
"""Four times the limit for passports; a longer document is cut off there, and then found malformed."""
_USERINFO = re.compile(r"(?<=:)//[^/?#\\]*@")


class GivenFileError(FlowError):
    """The file or URL given as a passport cannot be read; the message says why."""


def read_given(target: str, *, private: bool, deadline_s: float = FETCH_DEADLINE_S) -> bytes:
    """Return the bytes of a file or of a URL (http://, https://); raise GivenFileError.

    `private` is whether a URL may lead to this machine or a private network.
    """
    if is_url(target):
        if shown(target) != target:
            raise GivenFileError("the address has a user or a password, and none is sent: leave it out, or name a file")
        return _fetch(target, deadline_s, private=private)
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


def is_url(target: str) -> bool:
    """Whether a target is an address that is fetched."""
    return target.lower().startswith(("http://", "https://"))


def shown(target: str) -> str:
    """Return a target as it is printed: an address without user and password."""
    return _USERINFO.sub("//", target, count=1)


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


def _fetch(url: str, deadline_s: float, *, private: bool) -> bytes:
    from http.client import HTTPException  # noqa: PLC0415 - with what follows: most commands fetch nothing

    from flows.config.web import Fetching, PrivateAddressError, fetch, why_no_answer  # noqa: PLC0415 - likewise

    try:
        return fetch(url, Fetching(MAX_DOCUMENT_BYTES + 1, deadline_s, private)).body
    except TimeoutError:
        raise GivenFileError(f"no complete answer within {deadline_s:g} s: try again, or name a file") from None
    except (OSError, ValueError, HTTPException) as error:
        if isinstance(refused := getattr(error, "reason", error), PrivateAddressError):
            raise GivenFileError(str(refused)) from None
        raise GivenFileError(f"no usable answer ({why_no_answer(error)}): check the address and the network") from None
