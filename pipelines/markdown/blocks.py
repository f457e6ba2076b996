"""Yields a model card's headings and passages of prose in order, each with its place in the card."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from operator import itemgetter
from typing import Final, NamedTuple

from markdown_it.token import Token

from pipelines.markdown.block_parser import parse_blocks
from pipelines.markdown.html import html_blocks
from pipelines.markdown.tables import telling_cells
from pipelines.markdown.text import MarkdownText

BOLD_LEVEL: Final = 7
"""Level of a line in bold, below the six levels of headings."""

PLAIN_LEVEL: Final = 8
"""Level, below that, of a short line that ends in a colon; whether it is a heading depends on its words."""

LONGEST_HEADING_WORDS: Final = 14
LONGEST_PLAIN_HEADING_WORDS: Final = 6

SHORTEST_LABELS_CHARS: Final = 1000

_SIGNS: Final = r"(?:[^\w\s*_`~<>|#()\[\]\\.,:;!?+-]{1,4}[ \t]*)?"
"""Pictograms before or after a heading: a warning sign."""

_BOLD_LINE: Final = re.compile(rf"{_SIGNS}(?:\*\*|__)([^*_](?:(?!\*\*|__).){{0,200}})(?:\*\*|__)[ \t]*:?[ \t]*{_SIGNS}")
_PLAIN_LINE: Final = re.compile(r"[^\s*_|].{0,80}:")
_BULLET: Final = re.compile(r"[•‣◦●▪∙·\u2013][ \t]")
_SENTENCE_END: Final = re.compile(r"[.!?\u3002\uff01\uff1f][\"”\u2019)*_]*$")
_MARKUP: Final = re.compile(r"<[^<>]*>|!?\[([^\[\]]*)\]\([^()]*\)|[*`\\]|(?<!\w)_+|(?<!_)_++(?!\w)")
_MARKUP_SIGN: Final = re.compile(r"[<\[*`\\_]")
"""A character that all of it has: most headings and cells have none."""


_BROKEN_OFF: Final = re.compile(r"(?:\A|[.!?]\s)\s*[A-Z][^.!?:;]{20,600}[a-z,]\Z")
"""A sentence without an end at the end of a passage: a capital and several words, the last in small letters."""

_GOES_ON: Final = re.compile(r"[a-z]+,? [^.!?:;|=]{8,600}[.!?](?:\s|\Z)")
"""A sentence that begins in small letters, and ends."""


class Heading(NamedTuple):
    """A heading in Markdown or HTML, a line in bold, or a short plain line."""

    text: str
    """Without markup."""
    level: int
    """1 to 6, `BOLD_LEVEL` or `PLAIN_LEVEL`."""
    place: int
    """Index of one of the card's characters on the heading's first line."""


class Passage(NamedTuple):
    """A paragraph, list item or table cell as written, with the place of each line in the card."""

    text: str
    """Lines joined by line feeds, without list, quote and indentation marks."""
    places: tuple[tuple[int, int], ...]
    """For each line: index of its first character in `text`, and that character's index in the card."""
    item: bool
    """Whether it is an item of a list."""
    cell: bool = False
    """Whether it is a cell of a table."""

    def place(self, char: int) -> int:
        """Index in the card of a character of `text`."""
        start, place = self.places[bisect_right(self.places, char, key=itemgetter(0)) - 1]
        return place + char - start


class _Line(NamedTuple):
    text: str
    place: int


def read_blocks(text: MarkdownText, first_line: int) -> Iterator[Heading | Passage]:
    """Yield headings and passages from a line on, without code, comments, and table cells that are no sentences.

    A sentence that a blank line breaks in two is one passage.
    """
    before: Passage | None = None
    for part in _blocks(text, first_line):
        if before is not None and isinstance(part, Passage) and _goes_on(before, part):
            yield _joined(before, part)
            before = None
            continue
        if before is not None:
            yield before
        before = part if isinstance(part, Passage) else None
        if isinstance(part, Heading):
            yield part
    if before is not None:
        yield before


def _goes_on(before: Passage, part: Passage) -> bool:
    """Whether a passage breaks off in a sentence, which a paragraph in small letters then ends."""
    if part.item or before.cell or part.cell or _GOES_ON.match(part.text) is None:
        return False
    return _BROKEN_OFF.search(before.text) is not None


def _joined(before: Passage, part: Passage) -> Passage:
    at = len(before.text) + 1
    places = tuple((start + at, place) for start, place in part.places)
    return before._replace(text=f"{before.text}\n{part.text}", places=before.places + places)


def _blocks(text: MarkdownText, first_line: int) -> Iterator[Heading | Passage]:
    opened: list[Token] = []
    headings: list[str] = []
    row: list[Token] = []
    for token in parse_blocks(_ended("\n".join(text.lines()[first_line:]))):
        if token.nesting == 1:
            opened.append(token)
        elif token.nesting == -1:
            if opened.pop().tag == "thead":
                headings, row = [plain_heading(cell.content) for cell in row], []
            elif token.tag == "tr" and opened[-1].tag == "tbody":
                yield from _cells(text, row, headings, first_line)
                row = []
        elif token.type == "html_block" and token.map:
            yield from _html_parts(text, *(text.line_place(first_line + line) for line in token.map))
        elif token.type == "inline" and token.map and opened[-1].tag in {"th", "td"}:
            row.append(token)
        elif token.type == "inline" and token.map:
            yield from _inline_parts(_lines(text, token, first_line), opened)


