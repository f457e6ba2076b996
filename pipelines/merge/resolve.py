"""Decides, for each fact of one model, which of several records' claims is believed."""

from collections.abc import Collection
from functools import lru_cache, partial
from typing import NamedTuple

from pipelines.merge.joins import Joined, key_of
from pipelines.rules.precedence import Field, field_of, precedence
from schemas.listing import Claim, Fact, Listing


class Resolved(NamedTuple):
    """The believed claim of each fact, and its rivals."""

    believed: dict[str, Claim]
    """Fact name → the believed claim."""
    others: dict[str, tuple[Claim, ...]]
    """Fact name → the other claims on it, the most believed first."""


Ranked = dict[str, list[Claim]]
"""Fact name → all claims on it, the most believed first."""


def resolve_claims(claims: dict[str, Claim], supplements: Collection[Joined]) -> Resolved:
    """Rank the claims of the record that names the passport with those of the other records of its model.

    precedence.toml gives the order of sources for each fact. Where one record states a fact twice, its first claim
    counts.
    """
    if not supplements and not any(row.otherwise in claims for row in _with_substitute()):
        return Resolved(claims, {})
    ranked = {name: [claim] for name, claim in claims.items()}
    for joined in supplements:
        of_offer = _is_of_offer(joined.listing, claims["listed"].listing)
        for fact in joined.listing.facts:
            row = field_of(fact.name)
            if row is None or joined.listing.source not in row.order or _is_copy(row, fact, claims):
                continue
            if of_offer or not row.of_offer:
                ranked.setdefault(fact.name, []).append(Claim(fact, joined.listing))
    for name, rivals in ranked.items():
        if len(rivals) > 1 and (row := field_of(name)):
            rivals.sort(key=partial(_rank, row))
    _fill_in(ranked)
    _keep_groups_together(ranked)
    others = {name: tuple(rivals[1:]) for name, rivals in ranked.items() if len(rivals) > 1}
    return Resolved({name: rivals[0] for name, rivals in ranked.items()}, others)


def _fill_in(ranked: Ranked) -> None:
    """Believe another fact in the place of one that nobody states: the number of weights by a name."""
    for row in _with_substitute():
        if row.otherwise in ranked and row.fact not in ranked:
            ranked[row.fact] = [Claim(fact._replace(name=row.fact), one) for fact, one in ranked.pop(row.otherwise)]


@lru_cache(maxsize=1)
def _with_substitute() -> tuple[Field, ...]:
    return tuple(row for row in precedence().field if row.otherwise)


def _is_of_offer(listing: Listing, primary: Listing) -> bool:
    """Whether a record is of the very offer that names the passport; many name only a variant's base model."""
    return primary.variant is None or key_of(primary.source, primary.id) in map(str.lower, listing.same_as)


def _is_copy(row: Field, fact: Fact, claims: dict[str, Claim]) -> bool:
    """Whether a fact only copies one of the record that names the passport: a release on the day of its listing."""
    copied = claims.get(row.copies.get(claims["listed"].listing.source, ""))
    return copied is not None and copied.fact.value == fact.value


def _rank(row: Field, claim: Claim) -> tuple[bool, int]:
    """Sort key: the record that names the passport (not in the row's order) is first; vague values are last."""
    fact, listing = claim
    return fact.value in row.says_little, row.order.index(listing.source) if listing.source in row.order else -1


def _keep_groups_together(ranked: Ranked) -> None:
    """Believe a group's items from its speaker alone: an item that this record does not name is not in the group.

    Where the seller's list of inputs is believed and has no audio, a catalogue's claim of "input:audio" is dropped.
    """
    speakers = _speakers(ranked)
    for name in [name for name in ranked if name.partition(":")[0] in speakers and ":" in name]:
        speaker = speakers[name.partition(":")[0]]
        own = [claim for claim in ranked[name] if claim.listing is speaker]
        rest = [claim for claim in ranked.pop(name) if claim.listing is not speaker]
        if own:
            ranked[name] = own + rest


def _speakers(ranked: Ranked) -> dict[str, Listing]:
    """Group → its speaker: the record whose list is believed, or else the one of all its items that ranks first."""
    speakers = {}
    for row in precedence().field:
        if row.group and row.fact in ranked:
            speakers[row.group] = ranked[row.fact][0].listing
        elif row.whole:
            claims = [claim for name, rivals in ranked.items() if name.startswith(row.fact) for claim in rivals]
            if claims:
                speakers[row.fact.rstrip(":")] = min(claims, key=partial(_rank, row)).listing
    return speakers
