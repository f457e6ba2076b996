"""Item pipelines with a fault, each in one record."""

from pipelines.item_pipeline import AdmitListing, Crawled
from schemas.crawl import AdmittedLine
from schemas.lines import RecordLine
from schemas.listing import RawListing


class BreaksOnOne(AdmitListing):
    def line(self, item: Crawled) -> RecordLine:
        if isinstance(item, RawListing) and item.id in ("ada/m3", "heron-lab/b"):
            raise AttributeError("a fault of ours")
        return super().line(item)


class ReadsHalfACharacter(AdmitListing):
    """Reads a lone surrogate, which UTF-8 cannot encode, in one record."""

    def line(self, item: Crawled) -> RecordLine:
        line = super().line(item)
        if not isinstance(line, AdmittedLine) or line.raw.id != "ada/m1":
            return line
        read = line.listing.model_copy(update={"unfamiliar": ("parameter:\ud800",)})
        return line.model_copy(update={"listing": read})
