"""Builds a passport's subject again from the records that it names, and checks that they are of one model."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from pipelines.errors import PipelineError
from pipelines.extraction.record import refutation
from pipelines.lifecycle.absence import Absence, is_confirmed
from pipelines.lifecycle.identity import identity_of
from pipelines.merge.facets import Facets
from pipelines.merge.gather import NO_ABSENCES, Absences, gather
from pipelines.merge.joins import Joined, Joins, joins_of
from pipelines.merge.subject import Subject
from pipelines.normalise.admit import admit
from pipelines.normalise.facts import MOVED, SOUGHT
from schemas.listing import CLAIMING, Listing, Quarantined, RawListing
from schemas.sources import BY_NAME, EXTRACTION

Json = Mapping[str, Any]


OBSERVATIONS = ("roll", "absence")
"""Kinds of records that show that another record is absent."""

MOST_CACHED = 512
"""Most records that are cached as they were read: the seller's answers about all its models concern every passport."""

LONGEST_CACHED = 65_536
"""Most characters of such a record; longer ones are texts, which concern one passport."""


class NotJoinedError(PipelineError):
    """Raised where records that a passport names are missing, do not join its model, or are not all of it."""


class NamedRecord(NamedTuple):
    """A record that a passport names, and the way in which it says that it was joined."""

    raw: RawListing
    listing: Listing
    by: str


def regather(
    slug: str, named: Iterable[Json], records: Iterable[RawListing], *, cited: Collection[str] = ()
) -> Subject:
    """Build the subject of a passport again; `named` is its `artifact.model.records`. Raises NotJoinedError.

    `records` may hold others: those of the same model must be named too. `cited` are the digests of the records that
    the passport's evidence points into.
    """
    wanted, at_hand = list(named), list(records)
    found = _found(wanted, at_hand, cited)
    own = [one.listing for one in found if one.by == "own" and one.listing.kind not in OBSERVATIONS]
    observations = tuple(one.listing for one in found if one.by == "own" and one.listing.kind in OBSERVATIONS)
    beside = [one for one in _beside(wanted, at_hand) if not _only_shares_the_slug(one, slug, own)]
    owner = next((one.base_id for one in own if one.slug == slug), None)
    under_the_same_ids = _under_the_same_ids(at_hand, found)
    absences = _absences(own, observations)
    at_hand_now = [*(one.listing for one in found), *beside, *under_the_same_ids]
    joins = joins_of(at_hand_now, {slug: owner}.get, gone=absences.keys())
    joined = [_joined(slug, one, joins) for one in found if one.by != "own" and one.listing.kind != "facet"]
    _see_that_none_is_left_out(slug, own, beside, joins)
    _see_that_texts_hold(found)
    answers = [one for one in (*(one.listing for one in found), *beside) if one.kind == "facet"]
    gathered = gather(own, joined=joined, absences=absences, facets=Facets(answers)).subjects
    subjects = [one for one in gathered if one.slug == slug]
    if len(subjects) != 1:
        raise NotJoinedError(f"the stored records give {len(subjects)} models of this slug, not one")
    _see_that_facets_are_named(subjects[0], found)
    return subjects[0]


def _found(named: list[Json], records: Iterable[RawListing], cited: Collection[str]) -> list[NamedRecord]:
    """Find the records that are named; of one id both a record and the answer that there is none can be."""
    stored: dict[tuple[str, str], list[RawListing]] = defaultdict(list)
    for raw in records:
        stored[raw.source, raw.id].append(raw)
    times = Counter(map(_key, named))
    left = {key: iter(_meant(key, stored[key], count, cited)) for key, count in times.items()}
    return [NamedRecord(*next(left[_key(record)]), record["joined_by"]) for record in named]


def _key(record: Json) -> tuple[str, str]:
    return record["source"], record["id"]


def _meant(
    key: tuple[str, str], stored: Iterable[RawListing], count: int, cited: Collection[str]
) -> list[tuple[RawListing, Listing]]:
    """Choose as many records of one id as are named: those that the evidence cites, then answers that there is none."""
    read = [(raw, listing) for raw in stored if isinstance(listing := _admitted(raw), Listing)]
    if len(read) < count:
        raise NotJoinedError(f"no readable record {key[1]!r} of {key[0]} is stored")
    likely = sorted(read, key=lambda one: (one[0].content_sha256 not in cited, one[1].kind not in OBSERVATIONS))
    return sorted(likely[:count], key=lambda one: one[1].kind in OBSERVATIONS)


def _beside(named: Iterable[Json], records: Iterable[RawListing]) -> list[Listing]:
    """The readable records whose ids the passport does not name."""
    keys = set(map(_key, named))
    read = (_admitted(raw) for raw in records if (raw.source, raw.id) not in keys)
    return [listing for listing in read if isinstance(listing, Listing)]


def _admitted(raw: RawListing) -> Listing | Quarantined:
    """Read a record, or return what was read of it before."""
    return _read_once(raw) if len(raw.body) <= LONGEST_CACHED else admit(raw)


