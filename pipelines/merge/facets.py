"""What the seller's answers about all of its models say of one model: whether it is in them, and at which place."""

from collections.abc import Iterable, Iterator
from typing import Final

from pipelines.merge.joins import Joined
from pipelines.normalise.facts import COUNTED, PROVIDER, USED_AS_OF, USED_TOKENS, WITHIN, WITHOUT
from schemas.facets import BY_ID, FACETS, Facet
from schemas.listing import Fact, Listing
from schemas.sources import SELLER

RANK: Final = "usage_rank"
"""The fact of a model's place in the order by usage, whose value is the place."""

OF_PROVIDERS = ("headquarters", "datacenters", "terms_url", "privacy_url")
"""Groups of facts about providers, beside that of their names."""

ORDER = {facet.id: place for place, facet in enumerate(FACETS)}


class Facets:
    """Answers about all models, indexed by model."""

    def __init__(self, listings: Iterable[Listing] = ()) -> None:
        known = [listing for listing in listings if listing.id in BY_ID]
        self._listings = sorted(known, key=lambda listing: ORDER[listing.id])
        self._facts = [_index(listing) for listing in self._listings]

    def of(self, primary: Listing, endpoints: Listing | None) -> Iterator[Joined]:
        """Yield each answer that says something of a model, with only the facts about this model.

        `primary` is the listing that names its passport, `endpoints` the record of who serves it.
        """
        for listing, facts in zip(self._listings, self._facts, strict=True) if primary.source == SELLER else ():
            if found := tuple(_facts_of(BY_ID[listing.id], facts, primary, endpoints)):
                yield Joined(primary.slug, listing.model_copy(update={"facts": found}), "stated")


NO_FACETS: Final = Facets()


def _index(listing: Listing) -> dict[str, Fact]:
    """The facts of an answer by what they are about: "within qwen/qwq-32b", "headquarters:Reedbed"."""
    return {_key(fact): fact for fact in listing.facts}


def _key(fact: Fact) -> str:
    return f"{fact.name} {fact.value}" if fact.name in (WITHIN, WITHOUT) else fact.name


def _facts_of(facet: Facet, facts: dict[str, Fact], primary: Listing, endpoints: Listing | None) -> Iterator[Fact]:
    if facet.shape == "providers":
        yield from _of_providers(facts, endpoints)
    elif facet.shape == "rankings":
        yield from _of_rankings(facts, primary)
    else:
        yield from _of_membership(facet, facts, primary)


def _of_membership(facet: Facet, facts: dict[str, Fact], primary: Listing) -> Iterator[Fact]:
    """Facts of a model that is in an answer; or that is absent from it, although it was listed in the same crawl.

    A router is absent from answers about endpoints because it has none of its own: that says nothing.
    """
    within, without = facts.get(f"{WITHIN} {primary.id}"), facts.get(f"{WITHOUT} {primary.id}")
    if within and facet.within == RANK:
        yield within._replace(name=RANK, value=int(str(within.as_stated)))
        yield facts[COUNTED]._replace(name="usage_of")
    elif within:
        yield within._replace(name=facet.within, value=True)
    elif without and primary.kind != "router":
        yield from (without._replace(name=name, value=value) for name, value in facet.without)


def _of_providers(facts: dict[str, Fact], endpoints: Listing | None) -> Iterator[Fact]:
    names = sorted({provider.name for provider in endpoints.providers}) if endpoints else []
    for name in names:
        if named := facts.get(f"{PROVIDER}:{name}"):
            yield named
            yield from (fact for group in OF_PROVIDERS if (fact := facts.get(f"{group}:{name}")))


def _of_rankings(facts: dict[str, Fact], primary: Listing) -> Iterator[Fact]:
    """The tokens of the very offer that names the passport: a variant is ranked by itself."""
    permanent = next((fact.value for fact in primary.facts if fact.name == "canonical_slug"), None)
    variant = f":{primary.variant}" if primary.variant else ""
    if tokens := facts.get(f"{USED_TOKENS}:{permanent}{variant}"):
        yield tokens._replace(name="usage_tokens")
        yield facts[USED_AS_OF]._replace(name="usage_as_of")
