"""The clock of a crawl: the machine's, or one fixed instant that a setting gives."""

from collections.abc import Callable
from datetime import UTC, datetime

from scrapy.settings import BaseSettings

from schemas.times import timestamp

Clock = Callable[[], datetime]


def clock_of(settings: BaseSettings) -> Clock:
    """The clock of a crawl; SOURCE_DATE_EPOCH (whole seconds) fixes it. Raises ValueError if that is no number."""
    epoch = settings.get("SOURCE_DATE_EPOCH")
    if epoch in (None, ""):
        return lambda: datetime.now(UTC)
    instant = datetime.fromtimestamp(int(epoch), UTC)
    return lambda: instant


def stamp(clock: Clock) -> str:
    """The present time as a timestamp."""
    return timestamp(clock())
