"""Which id has a slug: different ids can share one, and only the owner's records belong to its passport."""

from collections import defaultdict
from collections.abc import Callable

from schemas.listing import CLAIMING, Listing
from schemas.sources import HUB

JOINT = "--"
"""Stands in slugs of the Hub between owner and name."""


def no_owner(_slug: str) -> str | None:
    """Say of every slug that no passport is served under it."""
    return None


class SlugOwners:
    """Ids that claim slugs. `served` gives the id that a slug is served under; it is asked where there is a doubt.

    The rule is the one that `merge.gather` refuses newcomers by: what is served keeps its slug; among newcomers a
    seller comes before the Hub, a model before its variants, and then the order of ids decides.
    """

    def __init__(self, served: Callable[[str], str | None] = no_owner) -> None:
        self._served = served
        self._claims: dict[str, dict[str, tuple[bool, bool, str]]] = defaultdict(dict)
        """Slug → base ids in lower case, each with its rank."""

    def __getstate__(self) -> dict[str, object]:
        """Go to another process with the answers, and not with whom they were had from."""
        answers = {slug: self._served(slug) for slug in self._claims}
        return {"_served": answers.get, "_claims": self._claims}

    def claim(self, listing: Listing) -> None:
        """Note a listing; of the Hub's repositories only those whose id can give the slug of another."""
        hosted = listing.source == HUB
        if listing.kind not in CLAIMING or (hosted and JOINT not in listing.id):
            return
        rank, base = (hosted, listing.variant is not None, listing.id), listing.base_id.lower()
        claims = self._claims[listing.slug]
        claims[base] = min(rank, claims.get(base, rank))

    def serves(self, slug: str, base_id: str) -> bool:
        """Whether a passport is served under a slug that is this id's own."""
        owner = self._served(slug)
        return owner is not None and owner.lower() == base_id.lower()

    def owns(self, base_id: str, slug: str) -> bool:
        """Whether an id has a slug, or could have it because nobody else claims it."""
        claims = self._claims.get(slug)
        if not claims:
            return True
        in_doubt = len(claims) > 1 or base_id.lower() not in claims or JOINT in slug
        owner = (self._served(slug) if in_doubt else None) or min(claims, key=claims.__getitem__)
        return owner.lower() == base_id.lower()
