"""Downloads as Scrapy does, with a bound on a response's headers; Scrapy and Twisted bound its body and each line."""

from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from scrapy.crawler import Crawler
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.web.iweb import IResponse

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


class BoundedDownloads(HTTP11DownloadHandler):
    """Downloads over HTTP and HTTPS with bounded headers."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = BoundedFactory  # noqa: SLF001 - Scrapy's own way
