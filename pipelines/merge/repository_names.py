"""Which repository a name of the Hub means: repositories are renamed, and others are created under their old names."""

from collections.abc import Iterator

from pipelines.normalise.facts import MADE_ANEW
from schemas.listing import Listing


class RepositoryNames:
    """An index of repositories (`note`) by their present and former names.

    What another source calls "a/x" is the repository that had this name then: after a rename to b/x, it means b/x.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._formers: dict[str, tuple[str, ...]] = {}
        """Name of a repository → its former names."""
        self._present: dict[str, str] = {}
        """Former name of a repository → its present name."""
        self._anew: set[str] = set()
        """Names that another repository had before."""

    def note(self, listing: Listing) -> None:
        """Note a repository that has its name now, or had it until it was gone."""
        self.note_renamed(listing)
        if formers := listing.named(self._source):
            self._formers[listing.id.lower()] = formers
        for former in formers:
            self._present[former.lower()] = listing.id

    def note_renamed(self, listing: Listing) -> None:
        """Note a repository that has another name now: if it replaced another, its old name remains ambiguous."""
        if is_recreated(listing):
            self._anew.add(listing.id.lower())

    def present(self, name: str) -> str:
        """The present name of the repository that a name means."""
        return self._present.get(name.lower(), name)

    def formers(self, name: str) -> tuple[str, ...]:
        """The former names of the repository that now has this name."""
        return self._formers.get(name.lower(), ())

    def is_renamed(self, name: str) -> bool:
        """Whether the repository that a name means is called otherwise now."""
        return self.present(name).lower() != name.lower()

    def is_unsure(self, name: str) -> bool:
        """Whether a name may mean a repository that was since deleted and replaced."""
        return name.lower() in self._anew and not self.is_renamed(name)

    def meaning(self, name: str) -> Iterator[str]:
        """Names that surely mean the repository now at this one."""
        if name.lower() not in self._anew and not self.is_renamed(name):
            yield name
        yield from self.formers(name)


def is_recreated(listing: Listing) -> bool:
    """Whether a record replaced another one under the same name."""
    return any(fact.name == MADE_ANEW for fact in listing.facts)
