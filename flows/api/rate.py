"""Bounds how much one client may ask for: a bucket of tokens for each address."""

from collections import OrderedDict
from collections.abc import Callable

MOST_CLIENTS = 20_000
"""Addresses remembered at once; those not heard of for longest are forgotten first."""
SECONDS_OF_BURST = 2
"""A client that was quiet may ask for as much at once as for so many seconds."""


class RateLimiter:
    """Lets each client ask `per_second` times a second on average."""

    def __init__(self, per_second: float, clock: Callable[[], float]) -> None:
        self._per_second, self._clock = per_second, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Address → tokens left, and when that was."""

    def wait_s(self, client: str) -> float:
        """Count a request; returns 0 where it is within the bound, else the seconds to wait."""
        now, most = self._clock(), self._per_second * SECONDS_OF_BURST
        left, then = self._buckets.pop(client, (most, now))
        left = min(most, left + (now - then) * self._per_second)
        allowed = left >= 1
        self._buckets[client] = (left - 1 if allowed else left, now)
        if len(self._buckets) > MOST_CLIENTS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._per_second
