"""Gathers a passport's subject again from the records that it names, and sees whether they are of one model."""

from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.absence import Absence, suffices
from pipelines.errors import PipelineError
from pipelines.extraction_record import disproof
from pipelines.join import HUB, SELLER, Joined, Joins, words
from pipelines.merge import NO_ABSENCES, Absences, Subject, gather
from pipelines.normalise_extraction import SOURCE as EXTRACTION
from pipelines.order import admit
from schemas.listing import Listing, RawListing

Json = Mapping[str, Any]


LOOKS = ("roll", "absence")
"""Kinds of records that show that another one is not there."""


class NotJoinedError(PipelineError):
    """The records that a passport names are not there, or do not say that they are of its model."""


def regathered(slug: str, named: Iterable[Json], records: Iterable[RawListing]) -> Subject:
    """Gather the subject of a passport; `named` is its `artifact.model.records`. Raise NotJoinedError."""
    raws = {(raw.source, raw.id): raw for raw in records}
    listings = {_key(record): _listing(record, raws) for record in named}
    how = {_key(record): record["joined_by"] for record in named}
    own = [one for key, one in listings.items() if how[key] == "own" and one.kind not in LOOKS]
    looks = tuple(one for key, one in listings.items() if how[key] == "own" and one.kind in LOOKS)
    joined = [_joined(slug, key, listings, how[key]) for key in listings if how[key] != "own"]
    _see_that_texts_hold(listings, raws)
    absences = _absences(own, looks)
    subjects = [one for one in gather(own, joined=joined, absences=absences).subjects if one.slug == slug]
    if len(subjects) != 1:
        raise NotJoinedError(f"the stored records do not give one model of this slug, but {len(subjects)}")
    return subjects[0]


def _key(record: Json) -> tuple[str, str]:
    return record["source"], record["id"]


def _listing(record: Json, raws: Mapping[tuple[str, str], RawListing]) -> Listing:
    raw = raws.get(_key(record))
    read = admit(raw) if raw else None
    if not isinstance(read, Listing):
        raise NotJoinedError(f"no record {record['id']!r} of {record['source']} is stored that can be read")
    return read


def _joined(slug: str, key: tuple[str, str], listings: Mapping[tuple[str, str], Listing], by: str) -> Joined:
    """See that a record belongs to the passport in the way that it says."""
    listing, joins = listings[key], Joins()
    for one in listings.values():
        if one.source == SELLER:
            joins.sold(one)
    for one in listings.values():
        joins.hosted(one)
    found = [one for one in joins.place(listing) if one.slug == slug and one.by != "own"]
    if found and by == "stated":
        return found[0]
    if by == "name" and _share_a_name(listing, listings.values()):
        return Joined(slug, listing, "name")
    raise NotJoinedError(f"nothing says that {listing.id!r} of {listing.source} is of this model")


def _share_a_name(listing: Listing, listings: Iterable[Listing]) -> bool:
    """Whether the repository that a record is of has the name of a listing; others of that name would not be stored."""
    repository = listing.id if listing.source == HUB else ""
    repository = repository or next(
        (name.partition(":")[2] for name in listing.same_as if name.startswith(f"{HUB}:")), ""
    )
    name = words(repository.partition("/")[2])
    return any(words(one.base_id.partition("/")[2]) == name for one in listings if one.source == SELLER)


def _see_that_texts_hold(
    listings: Mapping[tuple[str, str], Listing], raws: Mapping[tuple[str, str], RawListing]
) -> None:
    """What was found in a text must stand in the text that the passport names."""
    for source, record_id in listings:
        if source == EXTRACTION:
            of_source, _, of_id = record_id.partition(":")
            text = listings.get((of_source, of_id))
            if text is None:
                raise NotJoinedError(f"the text that {record_id!r} of {source} is about is not among the records")
            if reason := disproof(raws[source, record_id], raws[of_source, of_id], text.kind):
                raise NotJoinedError(f"{record_id!r} of {source} does not hold: {reason}")


def _absences(own: Iterable[Listing], looks: tuple[Listing, ...]) -> Absences:
    """What the looks say of the listings that the passport was made from; it names looks only where all are gone."""
    ordered = tuple(sorted(looks, key=lambda look: look.observed_at))
    return {(one.source, one.id): _absence(one, ordered) for one in own} if looks else NO_ABSENCES


def _absence(listing: Listing, looks: tuple[Listing, ...]) -> Absence:
    """See that the looks suffice; of single answers the latest is kept, and the first came after the good record."""
    since = looks[0].observed_at if looks[0].kind == "roll" else listing.observed_at
    at = looks[-1].observed_at
    if not suffices(listing, since, at):
        raise NotJoinedError(f"{listing.id!r} was missed from {since} to {at}: that does not show it gone")
    return Absence(looks, confirmed=True)
