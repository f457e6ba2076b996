"""The clock: the system's, or the one that SOURCE_DATE_EPOCH names (https://reproducible-builds.org/specs/source-date-epoch/)."""

import os
from collections.abc import Callable
from datetime import UTC, datetime

from flows.errors import FlowError

Clock = Callable[[], datetime]
"""Gives the present instant, aware, in UTC."""


class ClockError(FlowError):
    """SOURCE_DATE_EPOCH is set to what is no instant."""


def system_clock() -> datetime:
    """Read the system's clock."""
    return datetime.now(UTC)


def fixed(instant: datetime) -> Clock:
    """Make a clock that stands still."""
    return lambda: instant


def source_date_epoch() -> int | None:
    """Read SOURCE_DATE_EPOCH, whole seconds since 1970; None when not set. Raise ClockError when it is no instant."""
    text = os.environ.get("SOURCE_DATE_EPOCH")
    if not text:
        return None
    try:
        epoch = int(text)
        datetime.fromtimestamp(epoch, UTC)
    except (ValueError, OverflowError, OSError):
        raise ClockError(f"SOURCE_DATE_EPOCH is {text!r}, not whole seconds since 1970: unset it or set them") from None
    return epoch


def clock_of(epoch: int | None) -> Clock:
    """Choose the clock: the system's, or one that stands still at `epoch`."""
    return system_clock if epoch is None else fixed(datetime.fromtimestamp(epoch, UTC))
