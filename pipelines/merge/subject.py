"""One model: the records of all sources that describe it, and the believed claim of each fact."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.lifecycle.absence import Absence
from pipelines.merge.joins import Joined
from schemas.listing import Claim, FactValue, Listing

STANDARD_OFFER = "standard"


@dataclass(frozen=True, slots=True)
class Subject:
    """One model, as all sources together describe it."""

    slug: str
    primary: Listing
    """The listing that names the passport: the model's own, or the first variant where only variants are listed."""
    offers: tuple[Listing, ...]
    """Listings by which it can be called, the primary one first."""
    aliases: tuple[Listing, ...]
    endpoints: Listing | None
    """The record of the primary listing's endpoints."""
    absence: Absence | None
    """The observations that missed the primary listing, None while it is there."""
    supplements: tuple[Joined, ...]
    """Records of other sources about the same model."""
    claims: dict[str, Claim]
    """Fact name → the believed claim."""
    others: dict[str, tuple[Claim, ...]]
    """Fact name → the other records' claims on it, the most believed first."""
    stated: frozenset[str]
    """Names of the facts that are claimed and not false."""
    groups: dict[str, list[str]]
    """Group of facts → its items: "input" → ["image", "text"]."""

    def value(self, name: str) -> FactValue | None:
        """The believed value of a fact, None where nobody states it."""
        claim = self.claims.get(name)
        return claim.fact.value if claim else None

    def text(self, name: str) -> str | None:
        """The believed value of a fact if it is text, else None."""
        value = self.value(name)
        return value if isinstance(value, str) else None

    def count(self, name: str) -> int | None:
        """The believed value of a fact if it is a whole number, else None."""
        value = self.value(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def listings(self) -> Iterator[Listing]:
        """Every record that the passport is made from."""
        yield from self.offers
        yield from self.aliases
        if self.endpoints:
            yield self.endpoints
        for joined in self.supplements:
            yield joined.listing

    def items(self, group: str) -> list[str]:
        """The items of a group of facts, in the order of their names: "input" gives ["image", "text"]."""
        return self.groups.get(group, [])
