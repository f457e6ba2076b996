"""Reads what a registry's public log states, entry by entry, each proved and with the date of its generation."""

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

import orjson

from flows.registry.log import RegistryLog
from flows.registry.reader import Reader
from schemas.times import instant

MEMBERS = (
    "type", "generation", "slug", "listing", "object", "cause", "status", "revoked_at", "reason", "number", "sha256",
    "version", "thumbprint", "root", "role", "key_id", "state", "last_good",
)  # fmt: skip
"""What entries state, each those of its type."""


class LoggedEntry(NamedTuple):
    """One entry of the log."""

    place: int
    at: str | None
    """When its generation was made; None where that is no longer retained."""
    stated: dict[str, Any]

    def record(self) -> dict[str, Any]:
        """Return it for JSON, with None for what its type does not have."""
        return {"index": self.place, "at": self.at, **{name: self.stated.get(name) for name in MEMBERS}}


class LogReading:
    """The entries of the log of one generation."""

    def __init__(self, reader: Reader) -> None:
        self.log = RegistryLog(reader)

    @property
    def size(self) -> int:
        """How many entries the log has."""
        return self.log.frontier.size

    @cached_property
    def _dates(self) -> dict[int, str]:
        return {snapshot.generation: snapshot.created_at for snapshot in self.log.reader.ancestry()}

    def entries(self, start: int = 0) -> Iterator[LoggedEntry]:
        """Yield the entries from `start` on; raise TamperedError where one is not in the signed log."""
        for place, body in self.log.entries(start):
            stated = orjson.loads(body)
            yield LoggedEntry(place, self._dates.get(stated["generation"]), stated)

    def first_since(self, at: datetime) -> int:
        """Return the place of the first entry of the generations made from an instant on.

        What is older than all that is retained has no date and counts as later, so that nothing is left out.
        """
        for snapshot in self.log.reader.ancestry():
            if instant(snapshot.created_at) < at:
                return snapshot.log.size if snapshot.log else 0
        return 0
