"""Finds the cells of a card's table that are sentences; tables of figures, names and switches have none."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from pipelines.rules.cards import card_rules

SHORTEST_SENTENCE_WORDS: Final = 5
"""Fewest words of a sentence in a cell that does not end as a sentence does."""

LONGEST_FIGURE_CHARS: Final = 60

_FIGURE: Final = re.compile(r"(?=\D*\d)[\W\d_]*[^\W\d_]{0,4}[\W\d_]*")
"""Digits, signs and at most a unit."""

_SENTENCE_END: Final = re.compile(r"[.!?\u3002\uff01\uff1f][\"”\u2019)*_]*$")


def telling_cells(headings: Sequence[str], cells: Sequence[str]) -> Iterator[int]:
    """Yield the indexes, in a row, of the cells that are sentences; none in a row that has a figure.

    Columns of examples, or of remedies for a limit, are skipped by their headings.
    """
    if any(len(cell) <= LONGEST_FIGURE_CHARS and _FIGURE.fullmatch(cell) for cell in cells):
        return
    column = card_rules().cues.column
    for place, cell in enumerate(cells):
        heading = headings[place] if place < len(headings) else ""
        if _is_sentence(cell) and not column.search(heading):
            yield place


def _is_sentence(cell: str) -> bool:
    if _SENTENCE_END.search(cell):
        return True
    return len(cell.split()) >= SHORTEST_SENTENCE_WORDS and card_rules().cues.finite.search(cell) is not None
