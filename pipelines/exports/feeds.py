"""Atom feeds (RFC 4287) of what changed: of all passports, and of one."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, Final, NamedTuple

from pipelines.exports.xml import xml_line
from pipelines.pages.registry.changes import CAUSE_WORDS
from pipelines.pages.site import Site
from pipelines.pages.words import QUOTE, line
from pipelines.passport.changes import changes_between
from pipelines.registry.export_keys import CHANGES_FEED_KEY, feed_key
from pipelines.registry.layout import delta_key, page_key
from pipelines.views.changes import in_words

Json = dict[str, Any]

MOST_ENTRIES: Final = 100
"""Most entries of the feed of all changes."""
MOST_OF_ONE: Final = 20
"""Most entries of the feed of one passport."""
MOST_DIFFERENCES: Final = 12
_ADDRESS: Final = 2000
_ENTRY: Final = re.compile(r"<entry>\n<id>([^<]*)</id>.*?</entry>\n", re.DOTALL)


class FeedHead(NamedTuple):
    """What a feed says of itself."""

    key: str
    page: str
    """Key of the page that shows the same."""
    title: str
    updated: str


class FeedEntry(NamedTuple):
    """A change, as a feed states it."""

    address: str
    """Unique and lasting: where the registry states the change."""
    title: str
    updated: str
    page: str
    """Address of the page about it."""
    lines: list[str]
    """What differs, in words."""


def changes_feed(site: Site, generations: Sequence[Json]) -> bytes:
    """Return the feed of all changes, from the content of data/changes.json, newest first."""
    entries: list[str] = []
    for one in generations:
        if len(entries) >= MOST_ENTRIES:
            break
        entries.append(_entry(_generation(site, one)))
        entries += [_entry(_change(site, one, change)) for change in one["changes"]]
    updated = generations[0]["at"] if generations else "1970-01-01T00:00:00.000Z"
    title = f"Changes of trust passports ({site.name})"
    return _feed(site, FeedHead(CHANGES_FEED_KEY, "changes", title, updated), entries[:MOST_ENTRIES])


def passport_feed(
    site: Site, slug: str, generation: int, after: Json, *, before: Json | None, earlier: bytes | None
) -> bytes:
    """Return the feed of a passport that a generation issued.

    `after` is its document, `before` the one that it replaced, where that is stored; the entries of the `earlier` feed
    stay, the oldest ones apart.
    """
    passport, old = after["passport"], list(_entries_of(earlier))
    address = _address(site, generation, slug)
    entries = [text for found, text in old if found == xml_line(address, _ADDRESS)]
    if not entries:
        entries = [_entry(_issue(site, slug, address, passport, before["passport"] if before else None))]
    entries += [text for found, text in old if found != xml_line(address, _ADDRESS)]
    title = f"Passport of {passport['unfragile']['artifact']['name']}"
    head = FeedHead(feed_key(slug), page_key(slug), title, passport["signedAt"])
    return _feed(site, head, entries[:MOST_OF_ONE])


def _issue(site: Site, slug: str, address: str, passport: Json, before: Json | None) -> FeedEntry:
    unfragile = passport["unfragile"]
    artifact, cause = unfragile["artifact"], (unfragile.get("provenance") or {}).get("cause", "")
    lines = [in_words(one) for one in changes_between(before["unfragile"], unfragile)] if before else []
    status = "" if artifact["status"] == "active" else f", {artifact['status']}"
    title = f"{artifact['name']}: {CAUSE_WORDS.get(cause, 'issued')}{status}"
    return FeedEntry(address, title, passport["signedAt"], site.address(page_key(slug)), lines)


def _generation(site: Site, one: Json) -> FeedEntry:
    counts = [f"{count:,} {CAUSE_WORDS.get(cause, cause)}" for cause, count in one["counts"].items()]
    title = f"Generation {one['generation']}: {'; '.join(counts) or 'nothing changed'}"
    address = site.address(delta_key(one["generation"]))
    return FeedEntry(address, title, one["at"], f"{site.address('changes')}#g-{one['generation']}", [])


def _change(site: Site, one: Json, change: Json) -> FeedEntry:
    slug, status = change["slug"], change["status"]
    said = CAUSE_WORDS.get(change["cause"], change["cause"])
    title = f"{slug}: {said}{f', {status}' if status and status != 'active' else ''}"
    lines = [f"{path}: {before} → {after}" for path, before, after in change["differences"]]
    lines += [f"and {change['more']} more"] if change["more"] else []
    page = f"{site.address('changes')}?slug={slug}" if change["cause"] == "removed" else site.address(page_key(slug))
    return FeedEntry(_address(site, one["generation"], slug), title, one["at"], page, lines)


def _address(site: Site, generation: int, slug: str) -> str:
    """Return the id of a change, the same in both feeds: the delta that states it, and the passport."""
    return f"{site.address(delta_key(generation))}#{slug}"


def _entry(entry: FeedEntry) -> str:
    shown = [escape(line(text, QUOTE)) for text in entry.lines[:MOST_DIFFERENCES]]
    more = len(entry.lines) - len(shown)
    shown += [f"and {more} more"] if more > 0 else []
    listed = "".join(f"<li>{text}</li>" for text in shown)
    content = f'<content type="html">{xml_line(f"<ul>{listed}</ul>", _LONGEST_CONTENT)}</content>\n' if shown else ""
    return (
        f"<entry>\n<id>{xml_line(entry.address, _ADDRESS)}</id>\n<title>{xml_line(entry.title)}</title>\n"
        f"<updated>{entry.updated}</updated>\n"
        f'<link rel="alternate" type="text/html" href="{xml_line(entry.page, _ADDRESS)}"/>\n{content}</entry>\n'
    )


_LONGEST_CONTENT: Final = 6 * QUOTE * (MOST_DIFFERENCES + 2)
"""Longer than any content: each of its lines is clipped and escaped before."""


def _feed(site: Site, head: FeedHead, entries: Iterable[str]) -> bytes:
    key, page, title, updated = head
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">\n'
        f"<id>{xml_line(site.address(key), _ADDRESS)}</id>\n<title>{xml_line(title)}</title>\n"
        f"<updated>{updated}</updated>\n<author><name>{xml_line(site.name)}</name></author>\n"
        f'<link rel="self" type="application/atom+xml" href="{xml_line(site.address(key), _ADDRESS)}"/>\n'
        f'<link rel="alternate" type="text/html" href="{xml_line(site.address(page), _ADDRESS)}"/>\n'
        f"{''.join(entries)}</feed>\n"
    ).encode("utf-8", "replace")


def _entries_of(feed: bytes | None) -> Iterable[tuple[str, str]]:
    """Yield id and text of the entries of a feed that `_feed` wrote; texts in it are escaped, so that none ends one."""
    return ((found[1], found[0]) for found in _ENTRY.finditer(feed.decode())) if feed else ()
