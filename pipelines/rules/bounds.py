"""Bounds of a crawl while it runs: how much a source may answer, and from when on its gate cannot open any more."""

import math
from typing import Annotated

from pydantic import Field

from schemas.base import Frozen
from schemas.passport.scalars import Count


class CrawlBounds(Frozen):
    """What one crawl of a source may bring at most; the defaults are those of gates that do not say."""

    most_listings: Count = 20_000
    """Listings that it may bring however few the last good one brought."""
    largest_growth: Annotated[float, Field(ge=1)] = 3.0
    """How many times the listings of the last good crawl it may bring, where that is more."""
    most_unread_bytes: Count = 32 * 2**20
    """Bytes of all records together that could not be read: they are kept in memory for the report."""
    most_answer_bytes: Count = 16 * 2**20
    """Of one answer, packed or unpacked."""

    def listings(self, last_good: int | None) -> int:
        """How many listings a crawl may bring after one that brought `last_good`, None where there was none."""
        return max(self.most_listings, math.ceil((last_good or 0) * self.largest_growth))
