"""Scrapy's item pipeline, which admits each record. The only module here that follows an interface of Scrapy."""

from pipelines.normalise.admit import admit
from schemas.crawl import AdmittedLine, FetchFailure, PageDone, QuarantinedLine
from schemas.listing import Quarantined, RawListing


class AdmitListing:
    """Turns a spider's records into lines of the crawl file."""

    def process_item(
        self, item: RawListing | Quarantined | FetchFailure | PageDone
    ) -> AdmittedLine | QuarantinedLine | FetchFailure | PageDone:
        """Return the line of a record, admitted or quarantined; failed requests and ends of pages pass unchanged."""
        if isinstance(item, FetchFailure | PageDone):
            return item
        if isinstance(item, Quarantined):
            return QuarantinedLine(quarantined=item)
        judged = admit(item)
        if isinstance(judged, Quarantined):
            return QuarantinedLine(quarantined=judged)
        return AdmittedLine(raw=item, listing=judged)
