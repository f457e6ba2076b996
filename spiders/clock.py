"""The clock of a crawl: the machine's, or the one instant that the order names."""

from collections.abc import Callable
from datetime import UTC, datetime

from scrapy.settings import BaseSettings

from schemas.times import timestamp

Clock = Callable[[], datetime]


def clock_of(settings: BaseSettings) -> Clock:
    """Give the clock: SOURCE_DATE_EPOCH (whole seconds) where set; raise ValueError when that is no number."""
    epoch = settings.get("SOURCE_DATE_EPOCH")
    if epoch in (None, ""):
        return lambda: datetime.now(UTC)
    instant = datetime.fromtimestamp(int(epoch), UTC)
    return lambda: instant


def stamp(clock: Clock) -> str:
    """Read the clock as a timestamp."""
    return timestamp(clock())
