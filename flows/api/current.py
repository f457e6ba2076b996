"""The registry that the server answers from: opened when it is first needed, and followed as it is published."""

import threading
from collections.abc import Callable

from flows.client.registry import Registry
from flows.progress import LOG
from flows.registry.signed_files import TamperedError

FOLLOW_S = 5.0
"""Seconds between two reads of the pointer."""


class CurrentRegistry:
    """Gives a registry of the newest generation."""

    def __init__(self, opened: Callable[[], Registry], clock: Callable[[], float]) -> None:
        self._opened, self._clock = opened, clock
        self._registry: Registry | None = None
        self._read_at = clock()
        self._reading = threading.Lock()

    def __call__(self) -> Registry:
        """Return the registry; where it cannot be followed, the generation before. Raises as `Registry.open` does."""
        if self._registry is None:
            with self._reading:
                if self._registry is None:
                    self._registry, self._read_at = self._opened(), self._clock()
        elif self._clock() - self._read_at >= FOLLOW_S and self._reading.acquire(blocking=False):
            try:
                self._read_at = self._clock()
                self._follow(self._registry)
            except Exception as error:  # noqa: BLE001 - the generation before is served on, and its pointer expires
                LOG.warning("the registry could not be followed, so the generation before is served: %s", error)
            finally:
                self._reading.release()
        return self._registry

    def _follow(self, registry: Registry) -> None:
        """Go on to the newest generation; a recording may have made way for a real registry, with another key."""
        try:
            registry.refresh()
        except TamperedError:
            if registry.recorded_at is None:
                raise
            self._registry = self._opened()
