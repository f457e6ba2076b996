"""Fetches a document from a web server, within bounds of size, time and address."""

import contextlib
import io
import ipaddress
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from http.client import HTTPConnection, HTTPMessage, HTTPResponse, HTTPSConnection
from typing import IO, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

SCHEMES = ("http", "https")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""Addresses of IPv6 that a gateway translates to the IPv4 address in their last 32 bits (RFC 6052)."""

_Answer = TypeVar("_Answer")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class PrivateAddressError(OSError):
    """An address leads to this machine, a private network, or a service of the machine's host."""


class Fetching(NamedTuple):
    """The bounds of one fetch."""

    max_bytes: int
    """Most bytes of the body that are read."""
    deadline_s: float
    """Longest wait for the whole response, from the DNS query to the last byte, redirects included."""
    private: bool
    """Whether addresses of this machine and of private networks are connected to."""
    same_host: bool = False
    """Whether redirects must stay on the host and port of the URL."""
    refusals: bool = False
    """Whether the HTTPError of a refusal has its body."""


def why_no_answer(error: Exception) -> str:
    """Return why an address gave no usable answer, without Python's own words around it."""
    reason = error if isinstance(error, urllib.error.HTTPError) else getattr(error, "reason", error)
    return str(getattr(reason, "strerror", None) or reason)


class Fetched(NamedTuple):
    """A response."""

    headers: HTTPMessage
    body: bytes


def fetch(url: str, within_bounds: Fetching, **headers: str) -> Fetched:
    """Return the response to a GET request.

    Raises HTTPError for a status of 300 or more that is no redirect to follow, TimeoutError at the deadline, and
    otherwise OSError, ValueError or HTTPException. Redirects lead to http and https only, and never from https to http.
    """
    opened: list[HTTPConnection] = []
    try:
        return within(within_bounds.deadline_s, lambda: _answer(url, within_bounds, headers, opened))
    except TimeoutError:
        for connection in opened:
            with contextlib.suppress(OSError, AttributeError):  # closed meanwhile
                connection.sock.shutdown(socket.SHUT_RDWR)
        raise


def within(deadline_s: float, work: Callable[[], _Answer]) -> _Answer:
    """Return what `work` returns; raise its error, or TimeoutError at the deadline.

    It runs in a thread, abandoned then: a socket's own timeout does not bound a response that is sent in drops.
    """
    answer: Future[_Answer] = Future()

    def run() -> None:
        try:
            answer.set_result(work())
        except Exception as error:  # noqa: BLE001 - raised by whoever waits
            answer.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return answer.result(timeout=deadline_s)
    except TimeoutError:
        if answer.done():  # a timeout of its own
            raise
        raise TimeoutError(f"no complete answer within {deadline_s:g} s") from None


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet: not this machine's, a network's own, or for several receivers.

    An address of IPv6 that stands for one of IPv4 (mapped, 6to4, Teredo, NAT64) is judged by that one too.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    return all(map(_is_of_the_internet, (found, *_embedded(found))))


def _embedded(address: _Address) -> list[_Address]:
    if not isinstance(address, ipaddress.IPv6Address):
        return []
    found: list[_Address | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]


def _is_of_the_internet(address: _Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:  # judged by the address in it
            return True
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_unspecified)


def _answer(url: str, bounds: Fetching, headers: dict[str, str], opened: list[HTTPConnection]) -> Fetched:
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the opener has no other schemes
    try:
        with _opener(url, bounds, opened).open(request, timeout=bounds.deadline_s) as response:
            return Fetched(response.headers, bytes(response.read(bounds.max_bytes)))
    except urllib.error.HTTPError as error:
        with error:
            said = io.BytesIO(error.read(bounds.max_bytes) if bounds.refusals else b"")
        raise urllib.error.HTTPError(error.url, error.code, error.reason, error.headers, said) from None


