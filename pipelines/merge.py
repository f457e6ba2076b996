"""Brings together the listings of one model: its offers, its other names, its endpoints, and what they state."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from schemas.listing import Fact, FactValue, Listing, Quarantined, RawListing
from schemas.run import Accounting

SOURCES = ("openrouter", "openrouter-endpoints")
"""Every source, in the order of precedence: where two state the same fact, the earlier one is believed first."""

STANDARD_OFFER = "standard"


class Claim(NamedTuple):
    """A fact and the listing that states it."""

    fact: Fact
    listing: Listing


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
    claims: dict[str, Claim]
    """Fact name → the claim that is believed."""
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

    def items(self, group: str) -> list[str]:
        """The items of a group of facts, in the order of their names: "input" gives ["image", "text"]."""
        return self.groups.get(group, [])


class Gathered(NamedTuple):
    """All models of a batch, and what could not be brought together."""

    subjects: tuple[Subject, ...]
    collisions: tuple[Listing, ...]
    """Listings whose slug belongs to another id that was seen first."""
    aliases_without_target: tuple[str, ...]
    endpoints_unused: tuple[str, ...]
    """Ids whose endpoints no passport shows: of models that are not in the batch, and of further offers and names."""


def gather(listings: Iterable[Listing], owners: dict[str, str] | None = None) -> Gathered:
    """Group listings by model, in order of slug; a source's id may stand among them once.

    `owners` (slug → base id) says which id had a slug first; a newcomer that would share it is a collision.
    """
    owner_of = dict(owners or {})
    members: dict[str, list[Listing]] = {}
    collisions: list[Listing] = []
    for listing in sorted(listings, key=_precedence):
        owner = owner_of.get(listing.slug, listing.base_id)
        if listing.kind != "alias" and owner != listing.base_id:
            collisions.append(listing)
            continue
        if listing.kind in ("model", "router", "variant"):
            owner_of[listing.slug] = owner
        members.setdefault(listing.slug, []).append(listing)
    subjects = tuple(subject for slug in sorted(members) if (subject := _subject(slug, members[slug])))
    used = {listing.id for subject in subjects for listing in subject.aliases}
    shown = {subject.endpoints.id for subject in subjects if subject.endpoints}
    left = [listing for group in members.values() for listing in group]
    return Gathered(subjects, tuple(collisions), _others(left, "alias", used), _others(left, "endpoints", shown))


def account(gathered: Gathered, quarantined: int, listings: Iterable[Listing]) -> Accounting:
    """Count where each listing of the model list went (endpoints are details of a listing, not listings).

    `listings` are those that were gathered, `quarantined` is how many of the list were refused before.
    """
    listed = [listing for listing in listings if listing.kind != "endpoints"]
    aliases = sum(1 for listing in listed if listing.kind == "alias")
    collided = sum(1 for listing in gathered.collisions if listing.kind != "endpoints")
    return Accounting(
        listings=len(listed) + quarantined,
        passports=len(gathered.subjects),
        offers_merged=sum(len(subject.offers) - 1 for subject in gathered.subjects),
        aliases=aliases,
        quarantined=quarantined + collided,
        aliases_without_target=gathered.aliases_without_target,
    )


def collision(listing: Listing, owner: str, raw: RawListing) -> Quarantined:
    """Explain a collision of slugs to whoever reads the quarantine."""
    shared = f"{listing.base_id!r} would share the slug {listing.slug!r} with {owner!r}"
    return Quarantined(
        stage="merge",
        source=listing.source,
        id=listing.id,
        field="/id",
        reason=f"{shared}, which was seen first and keeps it",
        observed_at=listing.observed_at,
        raw=raw.body,
    )


def _precedence(listing: Listing) -> tuple[str, int, bool, str]:
    """Sort key: by slug, then source, the model itself before its variants, then id."""
    return (listing.slug, SOURCES.index(listing.source), listing.variant is not None, listing.id)


def _subject(slug: str, members: list[Listing]) -> Subject | None:
    offers = tuple(listing for listing in members if listing.kind in ("model", "router", "variant"))
    if not offers:
        return None
    primary = offers[0]
    aliases = tuple(m for m in members if m.kind == "alias" and m.base_id == primary.base_id)
    endpoints = next((m for m in members if m.kind == "endpoints" and m.id == primary.id), None)
    claims = _claims(offers, aliases, endpoints)
    stated = frozenset(name for name, claim in claims.items() if claim.fact.value is not False)
    return Subject(slug, primary, offers, aliases, endpoints, claims, stated, _groups(claims))


def _claims(offers: tuple[Listing, ...], aliases: tuple[Listing, ...], endpoints: Listing | None) -> dict[str, Claim]:
    """Believe the primary listing first, then its endpoints; offers and aliases add only that they exist."""
    primary = offers[0]
    claims = {fact.name: Claim(fact, primary) for fact in primary.facts}
    if endpoints:
        claims = {fact.name: Claim(fact, endpoints) for fact in endpoints.facts} | claims
    for offer in offers:
        name = f"offer:{offer.variant or STANDARD_OFFER}"
        claims[name] = Claim(offer.facts[0]._replace(name=name, value=offer.id), offer)
    for alias in aliases:
        name = f"alias:{alias.id}"
        claims[name] = Claim(alias.facts[0]._replace(name=name, value=alias.id), alias)
    return claims


def _groups(claims: Iterable[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name in claims:
        if ":" in name:
            group, _, item = name.partition(":")
            groups.setdefault(group, []).append(item)
    return groups


def _others(listings: Iterable[Listing], kind: str, used: set[str]) -> tuple[str, ...]:
    return tuple(sorted(listing.id for listing in listings if listing.kind == kind and listing.id not in used))
