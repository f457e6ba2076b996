"""One model: the records of all sources that describe it, and what is believed of each fact."""

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
    """The listing that names the passport: the model's own, or where only variants are listed the first of them."""
    offers: tuple[Listing, ...]
    """Listings under which it can be called, the primary one first."""
    aliases: tuple[Listing, ...]
    endpoints: Listing | None
    """The endpoints of the primary listing."""
    absence: Absence | None
    """Since when the primary listing is missing, None while it is there."""
    supplements: tuple[Joined, ...]
    """Records of other sources that are about the same model."""
    claims: dict[str, Claim]
    """Fact name → the claim that is believed."""
    others: dict[str, tuple[Claim, ...]]
    """Fact name → the claims of other records on the same fact, the most believed first."""
    stated: frozenset[str]
    """Names of the facts that are claimed and not false."""
    groups: dict[str, list[str]]
    """Group of facts → its items: "input" → ["image", "text"]."""

    def value(self, name: str) -> FactValue | None:
        """What is believed of a fact, None where nobody states it."""
        claim = self.claims.get(name)
        return claim.fact.value if claim else None

    def text(self, name: str) -> str | None:
        """A fact that is a text."""
        value = self.value(name)
        return value if isinstance(value, str) else None

    def count(self, name: str) -> int | None:
        """A fact that is a whole number."""
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