def _ended(text: str) -> str:
    """Return a text that ends in a line feed: without, markdown-it-py raises IndexError where it ends in "> "."""
    return text if text.endswith("\n") else f"{text}\n"


def plain_heading(text: str) -> str:
    """Words of a heading without markup, on one line."""
    return " ".join((_MARKUP.sub(r"\1", text) if _MARKUP_SIGN.search(text) else text).split())


def _cells(text: MarkdownText, row: list[Token], headings: list[str], first_line: int) -> Iterator[Passage]:
    """Yield the cells of a row that are sentences; of cells with the same words, the first."""
    cells = [cell.content for cell in row]
    for place in telling_cells(headings, ["" if _is_labels(cell) else plain_heading(cell) for cell in cells]):
        lines = _lines(text, row[place], first_line) if cells[place] not in cells[:place] else []
        for line in lines:
            yield Passage(line.text, ((0, line.place),), item=False, cell=True)


def _is_labels(cell: str) -> bool:
    """Whether a cell lists thousands of labels with bars in them ("Case=Nom|Number=Sing"): it has no sentence to quote.

    In the card such a bar is escaped, so that the cell's words are not found there as they are here.
    """
    return len(cell) >= SHORTEST_LABELS_CHARS and "|" in cell


def _html_parts(text: MarkdownText, start: int, end: int) -> Iterator[Heading | Passage]:
    html = text.parsed[start:end]
    for block in html_blocks(html):
        words = html[block.start : block.end]
        if block.level:
            yield Heading(plain_heading(words), block.level, start + block.start)
        else:
            yield Passage(words, ((0, start + block.start),), block.item)


def _lines(text: MarkdownText, token: Token, first_line: int) -> list[_Line]:
    """Return each line of a block with its place in the card: at the end of a card's line, after any list marks."""
    lines = []
    for number, content in enumerate(token.content.split("\n"), (token.map or [0])[0] + first_line):
        words = content.strip()
        start, end = text.line_place(number), text.line_place(number + 1)
        at = text.parsed.rfind(words, start, end)
        if words and at >= 0:
            lines.append(_Line(words, at))
    return lines


def _inline_parts(lines: list[_Line], opened: list[Token]) -> Iterator[Heading | Passage]:
    words = " ".join(line.text for line in lines)
    innermost = opened[-1]
    if innermost.type == "heading_open" and not (innermost.markup in {"=", "-"} and _is_prose(words)):
        if len(opened) == 1 and lines:
            yield Heading(plain_heading(words), int(innermost.tag[1]), lines[0].place)
        return
    item = any(token.type == "list_item_open" for token in opened)
    yield from _paragraph_parts(lines, item=item, top=len(opened) == 1)


def _is_prose(words: str) -> bool:
    """Whether words above a rule, or in bold, are prose and no heading: they end as a sentence does, or are many."""
    return _SENTENCE_END.search(words) is not None or len(words.split()) > LONGEST_HEADING_WORDS


def _paragraph_parts(lines: list[_Line], *, item: bool, top: bool) -> Iterator[Heading | Passage]:
    """Split a paragraph at lines that are headings, or that begin with a bullet unknown to Markdown."""
    gathered: list[_Line] = []
    for line in lines:
        heading = _line_heading(line, alone=len(lines) == 1) if top else None
        if heading or _BULLET.match(line.text):
            yield from _passage(gathered, item=item)
            gathered = []
        if heading:
            yield heading
        else:
            gathered.append(line)
    yield from _passage(gathered, item=item)


def _line_heading(line: _Line, *, alone: bool) -> Heading | None:
    bold = _BOLD_LINE.fullmatch(line.text)
    if bold and not _is_prose(bold[1]):
        return Heading(plain_heading(bold[1]).rstrip(" :"), BOLD_LEVEL, line.place)
    is_plain = alone and line.text.endswith(":") and _PLAIN_LINE.fullmatch(line.text)
    if is_plain and len(line.text.split()) <= LONGEST_PLAIN_HEADING_WORDS:
        return Heading(plain_heading(line.text).rstrip(" :"), PLAIN_LEVEL, line.place)
    return None


def _passage(lines: list[_Line], *, item: bool) -> Iterator[Passage]:
    if not lines:
        return
    bullet = _BULLET.match(lines[0].text)
    if bullet:
        lines = [_Line(lines[0].text[bullet.end() :], lines[0].place + bullet.end()), *lines[1:]]
    places, at = [], 0
    for line in lines:
        places.append((at, line.place))
        at += len(line.text) + 1
    yield Passage("\n".join(line.text for line in lines), tuple(places), item or bullet is not None)
