"""Judges single answers about all models of a source: one that is cut off, empty or unfiltered must state nothing."""

from collections import Counter

from pipelines.normalise.facts import LISTED, PROVIDER, USED_TOKENS, WITHIN, WITHOUT
from pipelines.rules.bounds import AnswerBounds
from pipelines.rules.gates import Gate
from schemas.facets import BY_ID
from schemas.listing import Listing
from schemas.times import instant

NO_BOUNDS = AnswerBounds()


def implausible(listing: Listing, last: Listing | None, gate: Gate) -> str | None:
    """Why an answer cannot be believed, in words; None where it can.

    `last` is the last good one of the same query. A stale one is no measure any more: a source can really have shrunk.
    """
    facet = BY_ID.get(listing.id)
    if facet is None:
        return "is the answer to a query that this version does not ask"
    bounds, size = gate.answers.get(facet.setting, NO_BOUNDS), size_of(listing)
    if size < bounds.fewest:
        return f"has {size} entries, at least {bounds.fewest} must be there: is the answer whole?"
    lasting = last is not None and instant(listing.observed_at) - instant(last.observed_at) <= gate.stale_after
    if last and lasting and size < size_of(last) * (1 - bounds.largest_drop):
        return f"has {size} entries after {size_of(last)} last time, a drop beyond {bounds.largest_drop:.0%}"
    return _misfit(listing, bounds)


def size_of(listing: Listing) -> int:
    """How many entries an answer has: models, providers, or totals of tokens."""
    counted = Counter(fact.name.partition(":")[0] for fact in listing.facts)
    return next((counted[name] for name in (WITHIN, PROVIDER, USED_TOKENS) if name in counted), 0)


def _misfit(listing: Listing, bounds: AnswerBounds) -> str | None:
    """Why the models of an answer do not fit those that were listed in the same crawl; None where they do."""
    counted = Counter(fact.name for fact in listing.facts)
    listed = next((fact.value for fact in listing.facts if fact.name == LISTED), None)
    if not isinstance(listed, int) or not counted[WITHIN] or not listed:
        return None
    both = listed - counted[WITHOUT]
    unlisted, share = counted[WITHIN] - both, both / listed
    if unlisted > counted[WITHIN] * bounds.most_unlisted:
        return f"has {unlisted} models of {counted[WITHIN]} that the list has not: are these ids of another kind?"
    if share > bounds.largest_share:
        return f"has {share:.0%} of the listed models, more than {bounds.largest_share:.0%}: was the query ignored?"
    if share < bounds.smallest_share:
        return f"has {share:.0%} of the listed models, fewer than {bounds.smallest_share:.0%}: is the answer whole?"
    return None
