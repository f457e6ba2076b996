"""What the Hub's names stand for: repositories are renamed, and others come to lie under the names that they had."""

from collections.abc import Iterator

from pipelines.normalise.facts import MADE_ANEW
from schemas.listing import Listing


class RepositoryNames:
    """Told of every repository (`note`), it says which one is meant by a name, and by which names one is meant.

    Others mean by a name the repository that they knew under it, whatever lies there now.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._formers: dict[str, tuple[str, ...]] = {}
        """Name of a repository → names that it had."""
        self._present: dict[str, str] = {}
        """Former name of a repository → its name."""
        self._anew: set[str] = set()
        """Names under which another repository lay before."""

    def note(self, listing: Listing) -> None:
        """Note a repository that lies under its name, or did until it was gone."""
        self.note_left(listing)
        if formers := listing.named(self._source):
            self._formers[listing.id.lower()] = formers
        for former in formers:
            self._present[former.lower()] = listing.id

    def note_left(self, listing: Listing) -> None:
        """Note a repository that lies elsewhere now: its name may still mean the one that was there before it."""
        if is_recreated(listing):
            self._anew.add(listing.id.lower())

    def present(self, name: str) -> str:
        """The name under which the repository lies that others mean by a name."""
        return self._present.get(name.lower(), name)

    def formers(self, name: str) -> tuple[str, ...]:
        """Names that the repository of this name had."""
        return self._formers.get(name.lower(), ())

    def is_left(self, name: str) -> bool:
        """Whether the repository that others mean by a name is called otherwise now."""
        return self.present(name).lower() != name.lower()

    def is_unsure(self, name: str) -> bool:
        """Whether others may mean by a name a repository that is not there any more."""
        return name.lower() in self._anew and not self.is_left(name)

    def meaning(self, name: str) -> Iterator[str]:
        """Names by which others surely mean the repository that lies under a name."""
        if name.lower() not in self._anew and not self.is_left(name):
            yield name
        yield from self.formers(name)


def is_recreated(listing: Listing) -> bool:
    """Whether a record lies where another one did."""
    return any(fact.name == MADE_ANEW for fact in listing.facts)
