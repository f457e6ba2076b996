"""The clock: the system's, or the one that SOURCE_DATE_EPOCH names (https://reproducible-builds.org/specs/source-date-epoch/)."""

import os
from collections.abc import Callable
from datetime import UTC, datetime

from flows.errors import FlowError

Clock = Callable[[], datetime]
"""Returns the current time as an aware datetime in UTC."""


class ClockError(FlowError):
    """SOURCE_DATE_EPOCH is not a number of seconds that a date can be made of."""


def system_clock() -> datetime:
    """Return the time of the system's clock."""
    return datetime.now(UTC)


def fixed(instant: datetime) -> Clock:
    """Return a clock that always returns this instant."""
    return lambda: instant


def source_date_epoch() -> int | None:
    """Return SOURCE_DATE_EPOCH, whole seconds since 1970, or None when it is not set; raise ClockError when invalid."""
    text = os.environ.get("SOURCE_DATE_EPOCH")
    if not text:
        return None
    try:
        epoch = int(text)
        datetime.fromtimestamp(epoch, UTC)
    except (ValueError, OverflowError, OSError):
        epoch = -1
    if epoch < 0:
        raise ClockError(
            f"SOURCE_DATE_EPOCH is {text!r}, not a whole number of seconds since 1970: correct it or unset it"
        ) from None
    return epoch


def clock_of(epoch: int | None) -> Clock:
    """Return the system's clock, or one fixed at `epoch` (seconds since 1970)."""
    return system_clock if epoch is None else fixed(datetime.fromtimestamp(epoch, UTC))
