"""Groups the listings of one model into a subject: its offers, its aliases, its endpoints, and what they state."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import partial
from itertools import repeat
from types import MappingProxyType
from typing import Final, NamedTuple

from pipelines.lifecycle.absence import Absence, absent_in
from pipelines.merge.facets import NO_FACETS, Facets
from pipelines.merge.joins import Joined
from pipelines.merge.resolve import resolve_claims
from pipelines.merge.subject import STANDARD_OFFER, Subject
from pipelines.normalise.facts import MISSING, MOVED, REPLACED
from schemas.listing import CLAIMING as OFFERED
from schemas.listing import NAMING, Claim, Listing, Quarantined, RawListing
from schemas.run import Accounting
from schemas.sources import SELLER, SOURCE_NAMES

Absences = Mapping[tuple[str, str], Absence]
"""Source and id of a missing listing → its absence."""

NO_ABSENCES: Absences = MappingProxyType({})


class Gathered(NamedTuple):
    """All subjects of a batch, and the listings that belong to none."""

    subjects: tuple[Subject, ...]
    collisions: tuple[Listing, ...]
    """Listings whose slug belongs to another id, which had it first."""
    aliases_without_target: tuple[str, ...]


def gather(
    listings: Iterable[Listing],
    owners: dict[str, str] | None = None,
    *,
    joined: Iterable[Joined] = (),
    absences: Absences = NO_ABSENCES,
    facets: Facets = NO_FACETS,
) -> Gathered:
    """Group listings by model, in order of slug; each id of a source may occur once.

    `owners` (slug → base id) says which id had a slug first; another id of the same slug is a collision, unless the two
    differ in case alone. `joined` are records of other sources, each with the slug of its passport. `absences` says
    which listings are missing; `facets` are the seller's answers about all of its models.
    """
    owner_of = dict(owners or {})
    members: dict[str, list[Listing]] = {}
    collisions: list[Listing] = []
    for listing in sorted(listings, key=_precedence):
        owner = owner_of.get(listing.slug, listing.base_id)
        if listing.kind != "alias" and owner.lower() != listing.base_id.lower():
            collisions.append(listing)
            continue
        if listing.kind in OFFERED:
            owner_of[listing.slug] = owner
        members.setdefault(listing.slug, []).append(listing)
    supplements = _by_slug(joined)
    subjects = tuple(
        subject
        for slug in sorted(members)
        if (subject := _subject(slug, members[slug], supplements.get(slug, ()), absences, facets))
    )
    used = {listing.id for subject in subjects for listing in subject.aliases}
    aliases = (listing.id for group in members.values() for listing in group if listing.kind == "alias")
    return Gathered(subjects, tuple(collisions), tuple(sorted(one for one in aliases if one not in used)))


def account(gathered: Gathered, *, listings: Iterable[Listing], joined: int = 0, quarantined: int = 0) -> Accounting:
    """Count where each listing went; endpoints, cards and entries are details of a listing and do not count.

    `listings` are those that were gathered and are there, `joined` how many more are part of other sources' passports,
    `quarantined` how many were refused before.
    """
    listed = [listing for listing in listings if listing.kind in NAMING]
    there = {listing.id for listing in listed}
    aliases = sum(1 for listing in listed if listing.kind == "alias")
    collided = sum(1 for listing in gathered.collisions if listing.kind in NAMING)
    offers = [sum(offer.id in there for offer in subject.offers) for subject in gathered.subjects]
    return Accounting(
        listings=len(listed) + joined + quarantined,
        passports=sum(1 for count in offers if count),
        offers_merged=sum(count - 1 for count in offers if count),
        aliases=aliases,
        joined=joined,
        quarantined=quarantined + collided,
        aliases_without_target=gathered.aliases_without_target,
    )


def collision(listing: Listing, owner: str, raw: RawListing) -> Quarantined:
    """Quarantine a listing because another id has its slug."""
    shared = f"{listing.base_id!r} would share the slug {listing.slug!r} with {owner!r}"
    reason = f"{shared}, which had it first and retains it"
    return Quarantined.of(listing, "merge", reason, field="/id", raw=raw.body)


def _precedence(listing: Listing) -> tuple[str, int, bool, str]:
    """Sort key: slug, then source, then a model before its variants, then id."""
    return (listing.slug, SOURCE_NAMES.index(listing.source), listing.variant is not None, listing.id)


def _by_slug(joined: Iterable[Joined]) -> dict[str, tuple[Joined, ...]]:
    grouped: dict[str, list[Joined]] = defaultdict(list)
    for one in joined:
        grouped[one.slug].append(one)
    return {slug: tuple(sorted(group, key=_supplement_order)) for slug, group in grouped.items()}


def _supplement_order(joined: Joined) -> tuple[int, bool, str]:
    """Sort key of one source's records: those that name the seller's listing come before the repository's."""
    listing = joined.listing
    about = any(name.startswith(f"{SELLER}:") for name in listing.same_as)
    return (SOURCE_NAMES.index(listing.source), not about, listing.id)