def _opener(url: str, bounds: Fetching, opened: list[HTTPConnection]) -> urllib.request.OpenerDirector:
    """Return an opener of http and https with the environment's proxies. urllib's default also opens files and FTP."""
    proxies = {scheme: proxy for scheme, proxy in urllib.request.getproxies().items() if scheme in SCHEMES}
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(proxies),
        _Http(bounds, opened),
        _Https(bounds, opened),
        urllib.request.HTTPDefaultErrorHandler(),
        _HttpRedirects(url if bounds.same_host else None),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _connection(
    kind: Callable[..., HTTPConnection],
    request: urllib.request.Request,
    bounds: Fetching,
    opened: list[HTTPConnection],
    host: str,
    **arguments: Any,  # noqa: ANN401 - as urllib passes them
) -> HTTPConnection:
    """Return a connection to a host, or to the proxy that asks it, which connects only to allowed addresses."""
    connection = kind(host, **arguments)
    private = bounds.private
    if not private and request.has_proxy():  # the proxy is the operator's, and it resolves the name itself
        _refuse_known_private(urlsplit(request.full_url).hostname or "")
        private = True
    connection._create_connection = partial(_connect, private=private)  # type: ignore[attr-defined]  # noqa: SLF001 - the one place where the standard library lets the address be checked that is connected to
    opened.append(connection)
    return connection


class _Http(urllib.request.HTTPHandler):
    """Opens http:// over checked connections."""

    def __init__(self, bounds: Fetching, opened: list[HTTPConnection]) -> None:
        super().__init__()
        self._bounds, self._opened = bounds, opened

    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        """Open a request."""
        return self.do_open(partial(_connection, HTTPConnection, req, self._bounds, self._opened), req)


class _Https(urllib.request.HTTPSHandler):
    """Opens https:// over checked connections; the certificate is held to the name in the URL."""

    def __init__(self, bounds: Fetching, opened: list[HTTPConnection]) -> None:
        super().__init__()
        self._bounds, self._opened = bounds, opened

    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        """Open a request."""
        return self.do_open(partial(_connection, HTTPSConnection, req, self._bounds, self._opened), req)


def _connect(
    address: tuple[str, int], timeout: float | None, _source: object = None, *, private: bool
) -> socket.socket:
    """Connect to one of the addresses that a name resolves to, and to no other: it is not resolved again."""
    failure: OSError = OSError(f"{address[0]} has no address")
    for family, kind, protocol, _, where in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
        if not private and not is_public(str(where[0])):
            failure = _private(address[0], str(where[0]))
            continue
        connected = socket.socket(family, kind, protocol)
        try:
            connected.settimeout(timeout)
            connected.connect(where)
        except OSError as error:
            connected.close()
            failure = error
        else:
            return connected
    raise failure


def _refuse_known_private(host: str) -> None:
    with contextlib.suppress(socket.gaierror):  # a name that only the proxy knows
        for *_, where in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM):
            if not is_public(str(where[0])):
                raise _private(host, str(where[0]))


def _private(host: str, address: str) -> PrivateAddressError:
    leads = f"{host} leads to {address}," if host != address else f"{address} is"
    remedy = "set PASSPORTS_ALLOW_PRIVATE=true if that is meant"
    return PrivateAddressError(f"{leads} an address of this machine or a private network: {remedy}")


class _HttpRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to http and https only, without reading their bodies."""

    def __init__(self, stay_with: str | None) -> None:
        self._stay_with = stay_with

    def redirect_request(  # noqa: PLR0917 - urllib's own signature
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        """Return the request of a redirect that may be followed; raise HTTPError for others."""
        if refused := self._refusal(urlsplit(req.full_url).scheme, newurl):
            raise urllib.error.HTTPError(req.full_url, code, f"redirects to {newurl[:200]!r}, {refused}", headers, fp)
        fp.close()
        return super().redirect_request(req, fp, code, msg, headers, newurl)

    def _refusal(self, scheme: str, newurl: str) -> str | None:
        to = urlsplit(newurl)
        if to.scheme not in SCHEMES:
            return f"and only {' and '.join(SCHEMES)} are followed"
        if scheme == "https" and to.scheme == "http":
            return "and from https only https is followed"
        if self._stay_with and to.netloc != urlsplit(self._stay_with).netloc:
            return "which is another host"
        return None
