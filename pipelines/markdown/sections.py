"""Divides a model card's text into sections: a heading of any style, its kind, and the passages under it."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from pipelines.formats.patterns import PatternRows
from pipelines.markdown.blocks import PLAIN_LEVEL, Heading, Passage, read_blocks
from pipelines.markdown.text import MarkdownText, no_card, read_text
from pipelines.rules.cards import HeadingRule, SectionKind, card_rules
from pipelines.rules.languages import language_rules

_NO_WORD: Final = re.compile(r"[^\w\s'\u2019/&]|_")
_NUMBER: Final = re.compile(r"[\d\s]+(?=[^\W\d_])")
"""Number of a heading: "4. Disclaimer", "2.1 Limits"."""

_TITLE_END: Final = re.compile(r"(?:</h|[ \t]#+[ \t]*\Z).*\Z", re.DOTALL)

LONGEST_CACHED: Final = 200
"""Most characters of a heading whose rule is cached: cards share most of their headings, and those are short."""


class Section(NamedTuple):
    """A heading with the text under it, up to the next heading."""

    heading: str
    """Without markup; "" for the text before the first heading."""
    level: int
    """1 to 6; 7 for a line in bold, 8 for a plain line; 0 before the first heading."""
    kind: SectionKind
    """Kind that the heading announces, else that of the heading above it, unless a sibling before it has another."""
    accepts: bool
    """Whether the heading announces limits so plainly that its sentences state them without a word of weakness."""
    mixed: bool
    """Whether the heading announces uses as well as limits."""
    title: Passage | None
    """The heading as written, without the marks before it; None before the first heading."""
    start: int
    """First byte, in the card, of the heading's line."""
    end: int
    """Byte after the section's last."""
    passages: tuple[Passage, ...]


def read_sections(card: bytes, body_offset: int = 0) -> tuple[Section, ...]:
    """Return a card's sections from the byte on where its text begins; () where the bytes are no card. Never raises."""
    if no_card(card):
        return ()
    text = read_text(card)
    return tuple(_sections(text, text.line_of_byte(body_offset), body_offset))


def heading_kind(heading: str) -> SectionKind | None:
    """Kind of section that a heading's words announce, by cards.toml; None where they announce none."""
    rule = _rule(heading)
    return rule.kind if rule else None


def _rule(heading: str) -> HeadingRule | None:
    return _rule_again(heading) if len(heading) <= LONGEST_CACHED else _first_rule(heading)


@lru_cache(maxsize=4096)
def _rule_again(heading: str) -> HeadingRule | None:
    return _first_rule(heading)


def _first_rule(heading: str) -> HeadingRule | None:
    words = " ".join(_NO_WORD.sub(" ", heading.casefold()).split())
    numbered = _NUMBER.match(words)
    words = words[numbered.end() :] if numbered else words
    return _rules().first(words)


@lru_cache(maxsize=1)
def _rules() -> PatternRows[HeadingRule]:
    return PatternRows((rule, (rule.pattern,)) for rule in (*card_rules().headings, *language_rules().headings))


def _sections(text: MarkdownText, first_line: int, start: int) -> Iterator[Section]:
    """Yield a section at each heading, and the last one at the end."""
    above: list[tuple[int, SectionKind]] = []
    heading, passages = Heading("", 0, 0), list[Passage]()
    kind: SectionKind = "other"
    accepts, mixed, title = False, False, None
    for part in read_blocks(text, first_line):
        if isinstance(part, Passage):
            passages.append(part)
        elif part.level == PLAIN_LEVEL and heading_kind(part.text) is None:
            passages.append(_as_passage(text, part))
        else:
            byte = max(start, text.byte_at(text.line_place(text.line_of(part.place))))
            yield Section(heading.text, heading.level, kind, accepts, mixed, title, start, byte, tuple(passages))
            rule = _rule(part.text)
            kind = rule.kind if rule else _inherited(part, above)
            accepts, mixed = (rule.accepts, rule.mixed) if rule else (False, False)
            title = _as_passage(text, part)
            above = [outer for outer in above if outer[0] < part.level]
            above.append((part.level, kind))
            heading, start, passages = part, byte, []
    end = text.byte_at(len(text.text))
    yield Section(heading.text, heading.level, kind, accepts, mixed, title, start, end, tuple(passages))


def _inherited(heading: Heading, before: list[tuple[int, SectionKind]]) -> SectionKind:
    """Kind of a heading that announces none: that of the heading above, unless a sibling before it has another.

    Under "Limitations", "Memory" is about limits too, but not where "Training data" precedes it on the same level.
    """
    above = [kind for level, kind in before if level < heading.level]
    beside = [kind for level, kind in before if level == heading.level]
    return above[-1] if above and all(kind == above[-1] for kind in beside) else "other"


def _as_passage(text: MarkdownText, line: Heading) -> Passage:
    """Return a heading's line, from its words on, as a passage: a plain line may introduce a list."""
    end = text.line_place(text.line_of(line.place) + 1)
    words = _TITLE_END.sub("", text.parsed[line.place : end].rstrip())
    return Passage(words, ((0, line.place),), item=False)
