"""Item pipelines with a fault, each in one record."""

from pipelines.item_pipeline import AdmitListing
from schemas.crawl import AdmittedLine, FetchFailure, PageDone, QuarantinedLine
from schemas.listing import Quarantined, RawListing


class BreaksOnOne(AdmitListing):
    def process_item(
        self, item: RawListing | Quarantined | FetchFailure
    ) -> AdmittedLine | QuarantinedLine | FetchFailure:
        if isinstance(item, RawListing) and item.id == "ada/m3":
            raise AttributeError("a fault of ours")
        return super().process_item(item)


class ReadsHalfACharacter(AdmitListing):
    """Reads a lone surrogate, which UTF-8 cannot encode, in one record."""

    def process_item(
        self, item: RawListing | Quarantined | FetchFailure | PageDone
    ) -> AdmittedLine | QuarantinedLine | FetchFailure | PageDone:
        line = super().process_item(item)
        if not isinstance(line, AdmittedLine) or line.raw.id != "ada/m1":
            return line
        read = line.listing.model_copy(update={"unfamiliar": ("parameter:\ud800",)})
        return line.model_copy(update={"listing": read})
