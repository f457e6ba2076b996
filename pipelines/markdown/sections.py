"""A model card's text in sections: headings of any style, what each announces, and the passages under it."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from pipelines.markdown.blocks import PLAIN_LEVEL, Heading, Passage, read_blocks
from pipelines.markdown.text import MarkdownText, no_card, read_text
from pipelines.rules.cards import SectionKind, card_rules

_NO_WORD: Final = re.compile(r"[^\w\s'\u2019/&]|_")


class Section(NamedTuple):
    """A heading and what stands under it, up to the next heading."""

    heading: str
    """Without markup; "" for what stands before the first heading."""
    level: int
    """1 to 6; 7 for a line in bold, 8 for a plain line; 0 before the first heading."""
    kind: SectionKind
    """What the heading announces; where it announces nothing, what the heading above it does."""
    start: int
    """First byte, in the card, of the heading's line."""
    end: int
    """The byte after the section's last."""
    passages: tuple[Passage, ...]


def read_sections(card: bytes, body_offset: int = 0) -> tuple[Section, ...]:
    """Read a card's sections from the byte where its text begins; () where the bytes are no card. Never raises."""
    if no_card(card):
        return ()
    text = read_text(card)
    return tuple(_sections(text, text.line_of_byte(body_offset), body_offset))


def heading_kind(heading: str) -> SectionKind | None:
    """The kind that a heading's words announce by the table; None when they announce none."""
    words = " ".join(_NO_WORD.sub(" ", heading.casefold()).split())
    return next((rule.kind for rule in card_rules().headings if rule.pattern.search(words)), None)


def _sections(text: MarkdownText, first_line: int, start: int) -> Iterator[Section]:
    """Close a section at each heading."""
    above: list[tuple[int, SectionKind]] = []
    heading, passages = Heading("", 0, 0), list[Passage]()
    kind: SectionKind = "other"
    for part in read_blocks(text, first_line):
        if isinstance(part, Passage):
            passages.append(part)
        elif part.level == PLAIN_LEVEL and heading_kind(part.text) is None:
            passages.append(_as_passage(text, part))
        else:
            byte = max(start, text.byte_at(text.line_place(text.line_of(part.place))))
            yield Section(heading.text, heading.level, kind, start, byte, tuple(passages))
            kind = _kind(part, above)
            above = [outer for outer in above if outer[0] < part.level]
            above.append((part.level, kind))
            heading, start, passages = part, byte, []
    yield Section(heading.text, heading.level, kind, start, text.byte_at(len(text.text)), tuple(passages))


def _kind(heading: Heading, before: list[tuple[int, SectionKind]]) -> SectionKind:
    """A heading that announces nothing goes on with what the one above it does, until one beside it turned away."""
    if announced := heading_kind(heading.text):
        return announced
    above = [kind for level, kind in before if level < heading.level]
    beside = [kind for level, kind in before if level == heading.level]
    return above[-1] if above and all(kind == above[-1] for kind in beside) else "other"


def _as_passage(text: MarkdownText, line: Heading) -> Passage:
    """Take back a plain line that turned out to be no heading: it leads in a list or stands for itself."""
    end = text.line_place(text.line_of(line.place) + 1)
    return Passage(text.parsed[line.place : end].rstrip(), ((0, line.place),), item=False)
