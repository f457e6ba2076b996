"""Decides which records of several sources are about the same model; an uncertain join is not made.

A record is joined by what a source states: a listing names a repository of the Hub, a catalogue's entry names a
listing, a card belongs to its repository, a repository or its card names its code. A renamed repository is found under
its old name too. Only a listing that names no repository may be joined by its own name, and the join is marked so. Then
all of these hold: author and name agree, the author's other repositories are all of that owner, exactly one repository
fits, and it is not derived from another model.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from hashlib import sha256
from typing import Literal, NamedTuple

from pipelines.formats.slugs import hub_slug
from pipelines.merge.repository_names import RepositoryNames, is_recreated
from pipelines.merge.slug_owners import SlugOwners, no_owner
from pipelines.normalise.facts import MOVED, REPLACED
from pipelines.normalise.name_match import owners_match
from schemas.listing import CLAIMING, Listing
from schemas.sources import CATALOGUES, CODE, HOSTED, HUB, OFFERS, SELLER

By = Literal["own", "stated", "name"]
"""How a record came to a passport: it names the passport, a source states the join, or only its name fits."""

NOTHING = sha256(b"").hexdigest()
"""Digest of an empty text, which stands for a card that was asked for and does not exist; it is part of no passport."""

_BETWEEN_WORDS = re.compile(r"[^a-z0-9]+")


class Joined(NamedTuple):
    """A record, and a passport that it belongs to."""

    slug: str
    listing: Listing
    by: By


class Joins:
    """Finds the passports that each record of a batch belongs to.

    Call `add_seller_listing` for every listing of the seller first, then `add_repository` for the Hub's repositories
    and their cards; `passports_of` answers after that. `owners` must already know all listings of the seller: one that
    does not own its slug is joined to nothing.
    """

    def __init__(self, owners: SlugOwners) -> None:
        self._slug_owners = owners
        self._slugs: dict[str, dict[str, By]] = defaultdict(dict)
        """Name of a listing or a repository → slugs of the passports of the seller's listings that name it."""
        self._names = RepositoryNames(HUB)
        self._retained: set[str] = set()
        """Repositories that had a passport before a seller's listing named them; they retain it."""
        self._heirs: set[str] = set()
        """Repositories that had a passport under a former name."""
        self._code: dict[str, set[str]] = defaultdict(set)
        """Name of a code repository → the Hub's repositories that name it as their code."""
        self._owners: dict[str, set[str]] = defaultdict(set)
        self._nameless: dict[str, list[tuple[str, str]]] = defaultdict(list)
        """Author → slug of a listing that names no repository, and the `words` of a name that would fit."""
        self._fitting: dict[str, set[str]] = defaultdict(set)
        """Slug of a listing that names no repository → repositories whose name fits."""
        self._fits: dict[str, str] = {}
        """The reverse: repository → that slug."""

    def add_seller_listing(self, listing: Listing) -> None:
        """Note the names that a seller's listing gives for itself."""
        if listing.kind not in CLAIMING or not self._slug_owners.owns(listing.base_id, listing.slug):
            return
        self._slugs[key_of(listing.source, listing.base_id)][listing.slug] = "stated"
        repositories = listing.named(HUB)
        for repository in repositories:
            self._slugs[key_of(HUB, repository)][listing.slug] = "stated"
            self._owners[listing.author].add(repository.partition("/")[0].lower())
        if not repositories and listing.kind == "model":
            self._nameless[listing.author].append((listing.slug, words(listing.base_id.partition("/")[2])))

    def add_repository(self, listing: Listing, *, there: bool = True) -> None:
        """Note a card, or a repository of the Hub and its code; `there` is false for a repository that is gone."""
        if listing.kind not in ("model", "card") or listing.source not in HOSTED:
            return
        for code in listing.named(CODE):
            self._code[key_of(CODE, code)].add(listing.id)
        if listing.kind == "card":
            return
        self._slug_owners.claim(listing)
        self._names.note(listing)
        sold, name = self._sold(listing.id), listing.id.lower()
        if there and not sold and not is_recreated(listing):
            self._note_name(listing)
        if (sold or name in self._fits) and self._slug_owners.serves(listing.slug, listing.id):
            self._retained.add(name)
        if any(self._slug_owners.serves(hub_slug(former), former) for former in listing.named(HUB)):
            self._heirs.add(name)

    def add_relocated(self, listing: Listing) -> None:
        """Note a repository of the Hub that has another name now."""
        self._names.note_renamed(listing)

    def is_heir(self, listing: Listing) -> bool:
        """Whether a repository had a passport under a former name."""
        return listing.id.lower() in self._heirs

    def passports_of(self, listing: Listing) -> tuple[Joined, ...]:
        """The passports that a record belongs to: its own, those of other records, both, or none."""
        if listing.source in OFFERS:
            return (Joined(listing.slug, listing, "own"),)
        if listing.content_sha256 == NOTHING or (listing.source == CODE and is_recreated(listing)):
            return ()
        if listing.source != HUB:
            return _joined(listing, self._of_names(listing))
        if listing.kind != "model":
            return _joined(listing, self._of_observation(listing))
        found = self._sold(listing.id) or self._by_name(listing.id)
        own = (Joined(listing.slug, listing, "own"),) if not found or listing.id.lower() in self._retained else ()
        return (*_joined(listing, found), *own)

    def _sold(self, repository: str) -> dict[str, By]:
        """The passports of listings that name a repository, by its present name or a former one."""
        return self._of_listings(self._names.meaning(repository))

    def _of_listings(self, names: Iterable[str]) -> dict[str, By]:
        found: dict[str, By] = {}
        for name in names:
            found |= self._slugs.get(key_of(HUB, name), {})
        return found

    def _of_observation(self, observation: Listing) -> dict[str, By]:
        """The passports that a repository's absence concerns: those that name it, unless it was only renamed.

        A repository that replaced another and then moved concerns its own passport, and those that name the other by
        this name.
        """
        stated = {fact.name for fact in observation.facts}
        named = [] if self._names.is_renamed(observation.id) else [observation.id]
        if MOVED in stated:
            return self._own(observation.id) | (self._of_listings(named) if REPLACED in stated else {})
        return self._of_listings([*named, *self._names.formers(observation.id), *observation.named(HUB)])

    def _of_names(self, listing: Listing) -> dict[str, By]:
        """The passports that a text, a catalogue's entry or a repository of code belongs to, by what names what."""
        found: dict[str, By] = dict(self._slugs.get(key_of(listing.source, listing.id), {}))
        for name in listing.named(SELLER):
            found |= self._slugs.get(key_of(SELLER, name), {})
        follow = self._meant if listing.source in CATALOGUES else self._at
        for repository in listing.named(HUB):
            found |= follow(repository)
        for code in (listing.id, *listing.named(CODE)) if listing.source == CODE else ():
            for repository in sorted(self._code.get(key_of(CODE, code), ())):
                found |= self._at(repository)
        return found

    def _meant(self, repository: str) -> dict[str, By]:
        """The passports of the repository that others mean by a name, which may since have been renamed or replaced."""
        if self._names.is_unsure(repository):
            return self._own(repository)
        return self._at(self._names.present(repository))

    def _at(self, repository: str) -> dict[str, By]:
        """The passports of the repository now at a name: those that sell it, or its own if it owns its slug."""
        sold = self._sold(repository) or self._by_name(repository)
        return {**sold, **(self._own(repository) if not sold or repository.lower() in self._retained else {})}

    def _own(self, repository: str) -> dict[str, By]:
        slug = hub_slug(repository)
        return {slug: "stated"} if self._slug_owners.owns(repository, slug) else {}

    def _note_name(self, listing: Listing) -> None:
        for slug in self._candidates(listing):
            self._fitting[slug].add(listing.id.lower())
            self._fits[listing.id.lower()] = slug

    def _by_name(self, repository: str) -> dict[str, By]:
        slug = self._fits.get(repository.lower())
        return {slug: "name"} if slug and len(self._fitting[slug]) == 1 else {}

    def _candidates(self, listing: Listing) -> list[str]:
        """The slug of the one listing without a repository that this repository fits by owner and name, or none."""
        if any(fact.name.startswith("base_model:") for fact in listing.facts):
            return []
        owner, _, name = listing.id.partition("/")
        authors = [
            author
            for author, owners in self._owners.items()
            if owners == {owner.lower()} and owners_match(author, owner)
        ]
        fitting = [slug for author in authors for slug, fits in self._nameless[author] if fits == words(name)]
        return fitting if len(fitting) == 1 else []


