"""Lays out titled parts of a text in two aligned columns within a width; words such as slugs are never broken."""

import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipelines.formats.text import shown

WIDEST_LABEL = 24
"""Columns of the labels, at most; a longer label is a line of its own."""
NARROWEST_TEXT = 30
"""Columns below which a text beside its label is not readable, so that it comes below it."""
GAP = 2
INDENT = 4
"""Columns by which a text below its label is indented."""
CUT = "…"
_WIDE = "WF"


class Row(NamedTuple):
    """A label and the text beside it."""

    label: str
    text: str
    most_lines: int | None = None
    """Lines after which the text is cut; None for as many as it needs."""
    tone: str | None = None
    """The verdict or state that the first word of the text is, which gives it its colour."""


class TitledPart(NamedTuple):
    """A title and its rows."""

    title: str
    rows: tuple[Row, ...]


class LaidOutLine(NamedTuple):
    """One line: what stands out, at its start, and the rest."""

    strong: str
    rest: str = ""
    tone: str | None = None


def laid_out(parts: Iterable[TitledPart], width: int) -> Iterator[LaidOutLine]:
    """Yield the lines of all parts, with an empty one between two; none has a space at its end."""
    for place, part in enumerate(parts):
        if place:
            yield LaidOutLine("")
        yield from (LaidOutLine(text) for text in wrapped(_safe(part.title), width))
        rows = [row._replace(label=_safe(row.label), text=_safe(row.text)) for row in part.rows]
        margin = _margin(rows, width)
        for row in rows:
            yield from _row(row, margin, width)


def wrapped(text: str, width: int) -> list[str]:
    """Break a text at its spaces into lines of at most `width` columns.

    A word that is longer is a line of its own, whole, so that it can be copied; one in a script without spaces is
    broken.
    """
    if columns(text) <= width:
        return [text.rstrip(" ")]
    lines, line = [], ""
    for word in _words(text, width):
        joined = f"{line} {word}" if line else word
        if columns(joined) <= width or not line:
            line = joined
        else:
            lines.append(line)
            line = word
    return [*lines, line]


def clipped(text: str, width: int) -> str:
    """Shorten a text to `width` columns, at a space where one is near, and mark the cut; a quote stays closed."""
    if columns(text) <= width:
        return text
    ending = f'{CUT}"' if text.endswith('"') else CUT
    end, room = 0, width - len(ending)
    while end < len(text) and (room := room - columns(text[end])) >= 0:
        end += 1
    head, space, _ = text[:end].rpartition(" ")
    at_a_space = space and len(head) > end // 2 and text[end : end + 1] != " "
    return (head if at_a_space else text[:end]).rstrip(" ,;:") + ending


def columns(text: str) -> int:
    """Columns that a terminal needs for a text."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in _WIDE else 1 for one in text
    )


def _words(text: str, width: int) -> Iterator[str]:
    for word in text.split():
        if columns(word) > width and columns(word) > len(word):
            yield from (word[start : start + width // 2] for start in range(0, len(word), max(width // 2, 1)))
        else:
            yield word


def _safe(text: str) -> str:
    """The text in one line, without what can disguise it or steer a terminal."""
    return shown(" ".join(text.splitlines())).replace("\t", " ")


def _margin(rows: Iterable[Row], width: int) -> int:
    """Columns of the labels of a part; 0 where texts come below their labels."""
    widths = [columns(row.label) for row in rows]
    margin = max((one for one in widths if one <= WIDEST_LABEL), default=0) + GAP
    return margin if margin > GAP and width - margin >= NARROWEST_TEXT else 0


def _row(row: Row, margin: int, width: int) -> Iterator[LaidOutLine]:
    label_width = columns(row.label)
    beside = margin and label_width <= margin - GAP
    left = margin or (INDENT if row.label else 0)
    room = max(width - left, 1)
    texts = wrapped(row.text if row.most_lines is None else clipped(row.text, room * row.most_lines), room)
    if not beside and row.label:
        yield LaidOutLine(row.label)
    for place, text in enumerate(texts):
        lead = row.label if beside and not place else ""
        if text:
            yield LaidOutLine(lead + " " * (left - columns(lead)), text, None if place else row.tone)
        elif lead:
            yield LaidOutLine(lead)
