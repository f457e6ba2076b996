"""Scrapy's item pipeline: hands each record to the order of steps. The one module here that knows Scrapy's ways."""

from pipelines.order import admit
from schemas.crawl import AdmittedLine, FetchFailure, QuarantinedLine
from schemas.listing import Listing, Quarantined, RawListing


class AdmitListing:
    """Turns a spider's records into lines of the crawl file."""

    def process_item(
        self, item: RawListing | Quarantined | FetchFailure
    ) -> AdmittedLine | QuarantinedLine | FetchFailure:
        """Admit a record or quarantine it; what the spider refused itself or never got goes on as it is."""
        if isinstance(item, FetchFailure):
            return item
        judged = admit(item) if isinstance(item, RawListing) else item
        if isinstance(judged, Listing) and isinstance(item, RawListing):
            return AdmittedLine(raw=item, listing=judged)
        return QuarantinedLine(quarantined=judged)
