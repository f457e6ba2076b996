"""Decides which records of several sources are about the same model. A join that is not sure is not made.

A record is joined by what a source states: the listing names a repository on the Hub, a catalogue's entry names a
listing, a card stands in its repository, a repository or its card names its code. A repository that was renamed is
found under its old name too. Only where a listing names no repository at all may its own name speak: author and name
must agree, the author's other repositories must all lie under that owner, one repository alone may fit, and it must not
be made from another model. Such joins are marked.
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
"""How a record came to a passport: it names it; a source states it; or its name alone speaks for it."""

NOTHING = sha256(b"").hexdigest()
"""Digest of an empty text: a card that was looked for and is not there. No passport is made from it."""

_BETWEEN_WORDS = re.compile(r"[^a-z0-9]+")


class Joined(NamedTuple):
    """A record, and the passport that it belongs to."""

    slug: str
    listing: Listing
    by: By


class _Naming(NamedTuple):
    """A listing that names no repository, and the name that one would have."""

    slug: str
    name: str


class Joins:
    """Which passports the records of a batch belong to.

    Tell it of the listings that are sold first (`sold`), then of the Hub's repositories and their cards (`hosted`),
    then ask `place`. `owners` knows everything that is sold beforehand: what does not own its slug is not joined to.
    """

    def __init__(self, owners: SlugOwners) -> None:
        self._slug_owners = owners
        self._slugs: dict[str, dict[str, By]] = defaultdict(dict)
        """Name of a listing or a repository → slugs of the passports that sellers' listings give it."""
        self._names = RepositoryNames(HUB)
        self._kept: set[str] = set()
        """Repositories that had a passport of their own before a seller's listing came to name them: it is kept up."""
        self._heirs: set[str] = set()
        """Repositories that had a passport of their own under a former name."""
        self._code: dict[str, set[str]] = defaultdict(set)
        """Name of a repository of code → the Hub's repositories that name it as theirs."""
        self._owners: dict[str, set[str]] = defaultdict(set)
        self._nameless: dict[str, list[_Naming]] = defaultdict(list)
        self._fitting: dict[str, set[str]] = defaultdict(set)
        """Slug of a listing that names no repository → repositories whose name would fit."""
        self._fits: dict[str, str] = {}
        """The other way about."""

    def sold(self, listing: Listing) -> None:
        """Note what a listing of the seller says of itself."""
        if listing.kind not in CLAIMING or not self._slug_owners.owns(listing.base_id, listing.slug):
            return
        self._slugs[key_of(listing.source, listing.base_id)][listing.slug] = "stated"
        repositories = listing.named(HUB)
        for repository in repositories:
            self._slugs[key_of(HUB, repository)][listing.slug] = "stated"
            self._owners[listing.author].add(repository.partition("/")[0].lower())
        if not repositories and listing.kind == "model":
            self._nameless[listing.author].append(_Naming(listing.slug, words(listing.base_id.partition("/")[2])))

    def hosted(self, listing: Listing, *, there: bool = True) -> None:
        """Note a repository of the Hub, whether it is still there, and the code of it; or its card."""
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
            self._kept.add(name)
        if any(self._slug_owners.serves(hub_slug(former), former) for former in listing.named(HUB)):
            self._heirs.add(name)

    def left(self, listing: Listing) -> None:
        """Note a repository of the Hub that lies under another name now."""
        self._names.note_left(listing)

    def is_heir(self, listing: Listing) -> bool:
        """Whether a repository had a passport of its own under a former name."""
        return listing.id.lower() in self._heirs

    def place(self, listing: Listing) -> tuple[Joined, ...]:
        """Say where a record belongs: to itself, to the passports of other records, or nowhere."""
        if listing.source in OFFERS:
            return (Joined(listing.slug, listing, "own"),)
        if listing.content_sha256 == NOTHING or (listing.source == CODE and is_recreated(listing)):
            return ()
        if listing.source != HUB:
            return _joined(listing, self._of_names(listing))
        if listing.kind != "model":
            return _joined(listing, self._of_look(listing))
        found = self._sold(listing.id) or self._by_name(listing.id)
        own = (Joined(listing.slug, listing, "own"),) if not found or listing.id.lower() in self._kept else ()
        return (*_joined(listing, found), *own)

    def _sold(self, repository: str) -> dict[str, By]:
        """The passports of listings that name what lies under a name: by it, or by one that it had."""
        return self._of_listings(self._names.meaning(repository))

    def _of_listings(self, names: Iterable[str]) -> dict[str, By]:
        found: dict[str, By] = {}
        for name in names:
            found |= self._slugs.get(key_of(HUB, name), {})
        return found

    def _of_look(self, look: Listing) -> dict[str, By]:
        """Whom it concerns that a repository is not there: those who name it, unless it lies elsewhere now.

        Where one moved on that had taken another's place, its name still concerns who named that other one.
        """
        stated = {fact.name for fact in look.facts}
        named = [] if self._names.is_left(look.id) else [look.id]
        if MOVED in stated:
            return self._own(look.id) | (self._of_listings(named) if REPLACED in stated else {})
        return self._of_listings([*named, *self._names.formers(look.id), *look.named(HUB)])

    def _of_names(self, listing: Listing) -> dict[str, By]:
        """Follow what a text or an entry names, and who names a repository of code."""
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
        """The passports of what others mean by a name."""
        if self._names.is_unsure(repository):
            return self._own(repository)
        return self._at(self._names.present(repository))

    def _at(self, repository: str) -> dict[str, By]:
        """The passports of what lies under a name: those that sell it, or its own, unless that slug is another's."""
        sold = self._sold(repository) or self._by_name(repository)
        return {**sold, **(self._own(repository) if not sold or repository.lower() in self._kept else {})}

    def _own(self, repository: str) -> dict[str, By]:
        slug = hub_slug(repository)
        return {slug: "stated"} if self._slug_owners.owns(repository, slug) else {}

    def _note_name(self, listing: Listing) -> None:
        for naming in self._candidates(listing):
            self._fitting[naming.slug].add(listing.id.lower())
            self._fits[listing.id.lower()] = naming.slug

    def _by_name(self, repository: str) -> dict[str, By]:
        slug = self._fits.get(repository.lower())
        return {slug: "name"} if slug and len(self._fitting[slug]) == 1 else {}

    def _candidates(self, listing: Listing) -> list[_Naming]:
        if any(fact.name.startswith("base_model:") for fact in listing.facts):
            return []
        owner, _, name = listing.id.partition("/")
        authors = [
            author
            for author, owners in self._owners.items()
            if owners == {owner.lower()} and owners_match(author, owner)
        ]
        fitting = [naming for author in authors for naming in self._nameless[author] if naming.name == words(name)]
        return fitting if len(fitting) == 1 else []


