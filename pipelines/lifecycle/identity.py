"""Follows a record by the permanent id that its source gives it, through renames and replacements: pure.

A name does not identify a record. A repository renamed from a/x to b/x is still the same one, and one that was deleted
and created again as a/x is another one. Where a record is found under another name, or another record under its name,
an observation record of that is written: the evidence that it is not under its old name any more.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import orjson

from pipelines.normalise.admit import admit
from schemas.crawl import AdmittedLine
from schemas.listing import Listing, Observation, RawListing
from schemas.sources import BY_NAME


class KnownRecord(NamedTuple):
    """One of a source's last good records: its permanent id, its name, and what was noted of its renames."""

    identity: str
    id: str
    slug: str
    url: str
    asked_as: str | None
    observed_at: str
    succeeds: str | None
    moved_to: str | None


class Relocation(NamedTuple):
    """What was found later for a record's name: the record under another name, or another record under this one."""

    left: KnownRecord
    found: KnownRecord

    @property
    def is_rename(self) -> bool:
        """Whether the record was renamed, not replaced."""
        return self.left.identity == self.found.identity


def identity_of(listing: Listing) -> str | None:
    """The source's permanent id of a record, None where it gives none."""
    name = BY_NAME[listing.source].permanent_id
    value = next((fact.value for fact in listing.facts if fact.name == name), None)
    return value if isinstance(value, str) else None


def known_record(line: AdmittedLine) -> KnownRecord | None:
    """Reduce a record to what it is followed by; None where its source gives it no permanent id."""
    identity, raw = identity_of(line.listing), line.raw
    if identity is None:
        return None
    slug, marks = line.listing.slug, (raw.succeeds, line.moved_to)
    return KnownRecord(identity, raw.id, slug, raw.url, raw.asked_as, raw.observed_at, *marks)


def renames(records: Iterable[KnownRecord]) -> Iterator[Relocation]:
    """Yield a relocation from each former name of a record to its present one; `records` have one permanent id.

    The present name is that of the record observed last. Nothing is yielded where two were observed last at the same
    time, or where the last one has itself moved on.
    """
    *former, present = sorted(records, key=lambda one: one.observed_at)
    if former and former[-1].observed_at < present.observed_at and present.moved_to is None:
        yield from (Relocation(one, present) for one in former)


def mark_relocated(line: AdmittedLine, move: Relocation) -> list[AdmittedLine]:
    """Return a record marked as missing under its name; if its source names passports, also the observation of that."""
    at = move.found.observed_at
    since, latest = min(line.missing_since or at, at), max(line.missed_at or at, at)
    marks = {"missing_since": since, "missed_at": latest, "moved_to": move.found.id if move.is_rename else None}
    marked = line.model_copy(update=marks)
    names_passports = BY_NAME[line.raw.source].names_passports
    return [marked, record_relocation(move, line)] if names_passports else [marked]


def record_relocation(move: Relocation, last: AdmittedLine) -> AdmittedLine:
    """Build the observation that a record (`last`) is not under its name: where it is now, or what is there instead.

    It also concerns passports that know the record by a former name, unless it was only renamed: then they follow it.
    """
    left, found = move
    answer = {"asked": left.id, "found": found.id, "found_id": found.identity, "sought_id": left.identity}
    if left.succeeds and move.is_rename:
        answer["succeeded_id"] = left.succeeds
    seen = Observation(last.raw.source, left.id, found.observed_at, found.url)
    formerly = () if move.is_rename else last.listing.named(last.raw.source)
    return _read(RawListing.of(seen, orjson.dumps(answer).decode()).model_copy(update={"formerly": formerly}))


def with_former_names(line: AdmittedLine, names: Iterable[str]) -> AdmittedLine:
    """Return a record with more names that it had before; unchanged where today's rules refuse it."""
    return with_notes(line, formerly=tuple(dict.fromkeys([*line.raw.formerly, *names])))


def keep_names(line: AdmittedLine, last: AdmittedLine) -> AdmittedLine:
    """Return a new record with the former names and the predecessor that the stored record of the same name has."""
    names = last.listing.named(last.raw.source)
    if not (names or last.raw.succeeds):
        return line
    return with_notes(with_former_names(line, names), succeeds=last.raw.succeeds)


def with_notes(line: AdmittedLine, **notes: object) -> AdmittedLine:
    """Return a record with other fields, but the same body, read again; unchanged where today's rules refuse it.

    A record that earlier rules admitted and today's refuse stays so until its source is crawled again.
    """
    raw = line.raw.model_copy(update=notes)
    listing = line.listing if raw == line.raw else admit(raw)
    return line.model_copy(update={"raw": raw, "listing": listing}) if isinstance(listing, Listing) else line


def _read(raw: RawListing) -> AdmittedLine:
    listing = admit(raw)
    if not isinstance(listing, Listing):  # this code wrote its body
        raise TypeError(f"{raw.source} {raw.id}: {listing.reason}")
    return AdmittedLine(raw=raw, listing=listing)
