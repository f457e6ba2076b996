"""Yields the headings and texts of HTML inside a card's Markdown, each with its place."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_SKIPPED: Final = re.compile(
    r"(?is)<!--.*?(?:-->|\Z)|<(script|style|pre|code|table|svg|math|video|audio|iframe)\b.*?(?:</\1\s*>|\Z)"
)
_HEADING: Final = re.compile(r"(?is)<h([1-6])\b[^<>]*>(.{0,500}?)</h\1\s*>")
_BLOCK_TAG: Final = re.compile(
    r"(?i)</?(?:address|article|aside|blockquote|body|br|center|details|dd|div|dl|dt|figure|figcaption|footer|form"
    r"|h[1-6]|header|hr|html|iframe|li|main|nav|ol|p|section|summary|table|tbody|td|th|thead|tr|ul)\b[^<>]*>"
    r"|\n[ \t]*\n"
)
_LIST_ITEM: Final = re.compile(r"(?i)<li\b")


class HtmlBlock(NamedTuple):
    """A heading, or a piece of text without block tags."""

    start: int
    """Index of its first character in the HTML."""
    end: int
    """Index of the character after its last."""
    level: int
    """1 to 6 for a heading, 0 for text."""
    item: bool
    """Whether it is an item of a list."""


def html_blocks(html: str) -> Iterator[HtmlBlock]:
    """Yield headings and texts in order, without comments, code and tables."""
    shown = _SKIPPED.sub(lambda found: "\n" * 2 + " " * (len(found[0]) - 2) if len(found[0]) > 1 else found[0], html)
    at = 0
    for heading in _HEADING.finditer(shown):
        yield from _texts(shown, at, heading.start())
        yield HtmlBlock(heading.start(2), heading.end(2), int(heading[1]), item=False)
        at = heading.end()
    yield from _texts(shown, at, len(shown))


def _texts(html: str, start: int, end: int) -> Iterator[HtmlBlock]:
    item = False
    for tag in _BLOCK_TAG.finditer(html, start, end):
        yield from _text(html, start, tag.start(), item=item)
        item = _LIST_ITEM.match(tag[0]) is not None
        start = tag.end()
    yield from _text(html, start, end, item=item)


def _text(html: str, start: int, end: int, *, item: bool) -> Iterator[HtmlBlock]:
    stretch = html[start:end]
    if stretch.strip():
        begin = start + len(stretch) - len(stretch.lstrip())
        yield HtmlBlock(begin, begin + len(stretch.strip()), 0, item=item)