@lru_cache(maxsize=MOST_CACHED)
def _read_once(raw: RawListing) -> Listing | Quarantined:
    return admit(raw)


def _under_the_same_ids(records: Iterable[RawListing], found: Iterable[NamedRecord]) -> list[Listing]:
    """The readable records of a named id that are not named: a repository beside the answer that it is missing."""
    named = {_id_of(one.raw): one.raw.content_sha256 for one in found}
    read = (_admitted(raw) for raw in records if named.get(_id_of(raw), raw.content_sha256) != raw.content_sha256)
    return [listing for listing in read if isinstance(listing, Listing)]


def _id_of(raw: RawListing) -> tuple[str, str]:
    return raw.source, raw.id


def _only_shares_the_slug(listing: Listing, slug: str, own: list[Listing]) -> bool:
    """Whether a listing has another id that gives the same slug, and the passport's own id had it first."""
    bases = {one.base_id.lower() for one in own}
    return listing.kind in CLAIMING and listing.slug == slug and listing.base_id.lower() not in bases


def _joined(slug: str, record: NamedRecord, joins: Joins) -> Joined:
    """Join a named record again, and check that it reaches the passport in the way that the passport says."""
    listing = record.listing
    found = next((one for one in joins.passports_of(listing) if one.slug == slug and one.by == record.by), None)
    if found is None:
        raise NotJoinedError(f"no record joins {listing.id!r} of {listing.source} to this model")
    return found


def _see_that_none_is_left_out(slug: str, own: list[Listing], beside: Iterable[Listing], joins: Joins) -> None:
    """Check that every stored record of this model is named: one that contradicts the passport must not be left out."""
    for listing in beside:
        placed = next((one for one in joins.passports_of(listing) if one.slug == slug), None)
        if placed and listing.kind not in OBSERVATIONS and (placed.by != "own" or _is_an_offer(listing, own)):
            raise NotJoinedError(
                f"{listing.id!r} of {listing.source} is of this model, but the passport does not name it"
            )


def _see_that_facets_are_named(subject: Subject, found: Iterable[NamedRecord]) -> None:
    """Check that a passport names those answers about all models that say something of its own, and no others."""
    stated = {(one.listing.source, one.listing.id) for one in subject.supplements if one.listing.kind == "facet"}
    named = {(one.listing.source, one.listing.id) for one in found if one.listing.kind == "facet"}
    for source, record_id in sorted(stated ^ named):
        what = "says nothing of this model" if (source, record_id) in named else "is not among the records"
        raise NotJoinedError(f"{record_id!r} of {source} {what}")


def _is_an_offer(listing: Listing, own: list[Listing]) -> bool:
    """Whether a listing is a further offer of the same model, or the endpoints of its first offer."""
    same = bool(own) and (BY_NAME[listing.source].crawl, listing.base_id) == (own[0].source, own[0].base_id)
    return same and (listing.kind != "endpoints" or listing.id == own[0].id)


def _see_that_texts_hold(found: Iterable[NamedRecord]) -> None:
    """Check each extraction against its text, which must be among the named records."""
    by_id = {(one.listing.source, one.listing.id): one for one in found}
    for (source, record_id), extraction in by_id.items():
        if source == EXTRACTION:
            of_source, _, of_id = record_id.partition(":")
            text = by_id.get((of_source, of_id))
            if text is None:
                raise NotJoinedError(f"the text that {record_id!r} of {source} is about is not named by the passport")
            if reason := refutation(extraction.raw, text.raw, text.listing.kind):
                raise NotJoinedError(f"{record_id!r} of {source} does not fit its text: {reason}")


def _absences(own: Iterable[Listing], observations: tuple[Listing, ...]) -> Absences:
    """The absences that the named observations prove; a passport names any only if all its listings are gone."""
    ordered = tuple(sorted(observations, key=lambda observation: observation.observed_at))
    return {(one.source, one.id): _absence(one, ordered) for one in own} if observations else NO_ABSENCES


def _shows_a_move(observation: Listing, listing: Listing) -> bool:
    """Whether an observation found this very record under another name."""
    values = {fact.name: fact.value for fact in observation.facts}
    return MOVED in values and values[SOUGHT] == identity_of(listing)


def _absence(listing: Listing, observations: tuple[Listing, ...]) -> Absence:
    """Check that the observations prove an absence: either one shows a rename, or the time between them suffices.

    Of answers for a single record only the latest is stored; the first miss came after the record was last seen.
    """
    since = observations[0].observed_at if observations[0].kind == "roll" else listing.observed_at
    at = observations[-1].observed_at
    if not any(_shows_a_move(observation, listing) for observation in observations) and not is_confirmed(
        listing, since, at
    ):
        raise NotJoinedError(f"{listing.id!r} was missed from {since} to {at}: that does not prove that it is gone")
    return Absence(observations, confirmed=True)
