"""Updates a source's last good listings from a new crawl: pure, one partition of a source at a time."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pipelines.lifecycle.absence import is_gone
from pipelines.lifecycle.identity import Relocation, keep_names, known_record, record_relocation, with_notes
from schemas.crawl import AdmittedLine
from schemas.listing import Quarantined
from schemas.sources import BY_NAME, ROLLS

LISTED = ("model", "router", "variant")
"""Kinds whose absence from a complete list means something."""

FOUND = {"missing_since": None, "missed_at": None, "moved_to": None}
"""Clears the marks of a record that is there, readable or not: misses before and after do not add up to an absence."""


_Key = tuple[str, bool]
"""A record's id, in lower case where its source ignores case, and whether the record is the answer that there is
none."""


class CrawlScope(NamedTuple):
    """The extent of one crawl for one source of records, its times, and the ids that it could not read."""

    source: str
    whole: bool
    """Whether it went through everything, so that a record it did not bring is missing."""
    began_at: str
    ended_at: str
    unread: frozenset[str] = frozenset()
    """Ids of records that were there and could not be read."""


class Update(NamedTuple):
    """The listings from now on, in order of id, and the records that were refused as another's replacement."""

    lines: list[AdmittedLine]
    refused: list[Quarantined]
    replaced: list[str]
    """Ids under which the source now has another record than before."""


def updated(last: Iterable[AdmittedLine], new: Iterable[AdmittedLine], scope: CrawlScope) -> Update:
    """Replace the last records by the new ones, and mark or drop those that a whole crawl did not find.

    A repository that was deleted and recreated as a/x (its permanent id differs) replaces the earlier a/x only once
    that one is certainly gone; until then it is refused. Either way it is stored as an observation that the earlier
    a/x is missing, if a passport may rest on that.
    """
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
            if _is_to_be_shown(last_one):
                answer = record_relocation(move, last_one)
                came[_key(answer)] = answer
    scope = scope._replace(unread=frozenset(map(str.lower, scope.unread)))
    retained = {key: still for key, line in before.items() if (still := _retained(line, came, scope))}
    lines = retained | {key: _later(line, before.get(key)) for key, line in came.items()}
    return Update(sorted(lines.values(), key=_place), refused, replaced)


def _key(line: AdmittedLine) -> _Key:
    """Key of a record; the answer that there is none has another one, so that both are stored side by side."""
    name, none = _place(line)
    return (name.lower() if BY_NAME[line.raw.source].caseless else name, none)


def _place(line: AdmittedLine) -> _Key:
    return (line.raw.id, line.listing.kind == "absence")


def _retained(line: AdmittedLine, came: Mapping[_Key, AdmittedLine], scope: CrawlScope) -> AdmittedLine | None:
    """One of the last records after a crawl, its marks brought up to date; None where it is dropped.

    `came` is what the crawl brought; the ids of `scope.unread` are in lower case.
    """
    key = name, none = _key(line)
    if key in came or line.raw.observed_at >= scope.began_at:
        return line  # replaced by the caller, or stored meanwhile by another run
    if none and (back := came.get((name, False))):
        return line if back.raw.succeeds else None  # retained where it shows that the predecessor is gone
    if not none and (answer := came.get((name, True))):
        return _missed(line, answer.raw.observed_at)
    if name.lower() in scope.unread:
        return line.model_copy(update=FOUND)
    return _unless_gone(line, scope) if scope.whole else line


def _unless_gone(line: AdmittedLine, scope: CrawlScope) -> AdmittedLine | None:
    """Mark a record that a whole crawl did not find, if its absence has to be confirmed; otherwise drop it."""
    marked = scope.source in ROLLS and line.listing.kind in LISTED
    return _missed(line, scope.ended_at) if marked else None


def _missed(line: AdmittedLine, at: str) -> AdmittedLine:
    """Note a miss at `at`; as runs can overlap, the earliest first miss and the latest last miss count."""
    since, latest = min(line.missing_since or at, at), max(line.missed_at or at, at)
    return line.model_copy(update={"missing_since": since, "missed_at": latest})


def _later(line: AdmittedLine, other: AdmittedLine | None) -> AdmittedLine:
    return other if other and other.raw.observed_at > line.raw.observed_at else line


def _in_its_place(line: AdmittedLine, last: AdmittedLine | None) -> Relocation | None:
    """The replacement of a record by one of another permanent id under the same name, None where there is none."""
    found, left = known_record(line), known_record(last) if last else None
    return Relocation(left, found) if found and left and found.identity != left.identity else None


def _may_take_the_place(line: AdmittedLine, last: AdmittedLine) -> bool:
    """Whether a replacement is accepted: the earlier record is certainly gone, or names no passport (code)."""
    return not BY_NAME[line.raw.source].names_passports or is_gone(_missed(last, line.raw.observed_at))


def _is_to_be_shown(last: AdmittedLine) -> bool:
    """Whether a passport may rest on a record, so that its replacement is evidence; not if the record has moved."""
    return BY_NAME[last.raw.source].names_passports and last.moved_to is None


def _refused(line: AdmittedLine, move: Relocation) -> Quarantined:
    left, found = move
    another = f"is another repository ({found.identity}) than the one that had this name before ({left.identity})"
    reason = f"{another}: it is used once a crawl a day or more later finds it again, and joined to nothing"
    return Quarantined.of(line.raw, "merge", reason, field="/_id", raw=line.raw.body)
