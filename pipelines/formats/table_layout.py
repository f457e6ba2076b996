"""Lays out the columns of a table for people, so that names, dates and numbers are never broken where it is narrow."""

from collections.abc import Sequence
from typing import NamedTuple

GAP = 2
"""Spaces between two columns."""
INDENT = 2
"""Spaces before what is below its row's first column."""
NARROWEST_TEXT = 24
"""Columns of characters that a text of several words gets at least, if it has so many."""
LONGEST_WORD = 44
"""The longest word of such a text that is not broken: longer than most slugs, shorter than a hash."""


class TableLayout(NamedTuple):
    """The widths of a table's columns, and whether its first one has a line of its own above the others."""

    apart: bool
    widths: tuple[int, ...]
    """Of all columns, or, if the first is apart, of the others."""


def table_layout(columns: Sequence[Sequence[str]], width: int) -> TableLayout | None:
    """Return how columns, each a header and its cells, fit a width; None where only one value a line does.

    Only texts of several words are wrapped; whatever has no space in it retains its width.
    """
    natural = [max(map(len, cells)) for cells in columns]
    least = [_least(cells, most) for cells, most in zip(columns, natural, strict=True)]
    for first in (0, 1):
        room = width - (INDENT if first else 0) - GAP * (len(columns) - first - 1)
        if sum(least[first:]) <= room and first < len(columns):
            return TableLayout(bool(first), _shared(least[first:], natural[first:], room))
    return None


def _least(cells: Sequence[str], natural: int) -> int:
    header, *rest = cells
    words = [word for cell in (header, *rest) for word in (cell.split() if " " in cell and cell != header else [cell])]
    if not any(" " in cell for cell in rest) or natural <= NARROWEST_TEXT:
        return natural
    return min(natural, max(NARROWEST_TEXT, *(min(len(word), LONGEST_WORD) for word in words)))


def _shared(least: Sequence[int], natural: Sequence[int], room: int) -> tuple[int, ...]:
    """Return the widths of columns in a room: what is left goes to those that want more, the first ones first."""
    left, widths = room - sum(least), []
    for low, high in zip(least, natural, strict=True):
        more = min(high - low, left)
        left -= more
        widths.append(low + more)
    return tuple(widths)