def key_of(source: str, name: str) -> str:
    """What a record is called in `Listing.same_as`; sources' names differ in more than case."""
    return f"{source}:{name}".lower()


def words(name: str) -> str:
    """A name's words and figures in lower case: "QwQ-32B" and "qwq 32b" are the same."""
    return _BETWEEN_WORDS.sub("-", name.lower()).strip("-")


def in_order(
    listings: Iterable[Listing],
    served: Callable[[str], str | None] = no_owner,
    *,
    gone: Collection[tuple[str, str]] = (),
) -> Joins:
    """Join a batch that is at hand whole; `served` gives the id that a slug is served under.

    `gone` are sources and ids of listings that are not offered any more: they keep their slug, and name nothing.
    """
    at_hand, owners = list(listings), SlugOwners(served)
    sold = [listing for listing in at_hand if listing.source == SELLER]
    for listing in sold:
        owners.claim(listing)
    joins = Joins(owners)
    for listing in sold:
        if (listing.source, listing.id) not in gone:
            joins.sold(listing)
    for listing in at_hand:
        joins.hosted(listing)
    return joins


def _joined(listing: Listing, slugs: dict[str, By]) -> tuple[Joined, ...]:
    return tuple(Joined(slug, listing, by) for slug, by in sorted(slugs.items()))
