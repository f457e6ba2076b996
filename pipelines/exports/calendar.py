"""A calendar of the announced ends of offers, as iCalendar (RFC 5545)."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from heapq import nlargest
from typing import Final, NamedTuple

from pipelines.pages.site import Site
from pipelines.pages.summary import Summary
from pipelines.pages.words import QUOTE, line
from pipelines.registry.layout import page_key

MOST_ENDS: Final = 5000
"""Most events of the calendar, the last ones."""
_LONGEST_OCTETS: Final = 75
_ESCAPED: Final = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,"})


class AnnouncedEnd(NamedTuple):
    """The last day of an offer, as its passport states it."""

    day: str
    slug: str
    name: str
    signed: str


class Ends:
    """The announced ends of the passports that were added."""

    def __init__(self) -> None:
        self._found: list[AnnouncedEnd] = []

    def add(self, summary: Summary) -> None:
        """Add the end of a passport, where one is announced and the model is still listed."""
        if summary.ends and summary.status != "delisted":
            self._found.append(AnnouncedEnd(summary.ends, summary.slug, summary.name, summary.signed))
            if len(self._found) > 2 * MOST_ENDS:
                self._found = nlargest(MOST_ENDS, self._found)

    def calendar(self, site: Site) -> bytes:
        """Return the calendar, the first end first."""
        return calendar(site, sorted(nlargest(MOST_ENDS, self._found)))


def calendar(site: Site, ends: Iterable[AnnouncedEnd]) -> bytes:
    """Return the calendar of some ends, each an event of a whole day."""
    name = _text(f"Announced ends of models ({site.name})")
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//passports//announced ends//EN", "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH", f"NAME:{name}", f"X-WR-CALNAME:{name}", "REFRESH-INTERVAL;VALUE=DURATION:P1D",
        *(row for end in ends for row in _event(site, end)),
        "END:VCALENDAR",
    ]  # fmt: skip
    return "".join(f"{folded}\r\n" for row in lines for folded in _folded(row)).encode("utf-8", "replace")


def _event(site: Site, end: AnnouncedEnd) -> Iterator[str]:
    first = date.fromisoformat(end.day)
    last = first + timedelta(days=1) if first < date.max else first
    stamp = end.signed[:19].replace("-", "").replace(":", "") + "Z"
    stated = f"As announced by its seller, by the passport signed on {end.signed[:10]}."
    yield from (
        "BEGIN:VEVENT",
        f"UID:{end.slug}@{_host(site)}",
        f"DTSTAMP:{stamp}",
        f"DTSTART;VALUE=DATE:{first:%Y%m%d}",
        f"DTEND;VALUE=DATE:{last:%Y%m%d}",
        f"SUMMARY:{_text(f'Last day of {end.name}')}",
        f"DESCRIPTION:{_text(stated)}",
        f"URL:{site.address(page_key(end.slug))}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    )


def _text(text: str) -> str:
    """Return a text as a property's value: one line, with what has a meaning there escaped (section 3.3.11)."""
    return line(text, QUOTE).translate(_ESCAPED)


def _host(site: Site) -> str:
    return site.issuer.base_url.partition("://")[2].partition("/")[0]


def _folded(row: str) -> Iterator[str]:
    """Yield a content line in pieces of at most 75 octets, each but the first after a space (section 3.1)."""
    piece, octets = "", 0
    for character in row:
        size = len(character.encode("utf-8", "replace"))
        if octets + size > _LONGEST_OCTETS:
            yield piece
            piece, octets = " ", 1
        piece, octets = piece + character, octets + size
    yield piece
