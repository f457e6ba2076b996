"""Follows a record by the lasting id that its source gives it, whatever it is called: pure.

A name is no identity. A repository that was renamed is the same under another name, and one that was deleted and made
anew is another under the same name. Where a record is found elsewhere, or another one in its place, a look of that is
written down, as the evidence that it does not lie there any more.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import orjson

from pipelines.normalise.admit import admit
from schemas.crawl import AdmittedLine
from schemas.listing import Listing, RawListing
from schemas.sources import BY_NAME


class KnownRecord(NamedTuple):
    """A record among the last good ones: what it is, and under which name."""

    identity: str
    id: str
    slug: str
    url: str
    asked_as: str | None
    observed_at: str
    succeeds: str | None
    moved_to: str | None


class Relocation(NamedTuple):
    """Under a name that a record had, another record was found later, or it itself under another one."""

    left: KnownRecord
    found: KnownRecord

    @property
    def is_rename(self) -> bool:
        """Whether it is the same record."""
        return self.left.identity == self.found.identity


def identity_of(listing: Listing) -> str | None:
    """The source's lasting id of a record, None where it gives none."""
    name = BY_NAME[listing.source].permanent_id
    value = next((fact.value for fact in listing.facts if fact.name == name), None)
    return value if isinstance(value, str) else None


def known_record(line: AdmittedLine) -> KnownRecord | None:
    """Note a record, if it can be followed."""
    identity, raw = identity_of(line.listing), line.raw
    if identity is None:
        return None
    slug, marks = line.listing.slug, (raw.succeeds, line.moved_to)
    return KnownRecord(identity, raw.id, slug, raw.url, raw.asked_as, raw.observed_at, *marks)


def renames(records: Iterable[KnownRecord]) -> Iterator[Relocation]:
    """Of records with one identity the one seen last has the present name, if it alone was and lies there still."""
    *former, present = sorted(records, key=lambda one: one.observed_at)
    if former and former[-1].observed_at < present.observed_at and present.moved_to is None:
        yield from (Relocation(one, present) for one in former)


def mark_relocated(line: AdmittedLine, move: Relocation) -> list[AdmittedLine]:
    """Mark a record that its source lists under another name; the look that shows it stands beside."""
    at = move.found.observed_at
    since, latest = min(line.missing_since or at, at), max(line.missed_at or at, at)
    marks = {"missing_since": since, "missed_at": latest, "moved_to": move.found.id if move.is_rename else None}
    marked = line.model_copy(update=marks)
    names_passports = BY_NAME[line.raw.source].names_passports
    return [marked, record_relocation(move, line)] if names_passports else [marked]


def record_relocation(move: Relocation, last: AdmittedLine) -> AdmittedLine:
    """Write down what was found in the place of a record (`last`), or where it was found: a record of its own.

    It is told to whoever knew that record by a name that it had, unless it is the same one that was found.
    """
    left, found = move
    said = {"asked": left.id, "found": found.id, "found_id": found.identity, "sought_id": left.identity}
    if left.succeeds and move.is_rename:
        said["succeeded_id"] = left.succeeds
    body = orjson.dumps(said).decode()
    raw = RawListing(
        source=last.raw.source,
        id=left.id,
        url=found.url,
        observed_at=found.observed_at,
        body=body,
        content_sha256=hashlib.sha256(body.encode()).hexdigest(),
        formerly=() if move.is_rename else last.listing.named(last.raw.source),
    )
    return _read(raw)


def with_former_names(line: AdmittedLine, names: Iterable[str]) -> AdmittedLine:
    """Note names that a record had before."""
    return with_notes(line, formerly=tuple(dict.fromkeys([*line.raw.formerly, *names])))


def keep_names(line: AdmittedLine, last: AdmittedLine) -> AdmittedLine:
    """Keep of the last record what was found out of its names, those that it was led to from among them."""
    names = last.listing.named(last.raw.source)
    if not (names or last.raw.succeeds):
        return line
    return with_notes(with_former_names(line, names), succeeds=last.raw.succeeds)


def with_notes(line: AdmittedLine, **notes: object) -> AdmittedLine:
    """Change what is noted of a record beside its body, and read it anew.

    A record that earlier rules let pass and today's refuse stays as it is, until its source is asked again.
    """
    raw = line.raw.model_copy(update=notes)
    listing = line.listing if raw == line.raw else admit(raw)
    return line.model_copy(update={"raw": raw, "listing": listing}) if isinstance(listing, Listing) else line


def _read(raw: RawListing) -> AdmittedLine:
    listing = admit(raw)
    if not isinstance(listing, Listing):  # its body was written here
        raise TypeError(f"{raw.source} {raw.id}: {listing.reason}")
    return AdmittedLine(raw=raw, listing=listing)
