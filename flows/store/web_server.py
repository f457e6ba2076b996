"""A store behind a web server: only read, from its own host alone, within bounds of size and time."""

import base64
import re
import socket
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from http.client import HTTPException
from pathlib import Path
from typing import IO, NoReturn
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from flows.config.public_addresses import is_public
from flows.config.web import Fetched, Fetching, fetch
from flows.store import keys
from flows.store.base import (
    MAX_BLOB_BYTES,
    Blob,
    MissingKeyError,
    StoreError,
    StoreUnavailableError,
    StoreUnfitError,
    TooLargeError,
)

_DEADLINE_S = 60.0
"""Longest wait for a whole file; one that is written to disk may come as slowly as this too."""
_SLOWEST_BYTES_S = 100_000
_LONGEST_DEADLINE_S = 6 * 3600.0
"""Longest wait for a file, however large it may be."""
_WAITS_S = (0.2, 0.6, 1.8)
"""Waits before a request is sent again that found no server, or one that could not answer now."""
_BUSY = frozenset({429, 500, 502, 503, 504})
_GONE = frozenset({404, 410})
_REFUSED = frozenset({401, 403})
_REDIRECTS = range(300, 400)
_QUERY = re.compile(r"\?[^'\s]+")


class WebStore:
    """The files below an address, which no mirror can have its readers ask of another host.

    Redirects to other hosts are refused; and once its name led to an address of the internet, so are addresses of this
    machine and of private networks.
    """

    workers = 16

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        user, _, host = parts.netloc.rpartition("@")
        self._parts = parts._replace(netloc=host, path=parts.path.rstrip("/"))
        self._name = urlunsplit(self._parts._replace(query="", fragment=""))
        token = base64.b64encode(unquote(user).encode()).decode()
        self._headers = {"Authorization": f"Basic {token}"} if user else {}
        self._private: bool | None = None

    @property
    def name(self) -> str:
        """The address, without secrets."""
        return self._name

    def __repr__(self) -> str:
        return f"WebStore({self.name!r})"

    def get(self, key: str, *, max_bytes: int = MAX_BLOB_BYTES) -> Blob:
        """Return the content of a key; raise MissingKeyError or TooLargeError."""
        body = self._fetched(key, max_bytes, _DEADLINE_S).body
        if len(body) > max_bytes:
            raise self._too_large(key, max_bytes)
        return Blob(body)

    def save(self, key: str, path: Path, *, max_bytes: int) -> None:
        """Write the content of a key to a new file as it arrives; raise MissingKeyError or TooLargeError."""
        with path.open("xb") as file:
            deadline_s = min(_DEADLINE_S + max_bytes / _SLOWEST_BYTES_S, _LONGEST_DEADLINE_S)
            self._fetched(key, max_bytes, deadline_s, file)
            if file.tell() > max_bytes:
                raise self._too_large(key, max_bytes)

    def exists(self, key: str) -> bool:
        """Whether the server has something at the key."""
        try:
            self._fetched(key, 0, _DEADLINE_S)
        except MissingKeyError:
            return False
        return True

    def create(self, key: str, body: bytes) -> bool:
        """Raise StoreUnfitError, as all that writes or lists."""
        self._only_read(key, body)

    def create_from(self, key: str, path: Path) -> bool:
        """Raise StoreUnfitError."""
        self._only_read(key, path)

    def swap(self, key: str, body: bytes, expected: str) -> None:
        """Raise StoreUnfitError."""
        self._only_read(key, body, expected)

    def put(self, key: str, body: bytes) -> None:
        """Raise StoreUnfitError."""
        self._only_read(key, body)

    def put_from(self, key: str, path: Path) -> None:
        """Raise StoreUnfitError."""
        self._only_read(key, path)

    def list(self, prefix: str = "") -> Iterator[str]:
        """Raise StoreUnfitError."""
        self._only_read(prefix)

    def delete(self, key: str) -> None:
        """Raise StoreUnfitError."""
        self._only_read(key)

    def barrier(self) -> None:
        """Raise StoreUnfitError."""
        self._only_read("")

    def lock(self) -> AbstractContextManager[None]:
        """Raise StoreUnfitError."""
        self._only_read("")

    def _only_read(self, key: str, *_: object) -> NoReturn:
        raise StoreUnfitError(
            f"{self.name}: {key or 'the store'}: a web server's files can be read, and neither written nor listed: "
            "name the folder or bucket that it serves"
        )

    def _fetched(self, key: str, max_bytes: int, deadline_s: float, file: IO[bytes] | None = None) -> Fetched:
        """Return the answer for a key, with a byte more than `max_bytes` where it has more; or write it to a file."""
        url = urlunsplit(self._parts._replace(path=f"{self._parts.path}/{quote(keys.checked(key))}"))
        for wait_s in (*_WAITS_S, None):
            try:
                bounds = Fetching(max_bytes + 1, deadline_s, private=self._leads_inside(), same_host=True)
                return fetch(url, bounds, file, **self._headers)
            except HTTPError as error:
                if wait_s is None or error.code not in _BUSY:
                    raise self._refusal(key, error) from None
                time.sleep(wait_s)
            except (HTTPException, OSError, ValueError) as error:
                if wait_s is None or not isinstance(_reason(error), ConnectionError | HTTPException):
                    raise self._unreachable(key, error) from None
                _rewind(file)
                time.sleep(wait_s)
        raise AssertionError(url)

    def _leads_inside(self) -> bool:
        """Whether the host's name led to this machine or a private network when it was first asked for."""
        if self._private is None:
            try:
                found = socket.getaddrinfo(self._parts.hostname, self._parts.port, type=socket.SOCK_STREAM)
            except OSError:
                return False
            self._private = not any(is_public(str(where[0])) for *_, where in found)
        return self._private

    def _refusal(self, key: str, error: HTTPError) -> StoreError:
        place = f"{self.name}: {key}"
        if error.code in _GONE:
            return MissingKeyError(f"{self.name}: nothing is stored at {key}")
        if error.code in _REFUSED:
            return StoreUnavailableError(
                f"{place}: access refused: check the address and its credentials ({error.code})"
            )
        if error.code in _REDIRECTS:
            remedy = "if the store has moved there, name that address"
            reason = _QUERY.sub("?…", str(error.reason))
            return StoreUnavailableError(f"{place}: {reason}, where no store is followed to: {remedy}")
        return StoreUnavailableError(f"{place}: no usable answer: check the address, run again ({error.code})")

    def _unreachable(self, key: str, error: Exception) -> StoreError:
        reason = _reason(error)
        known = {
            ConnectionRefusedError: "no server answers at this address: check the address, and that the server runs",
            socket.gaierror: "there is no host with that name: correct the address",
            TimeoutError: "it did not answer in time: check the network, run again",
        }
        remedy = next((words for kind, words in known.items() if isinstance(reason, kind)), None)
        remedy = remedy or "check the address and the network, run again"
        return StoreUnavailableError(f"{self.name}: {key}: no usable answer: {remedy} ({reason})")

    def _too_large(self, key: str, max_bytes: int) -> TooLargeError:
        return TooLargeError(f"{self.name}: {key} is larger than {max_bytes} bytes: this is not a file that we wrote")


def _reason(error: Exception) -> object:
    return error.reason if isinstance(error, URLError) else error


def _rewind(file: IO[bytes] | None) -> None:
    if file is not None:
        file.seek(0)
        file.truncate()
