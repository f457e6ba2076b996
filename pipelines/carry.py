"""What is kept of a source's last good listings when a new crawl has come: pure, one part of a source at a time."""

from collections.abc import Iterable
from typing import NamedTuple

from pipelines.absence import ROLLS
from schemas.crawl import AdmittedLine
from schemas.listing import Listing, Quarantined

LISTED = ("model", "router", "variant")
"""Kinds whose absence from a whole list means something."""

FOUND = {"missing_since": None, "missed_at": None}
"""Marks of a record that is there, readable or not: the looks before and after do not add up to an absence."""


class Look(NamedTuple):
    """One crawl, as seen by one source of records."""

    source: str
    whole: bool
    """Whether it looked at everything, so that what it did not bring is not there."""
    began_at: str
    ended_at: str
    unread: frozenset[str] = frozenset()
    """Ids of records that were there and could not be read."""


class Carried(NamedTuple):
    """The listings from now on, in order of id, and records that cannot be what they claim to be."""

    lines: list[AdmittedLine]
    refused: list[Quarantined]


def carried(last: Iterable[AdmittedLine], new: Iterable[AdmittedLine], look: Look) -> Carried:
    """Put new records in the place of the last ones; what a whole crawl missed is kept and marked, or let go."""
    before = {_key(line): line for line in last}
    came: dict[tuple[str, bool], AdmittedLine] = {}
    refused = []
    for line in sorted(new, key=lambda one: one.raw.observed_at):
        if reason := _not_the_same(line.listing, before.get(_key(line))):
            refused.append(_refused(line, reason))
        else:
            came[_key(line)] = line
    kept = {key: there for key, line in before.items() if (there := _kept(line, came, look))}
    lines = kept | {key: _later(line, before.get(key)) for key, line in came.items()}
    return Carried([lines[key] for key in sorted(lines)], refused)


def _key(line: AdmittedLine) -> tuple[str, bool]:
    """A record, and the answer that there is none of that id, stand side by side."""
    return (line.raw.id, line.listing.kind == "absence")


def _kept(line: AdmittedLine, came: dict[tuple[str, bool], AdmittedLine], look: Look) -> AdmittedLine | None:
    key = _key(line)
    if key in came or line.raw.observed_at >= look.began_at:
        return line  # renewed below, or put there by another run meanwhile
    if line.listing.kind == "absence" and (line.raw.id, False) in came:
        return None  # it is back
    if line.listing.kind != "absence" and (answer := came.get((line.raw.id, True))):
        return _missed(line, answer.raw.observed_at)
    if line.raw.id in look.unread:
        return line.model_copy(update=FOUND)
    return _unless_gone(line, look) if look.whole else line


def _unless_gone(line: AdmittedLine, look: Look) -> AdmittedLine | None:
    """Keep what a whole crawl did not bring where its absence has to be confirmed, and let go of the rest."""
    marked = look.source in ROLLS and line.listing.kind in LISTED
    return _missed(line, look.ended_at) if marked else None


def _missed(line: AdmittedLine, at: str) -> AdmittedLine:
    return line.model_copy(update={"missing_since": line.missing_since or at, "missed_at": at})


def _later(line: AdmittedLine, other: AdmittedLine | None) -> AdmittedLine:
    return other if other and other.raw.observed_at > line.raw.observed_at else line


def _not_the_same(listing: Listing, last: AdmittedLine | None) -> str | None:
    """Say why a record is not the one of the same name that was there: its own identity is another."""
    one, other = _identity(listing), last and _identity(last.listing)
    if one and other and one != other:
        return f"is another repository ({one}) under the name of one that was there before ({other}): it is not joined"
    return None


def _identity(listing: Listing) -> object:
    return next((fact.value for fact in listing.facts if fact.name == "repository_id"), None)


def _refused(line: AdmittedLine, reason: str) -> Quarantined:
    raw = line.raw
    return Quarantined(
        stage="merge",
        source=raw.source,
        id=raw.id,
        field="/_id",
        reason=reason,
        observed_at=raw.observed_at,
        raw=raw.body,
    )
