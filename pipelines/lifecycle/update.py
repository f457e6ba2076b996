"""What is kept of a source's last good listings when a new crawl has come: pure, one part of a source at a time."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pipelines.lifecycle.absence import is_gone
from pipelines.lifecycle.identity import Relocation, keep_names, known_record, record_relocation, with_notes
from schemas.crawl import AdmittedLine
from schemas.listing import Quarantined
from schemas.sources import BY_NAME, ROLLS

LISTED = ("model", "router", "variant")
"""Kinds whose absence from a whole list means something."""

FOUND = {"missing_since": None, "missed_at": None, "moved_to": None}
"""Marks of a record that is there, readable or not: the looks before and after do not add up to an absence."""


_Key = tuple[str, bool]
"""Id of a record, in lower case where its source does not mind, and whether it is the answer that there is none."""


class CrawlScope(NamedTuple):
    """One crawl, as seen by one source of records."""

    source: str
    whole: bool
    """Whether it looked at everything, so that what it did not bring is not there."""
    began_at: str
    ended_at: str
    unread: frozenset[str] = frozenset()
    """Ids of records that were there and could not be read."""


class Update(NamedTuple):
    """The listings from now on, in order of id, and records that cannot be what they claim to be."""

    lines: list[AdmittedLine]
    refused: list[Quarantined]
    replaced: list[str]
    """Ids under which another record lies now than before."""


def updated(last: Iterable[AdmittedLine], new: Iterable[AdmittedLine], look: CrawlScope) -> Update:
    """Put new records in the place of the last ones; what a whole crawl missed is kept and marked, or let go."""
    before: dict[_Key, AdmittedLine] = {}
    for line in last:
        before[_key(line)] = _later(line, before.get(_key(line)))
    came: dict[_Key, AdmittedLine] = {}
    refused, replaced = [], []
    for line in sorted(new, key=lambda one: one.raw.observed_at):
        last_one = before.get(_key(line))
        move = _in_its_place(line, last_one)
        if last_one is None or move is None:
            came[_key(line)] = keep_names(line, last_one) if last_one else line
        elif last_one.raw.observed_at <= line.raw.observed_at:
            if _may_take_the_place(line, last_one):
                came[_key(line)] = with_notes(line, succeeds=move.left.identity)
                replaced.append(line.raw.id)
            else:
                refused.append(_refused(line, move))
            if _is_to_be_told(last_one):
                answer = record_relocation(move, last_one)
                came[_key(answer)] = answer
    seen = _CrawlContents(came, frozenset(one.lower() for one in look.unread))
    kept = {key: still for key, line in before.items() if (still := _kept(line, seen, look))}
    lines = kept | {key: _later(line, before.get(key)) for key, line in came.items()}
    return Update(sorted(lines.values(), key=_place), refused, replaced)


class _CrawlContents(NamedTuple):
    """What a crawl brought, and what it could not read."""

    came: Mapping[_Key, AdmittedLine]
    unread: frozenset[str]
    """Ids in lower case."""


def _key(line: AdmittedLine) -> _Key:
    """A record, and the answer that there is none of that id, stand side by side."""
    name, none = _place(line)
    return (name.lower() if BY_NAME[line.raw.source].caseless else name, none)


def _place(line: AdmittedLine) -> _Key:
    return (line.raw.id, line.listing.kind == "absence")


def _kept(line: AdmittedLine, seen: _CrawlContents, look: CrawlScope) -> AdmittedLine | None:
    key = name, none = _key(line)
    if key in seen.came or line.raw.observed_at >= look.began_at:
        return line  # renewed below, or put there by another run meanwhile
    if none and (back := seen.came.get((name, False))):
        return line if back.raw.succeeds else None  # it is back, or it is shown that another one is
    if not none and (answer := seen.came.get((name, True))):
        return _missed(line, answer.raw.observed_at)
    if name.lower() in seen.unread:
        return line.model_copy(update=FOUND)
    return _unless_gone(line, look) if look.whole else line


def _unless_gone(line: AdmittedLine, look: CrawlScope) -> AdmittedLine | None:
    """Keep what a whole crawl did not bring where its absence has to be confirmed, and let go of the rest."""
    marked = look.source in ROLLS and line.listing.kind in LISTED
    return _missed(line, look.ended_at) if marked else None


def _missed(line: AdmittedLine, at: str) -> AdmittedLine:
    """Mark it; a look is no news to what another run, which was faster, looked for later."""
    since, latest = min(line.missing_since or at, at), max(line.missed_at or at, at)
    return line.model_copy(update={"missing_since": since, "missed_at": latest})


def _later(line: AdmittedLine, other: AdmittedLine | None) -> AdmittedLine:
    return other if other and other.raw.observed_at > line.raw.observed_at else line


def _in_its_place(line: AdmittedLine, last: AdmittedLine | None) -> Relocation | None:
    """See whether a record is another one than that which had its name: the source's lasting id is not the same."""
    found, left = known_record(line), known_record(last) if last else None
    return Relocation(left, found) if found and left and found.identity != left.identity else None


def _may_take_the_place(line: AdmittedLine, last: AdmittedLine) -> bool:
    """Whether the record before it is certainly gone; of code, which has no passports, nobody waits for that."""
    return not BY_NAME[line.raw.source].names_passports or is_gone(_missed(last, line.raw.observed_at))


def _is_to_be_told(last: AdmittedLine) -> bool:
    """Whether a passport may rest on a record: on one that was followed elsewhere none does under this name."""
    return BY_NAME[last.raw.source].names_passports and last.moved_to is None


def _refused(line: AdmittedLine, move: Relocation) -> Quarantined:
    raw, (left, found) = line.raw, move
    another = f"is another repository ({found.identity}) under the name of one that was there before ({left.identity})"
    return Quarantined(
        stage="merge",
        source=raw.source,
        id=raw.id,
        field="/_id",
        reason=f"{another}: it takes its place once a look a day later finds it there too, and is joined to nothing",
        observed_at=raw.observed_at,
        raw=raw.body,
    )
