"""Bounds at which a running crawl is stopped, and bounds of a single answer about all models of a source."""

import math
from typing import Annotated

from pydantic import Field

from schemas.base import Frozen
from schemas.passport.scalars import Count, Ratio


class CrawlBounds(Frozen):
    """Most that one crawl of a source may bring; the defaults apply where a gate states no bound."""

    most_listings: Count = 20_000
    """Listings that a crawl may always bring, however few the last good one brought."""
    largest_growth: Annotated[float, Field(ge=1)] = 3.0
    """Multiple of the last good crawl's listings that a crawl may bring, where that is more."""
    most_unread_bytes: Count = 32 * 2**20
    """Bytes of all records together that could not be read; they are held in memory for the report."""
    most_answer_bytes: Count = 16 * 2**20
    """Bytes of one answer, packed or unpacked."""

    def listings(self, last_good: int | None) -> int:
        """Most listings that a crawl may bring; the last good one brought `last_good`, None where there was none."""
        return max(self.most_listings, math.ceil((last_good or 0) * self.largest_growth))


class AnswerBounds(Frozen):
    """What one answer about all models of a source must be like; the defaults apply where a gate states no bound."""

    fewest: Count = 1
    """Models or other entries that it must have."""
    smallest_share: Ratio = 0
    """Share of the listed models that it must have, 0 to 1."""
    largest_share: Ratio = 1
    """Share of the listed models that it may have: one that was filtered lacks some."""
    largest_drop: Ratio = 1
    """Share of the last good answer's entries by which it may be smaller."""
    most_unlisted: Ratio = 0.1
    """Share of its models that the list of the same crawl need not have."""
