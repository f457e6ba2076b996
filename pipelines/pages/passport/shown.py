"""View of a passport's evidence: under each path the statements that show it, and the records that they point into."""

from collections import defaultdict
from typing import Any, Final, NamedTuple

from pipelines.pages.words import QUOTE, day, href, line, short, stated
from pipelines.views.passport import HOW

Json = dict[str, Any]

MOST_RECORDS: Final = 40
MOST_SHOWN: Final = 4
"""Most statements that are shown under one path; the JSON has all."""
MOST_LINKED: Final = 120
"""Most statements that lead to the stored record itself; the others lead to the page's list of records."""
_LOCATOR: Final = 120
_SOURCE: Final = 60
_OTHER_PAGES: Final = ("http://127.0.0.1", "http://localhost")
"""Addresses of replayed sources, which lead nowhere for a reader."""


class Shown(NamedTuple):
    """One statement of a source, or of our rules, that shows a value."""

    how: str
    """How it was found: "stated", "quoted", "true of its kind"."""
    source: str
    words: str
    """The value, or the quote."""
    quoted: bool
    locator: str
    record: int
    """Number of the record in the page's list; 0 where there is none, as for what is true of a kind."""
    seen: str
    """Day on which the record was observed."""
    hash: str
    """The beginning of the record's hash."""
    sha256: str
    """All of it where the statement leads to the stored record itself; else ""."""
    citation: str


class RecordView(NamedTuple):
    """One stored record that statements point into."""

    number: int
    source: str
    url: str
    """Where it was fetched; "" where that leads nowhere."""
    observed_at: str
    sha256: str


class EvidenceIndex:
    """The evidence of one passport, by path."""

    def __init__(self, unfragile: Json) -> None:
        self.records: list[RecordView] = []
        self.count = len(unfragile.get("evidence") or ())
        self._numbers: dict[tuple[str, str], int] = {}
        self._linked = 0
        self._by_path: dict[str, list[Json]] = defaultdict(list)
        for entry in unfragile.get("evidence") or ():
            self._by_path[entry["path"]].append(entry)

    def at(self, path: str) -> list[Shown]:
        """Return what shows the value at a path, the first few; [] where nothing does."""
        return [self._shown(entry) for entry in self._by_path.get(path, ())[:MOST_SHOWN]]

    def first(self, path: str) -> Shown | None:
        """Return the first statement that shows the value at a path; None where there is none."""
        return next(iter(self.at(path)), None)

    def quote(self, path: str) -> str:
        """Return the first quote at a path; "" where there is none."""
        return next((line(entry["quote"], QUOTE) for entry in self._by_path.get(path, ()) if "quote" in entry), "")

    def taxonomy(self, path: str) -> list[str]:
        """Return the terms of published taxonomies for the value at a path."""
        return list(dict.fromkeys(term for entry in self._by_path.get(path, ()) for term in entry.get("taxonomy", ())))

    def _shown(self, entry: Json) -> Shown:
        record, sha256 = self._record(entry), entry["content_sha256"] or ""
        linked = bool(record) and self._linked < MOST_LINKED
        self._linked += linked
        return Shown(
            how=HOW[entry["method"]],
            source=line(entry["source"], _SOURCE),
            words=line(entry["quote"], QUOTE) if "quote" in entry else stated(entry["value"]),
            quoted="quote" in entry,
            locator=line(entry["locator"], _LOCATOR),
            record=record,
            seen=day(entry["observed_at"]),
            hash=short(sha256),
            sha256=sha256 if linked else "",
            citation=line(entry.get("citation", ""), QUOTE),
        )

    def _record(self, entry: Json) -> int:
        """Return the number of an entry's record, which is listed with its first use."""
        if entry["content_sha256"] is None or entry["url"] is None:
            return 0
        known = (entry["source"], entry["content_sha256"])
        if known not in self._numbers and len(self.records) < MOST_RECORDS:
            number = len(self.records) + 1
            url = "" if entry["url"].startswith(_OTHER_PAGES) else href(entry["url"])
            self.records.append(
                RecordView(number, line(entry["source"], _SOURCE), url, entry["observed_at"], entry["content_sha256"])
            )
            self._numbers[known] = number
        return self._numbers.get(known, 0)
