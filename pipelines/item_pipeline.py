"""Scrapy's item pipeline: hands each record to the order of steps. The one module here that knows Scrapy's ways."""

from pipelines.normalise.admit import admit
from schemas.crawl import AdmittedLine, FetchFailure, PageDone, QuarantinedLine
from schemas.listing import Quarantined, RawListing


class AdmitListing:
    """Turns a spider's records into lines of the crawl file."""

    def process_item(
        self, item: RawListing | Quarantined | FetchFailure | PageDone
    ) -> AdmittedLine | QuarantinedLine | FetchFailure | PageDone:
        """Admit a record or quarantine it; what the spider refused itself or never got goes on as it is."""
        if isinstance(item, FetchFailure | PageDone):
            return item
        if isinstance(item, Quarantined):
            return QuarantinedLine(quarantined=item)
        judged = admit(item)
        if isinstance(judged, Quarantined):
            return QuarantinedLine(quarantined=judged)
        return AdmittedLine(raw=item, listing=judged)
