"""A crawl of the Hub's list and cards by Scrapy alone: `scrapy runspider benchmarks/bare_crawl.py -a url=… -o FILE`.

It asks for the same pages as ours and writes each record and card as they come, without reading or checking them.
"""

from collections.abc import Iterator
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response


class BareSpider(Spider):
    """Yields each repository's record and its card."""

    name = "bare"
    url = ""
    handle_httpstatus_list = (404,)

    async def start(self) -> Any:  # noqa: ANN401 - Scrapy's
        """Ask for the list."""
        yield Request(f"{self.url}/api/models?limit=1000")

    def parse(self, response: Response, **_: Any) -> Iterator[Any]:  # noqa: ANN401 - Scrapy's
        """Yield the records of a page, and ask for their cards and the next page."""
        for record in response.json():
            yield record
            yield Request(f"{self.url}/{record['id']}/resolve/main/README.md", self.parse_card)
        link = (response.headers.get("Link") or b"").decode()
        if link:
            yield Request(link.partition("<")[2].partition(">")[0])

    def parse_card(self, response: Response) -> Iterator[dict[str, Any]]:
        """Yield a card."""
        yield {"url": response.url, "status": response.status, "body": response.body.decode()}