def key_of(source: str, name: str) -> str:
    """A record's name as in `Listing.same_as`, in lower case: sources write the same name in different case."""
    return f"{source}:{name}".lower()


def words(name: str) -> str:
    """A name's words and figures in lower case, joined by hyphens: "QwQ-32B" and "qwq 32b" are the same."""
    return _BETWEEN_WORDS.sub("-", name.lower()).strip("-")


def joins_of(
    listings: Iterable[Listing],
    served: Callable[[str], str | None] = no_owner,
    *,
    gone: Collection[tuple[str, str]] = (),
) -> Joins:
    """Return the joins of a whole batch that is in memory; `served` gives the id that a slug is served under.

    `gone` are source and id of listings that are no longer offered: they retain their slug, and join nothing.
    """
    at_hand, owners = list(listings), SlugOwners(served)
    sold = [listing for listing in at_hand if listing.source == SELLER]
    for listing in sold:
        owners.claim(listing)
    joins = Joins(owners)
    for listing in sold:
        if (listing.source, listing.id) not in gone:
            joins.add_seller_listing(listing)
    for listing in at_hand:
        joins.add_repository(listing)
    return joins


def _joined(listing: Listing, slugs: dict[str, By]) -> tuple[Joined, ...]:
    return tuple(Joined(slug, listing, by) for slug, by in sorted(slugs.items()))
