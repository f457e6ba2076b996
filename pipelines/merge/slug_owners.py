"""Decides which id owns a slug: several ids can give the same one, and only the owner's records join its passport."""

from collections import defaultdict
from collections.abc import Callable

from schemas.listing import CLAIMING, Listing
from schemas.sources import HUB

JOINT = "--"
"""What separates owner and name in a slug of the Hub."""


def no_owner(_slug: str) -> str | None:
    """Return None for every slug: no passport is served under it."""
    return None


class SlugOwners:
    """Ids that claim slugs. `served` gives the id that a slug is served under, and is asked only in doubt.

    The rule is that of `merge.gather`: a served id retains its slug; among newcomers a seller's listing comes before
    the Hub's, a model before its variants, and then the order of ids decides.
    """

    def __init__(self, served: Callable[[str], str | None] = no_owner) -> None:
        self._served = served
        self._claims: dict[str, dict[str, tuple[bool, bool, str]]] = defaultdict(dict)
        """Slug → ids that claim it, in lower case, each with its rank."""

    def __getstate__(self) -> dict[str, object]:
        """Pickle the answers instead of `served`, which need not be picklable."""
        answers = {slug: self._served(slug) for slug in self._claims}
        return {"_served": answers.get, "_claims": self._claims}

    def claim(self, listing: Listing) -> None:
        """Note a listing that claims a slug; of the Hub's repositories only those with "--" in their id share one."""
        hosted = listing.source == HUB
        if listing.kind not in CLAIMING or (hosted and JOINT not in listing.id):
            return
        rank, base = (hosted, listing.variant is not None, listing.id), listing.base_id.lower()
        claims = self._claims[listing.slug]
        claims[base] = min(rank, claims.get(base, rank))

    def serves(self, slug: str, base_id: str) -> bool:
        """Whether the passport that is served under a slug is of this id."""
        owner = self._served(slug)
        return owner is not None and owner.lower() == base_id.lower()

    def owns(self, base_id: str, slug: str) -> bool:
        """Whether an id owns a slug, or would because nobody else claims it."""
        claims = self._claims.get(slug)
        if not claims:
            return True
        in_doubt = len(claims) > 1 or base_id.lower() not in claims or JOINT in slug
        owner = (self._served(slug) if in_doubt else None) or min(claims, key=claims.__getitem__)
        return owner.lower() == base_id.lower()
