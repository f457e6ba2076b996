"""Downloads as Scrapy does, from the sources' own hosts alone, with a bound on a response's headers.

Scrapy and Twisted bound its body and each line.
"""

from urllib.parse import urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.web.iweb import IResponse

from schemas.sources import CRAWLS

PORTS = {"http": 80, "https": 443}
LARGEST_HEAD_BYTES = 256 * 2**10
"""Most bytes of status lines and headers together; browsers and servers commonly accept 8 to 256 KiB."""


class HeadTooLargeError(ValueError):
    """A response has more headers than are read."""


class BoundedParser(_LenientHTTPClientParser):
    """Parses a response, and stops at one whose headers do not end."""

    head_bytes = 0

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's
        """Count a line of the headers; raise HeadTooLargeError beyond their bound."""
        self.head_bytes += len(line) + 1
        if self.head_bytes > LARGEST_HEAD_BYTES:
            raise HeadTooLargeError(f"its headers have more than {LARGEST_HEAD_BYTES:,} bytes")
        super().lineReceived(line)


class BoundedProtocol(_LenientHTTP11ClientProtocol):
    """Parses with `BoundedParser`, which replaces the parser as Scrapy's own replaces Twisted's."""

    def request(self, request: object) -> Deferred[IResponse]:
        """Send a request."""
        response: Deferred[IResponse] = super().request(request)  # type: ignore[arg-type]
        self._parser.__class__ = BoundedParser
        return response


class BoundedFactory(_LenientHTTP11ClientFactory):
    """Builds connections with `BoundedProtocol`."""

    def buildProtocol(self, addr: IAddress | None) -> BoundedProtocol:  # noqa: N802 - Twisted's
        """Build the protocol of one connection."""
        del addr
        return BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


def place_of(url: str) -> tuple[str | None, int | None]:
    """Return host and port of an address."""
    parts = urlsplit(url)
    return parts.hostname, parts.port or PORTS.get(parts.scheme)


def own_places(settings: BaseSettings) -> frozenset[tuple[str | None, int | None]]:
    """Return host and port of every source, by the settings, also as http leads to https there."""
    found = {place_of(settings[f"{source.upper()}_URL"]) for source in CRAWLS}
    return frozenset(found | {(host, PORTS["https"]) for host, port in found if port == PORTS["http"]})


class BoundedDownloads(HTTP11DownloadHandler):
    """Downloads over HTTP and HTTPS with bounded headers, and only from the hosts of the sources."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._places = own_places(crawler.settings)
        self._pool._factory = BoundedFactory  # noqa: SLF001 - Scrapy's own way

    async def download_request(self, request: Request) -> Response:
        """Download; raise IgnoreRequest for other hosts, to which a redirect of a robots.txt could lead."""
        if place_of(request.url) not in self._places:
            raise IgnoreRequest(f"{request.url[:200]} is on the host of no source")
        return await super().download_request(request)
