"""Reads OpenRouter's facets: which models an answer about all of them has, at which place, and which it has not."""

from collections.abc import Iterable

from pipelines.formats.record_reader import FieldError, RecordReader, parse_record, shown
from pipelines.normalise.facts import COUNTED, LISTED, WITHIN, WITHOUT
from schemas.listing import Fact, Listing, RawListing

MOST_MODELS = 20_000
"""Most models in one answer."""

LONGEST_ID = 90
"""Most characters of an id; the longest recorded one has 60."""

UNREAD = ("/query", "/answer_sha256")
"""Fields that say where an answer comes from, and not what it states."""


def read_facet(raw: RawListing) -> Listing:
    """Read one answer; raise FieldError naming the field that cannot be read."""
    record = RecordReader(parse_record(raw.body))
    count, listed = _count(record, "count"), _count(record, "listed")
    facts = [Fact(COUNTED, count, "/count", count), Fact(LISTED, listed, "/listed", listed)]
    for field, name in (("answered", WITHIN), ("absent", WITHOUT)):
        facts += _members(record, field, name)
    within, without = (sum(fact.name == name for fact in facts) for name in (WITHIN, WITHOUT))
    if within != count:
        raise FieldError("/count", f"is {count}, where {within} models are in the answer")
    if without > listed:
        raise FieldError("/listed", f"is {listed}, where {without} models are not in the answer")
    return facet_listing(raw, facts, record)


def facet_listing(raw: RawListing, facts: Iterable[Fact], record: RecordReader) -> Listing:
    """The listing of a facet, which is about all models and so names none."""
    leftovers = tuple(pointer for pointer in record.leftovers() if pointer not in UNREAD)
    return Listing.of(
        raw, kind="facet", slug="facet", name=raw.id, author=raw.source, facts=tuple(facts), leftovers=leftovers
    )


def _count(record: RecordReader, field: str) -> int:
    count = record.optional_count(field)
    return record.refuse(field, "is missing") if count is None else count


def _members(record: RecordReader, field: str, name: str) -> list[Fact]:
    """A fact for each model of a field: its id, shown by its place in the answer, or by `true` where it is absent."""
    members = record.nested(field)
    ids = members.names()
    if len(ids) > MOST_MODELS:
        record.refuse(field, f"has {len(ids):,} models, at most {MOST_MODELS:,} are read")
    return [_member(members, one, name) for one in ids]


def _member(members: RecordReader, one: str, name: str) -> Fact:
    value = members.take(one)
    if not one or len(one) > LONGEST_ID:
        members.refuse(one, f"is of an id of {len(one)} characters, and from 1 to {LONGEST_ID} are believable")
    if (value is not True) if name == WITHOUT else (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        members.refuse(one, f"is {shown(value)}, not {'true' if name == WITHOUT else 'a place from 1 on'}")
    return Fact(name, one, members.place(one), value)
