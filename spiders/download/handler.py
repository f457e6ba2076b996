"""Downloads as Scrapy does, with a bound on the head of a response: Scrapy and Twisted bound its body and each line."""

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
"""Of status lines and headers together; browsers and servers commonly take 8 to 256 KiB."""


class HeadTooLargeError(ValueError):
    """A response has more headers than are read."""


class BoundedParser(_LenientHTTPClientParser):
    """Parses a response, and gives up one whose head does not end."""

    head_bytes = 0

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's
        """Count a line of the head."""
        self.head_bytes += len(line) + 1
        if self.head_bytes > LARGEST_HEAD_BYTES:
            raise HeadTooLargeError(f"its headers have more than {LARGEST_HEAD_BYTES:,} bytes")
        super().lineReceived(line)


class BoundedProtocol(_LenientHTTP11ClientProtocol):
    """Parses with `BoundedParser`, which is put in the parser's place as Scrapy puts its own."""

    def request(self, request: object) -> Deferred[IResponse]:
        """Send a request."""
        response: Deferred[IResponse] = super().request(request)  # type: ignore[arg-type]
        self._parser.__class__ = BoundedParser
        return response


class BoundedFactory(_LenientHTTP11ClientFactory):
    """Builds such protocols."""

    def buildProtocol(self, addr: IAddress | None) -> BoundedProtocol:  # noqa: N802 - Twisted's
        """Build the protocol of one connection."""
        del addr
        return BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class BoundedDownloads(HTTP11DownloadHandler):
    """Downloads over HTTP and HTTPS."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = BoundedFactory  # noqa: SLF001 - Scrapy's own way