def _subject(
    slug: str, members: list[Listing], supplements: tuple[Joined, ...], absences: Absences, facets: Facets
) -> Subject | None:
    """The subject of one slug, without offers that are gone while others are there; None where it has no offer."""
    offers = tuple(listing for listing in members if listing.kind in OFFERED)
    if absences:
        offers = tuple(offer for offer in offers if not _is_gone(offer, absences)) or offers
    if not offers:
        return None
    primary = offers[0]
    aliases = tuple(m for m in members if m.kind == "alias" and m.base_id == primary.base_id)
    endpoints = next((m for m in members if m.kind == "endpoints" and m.id == primary.id), None)
    supplements = (*supplements, *facets.of(primary, endpoints))
    claims = _claims(offers, aliases, endpoints)
    claims, others = resolve_claims(claims, supplements)
    absence = absences.get((primary.source, primary.id))
    if absence and absence.confirmed:
        *earlier, latest = [Claim(absent_in(one, primary.id), one) for one in absence.observations]
        found = {
            fact.name: Claim(fact, latest.listing) for fact in latest.listing.facts if fact.name in (MOVED, REPLACED)
        }
        claims, others = {**claims, **found, MISSING: latest}, {**others, MISSING: tuple(earlier)}
    stated = frozenset([name for name, claim in claims.items() if claim.fact.value is not False])
    return Subject(
        slug=slug,
        primary=primary,
        offers=offers,
        aliases=aliases,
        endpoints=endpoints,
        absence=absence,
        supplements=supplements,
        claims=claims,
        others=others,
        stated=stated,
        groups=_groups(claims),
    )


def _is_gone(offer: Listing, absences: Absences) -> bool:
    absence = absences.get((offer.source, offer.id))
    return absence is not None and absence.confirmed


def _claims(offers: tuple[Listing, ...], aliases: tuple[Listing, ...], endpoints: Listing | None) -> dict[str, Claim]:
    """Claims of the seller's records: the primary listing's facts first, then its endpoints'.

    Other offers and aliases add only that they exist.
    """
    primary = offers[0]
    claims = _claims_of(primary)
    if endpoints:
        claims = _claims_of(endpoints) | claims
    for offer in offers:
        name = f"offer:{offer.variant or STANDARD_OFFER}"
        claims[name] = Claim(offer.facts[0]._replace(name=name, value=offer.id), offer)
    for alias in aliases:
        name = f"alias:{alias.id}"
        claims[name] = Claim(alias.facts[0]._replace(name=name, value=alias.id), alias)
    return claims


def _claims_of(listing: Listing) -> dict[str, Claim]:
    """Fact name → its claim; of equal names the last one counts."""
    facts = listing.facts
    claims = map(_MAKE_CLAIM, zip(facts, repeat(listing), strict=False))
    return dict(zip([fact.name for fact in facts], claims, strict=True))


_MAKE_CLAIM: Final = partial(tuple.__new__, Claim)
"""Makes a claim of a fact and its listing, at two thirds of what `Claim` takes: each model has a hundred."""


def _groups(claims: Iterable[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name in claims:
        if ":" in name:
            group, _, item = name.partition(":")
            groups.setdefault(group, []).append(item)
    return groups
