"""An item pipeline with a fault of its own."""

from pipelines.item_pipeline import AdmitListing
from schemas.crawl import AdmittedLine, FetchFailure, QuarantinedLine
from schemas.listing import Quarantined, RawListing


class BreaksOnOne(AdmitListing):
    def process_item(
        self, item: RawListing | Quarantined | FetchFailure
    ) -> AdmittedLine | QuarantinedLine | FetchFailure:
        if isinstance(item, RawListing) and item.id == "ada/m3":
            raise AttributeError("a fault of ours")
        return super().process_item(item)
