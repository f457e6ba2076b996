"""Repositories that are not those which lay under their names before, and the texts that lie in them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pipelines.carry import Carried, Look
from pipelines.join import TEXTS
from schemas.crawl import AdmittedLine


@dataclass(slots=True)
class Strangers:
    """Those of one crawl, by their ids in lower case."""

    refused: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)

    def note(self, result: Carried) -> None:
        """Note what was found out of the records of a part."""
        self.refused |= {one.id.lower() for one in result.refused}
        self.replaced |= {one.lower() for one in result.replaced}

    def without_theirs(self, lines: Iterable[AdmittedLine], source: str) -> Iterator[AdmittedLine]:
        """Leave out of the last good texts those of what was replaced."""
        return (line for line in lines if source not in TEXTS or line.raw.id.lower() not in self.replaced)

    def only_new(self, lines: Iterable[AdmittedLine], look: Look) -> Iterator[AdmittedLine]:
        """Leave out of the texts that came those of what was refused, and what is older than what took a place."""
        for line in lines:
            old = line.raw.id.lower() in self.replaced and line.raw.observed_at < look.began_at
            if look.source not in TEXTS or not (old or line.raw.id.lower() in self.refused):
                yield line
