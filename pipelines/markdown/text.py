"""Decodes a model card, and finds for any character of the text its byte in the card as stored."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, islice, pairwise
from typing import Final, NamedTuple

LONGEST_CARD_BYTES: Final = 1 << 19
"""Most bytes that are read of a card; larger cards have pictures inside their text."""

MOST_LINES: Final = 5_000
"""Most lines that are read of a card. The longest of 2,686 recorded cards has 4,233."""

STRETCH_CHARS: Final = 1024
"""Most characters that are encoded to find the byte of one."""

BYTE_ORDER_MARK: Final = "\ufeff"

_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_BYTE_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_ALTERED: Final = re.compile("[\0\ud800-\udfff]")

_ERROR_TEXT_BYTES: Final = 600
"""Longest error answer; a longer text that begins like one is a card."""

_LFS_POINTER: Final = b"version https://git-lfs.github.com/spec/"
_ERROR_TEXT: Final = re.compile(
    r"(?is)\A\s*+(?:<!doctype html|<html\b|\{\s*\"(?:error|message)\"\s*:"
    r"|(?:error|http)?\W*\b[45]\d\d\b[\s:]+(?:bad|unauthori[sz]ed|forbidden|not found|internal|service)"
    r"|entry not found|repository not found|invalid (?:username or password|credentials)|not found\s*\Z"
    r"|access to (?:this )?(?:model|repo)\b|internal server error|too many requests|rate limit)"
)


class MarkdownText(NamedTuple):
    """A card's characters, and where its lines begin."""

    text: str
    """The card; bytes that are no UTF-8 are lone surrogates, so that every character has its bytes."""
    parsed: str
    """The same for parsers: NUL and surrogates are replaced, one character by one, so that all indexes are the same."""
    line_chars: tuple[int, ...]
    """First character of each line; lines end as Markdown has it: CR LF, CR or LF."""
    line_bytes: tuple[int, ...]
    """First byte of each line."""
    stretch_bytes: tuple[int, ...]
    """First byte of each stretch of `STRETCH_CHARS` characters: a card may be a single line."""

    def lines(self) -> list[str]:
        """The parsed text's lines, without their ends and the byte order mark; the last may be empty."""
        text = self.parsed.removeprefix(BYTE_ORDER_MARK)
        return _LINE_END.split(text) if "\r" in text else text.split("\n")

    def line_of(self, char: int) -> int:
        """Number of the line, from 0, that holds a character."""
        return bisect_right(self.line_chars, char) - 1

    def line_of_byte(self, byte: int) -> int:
        """Number of the line, from 0, that holds a byte."""
        return bisect_right(self.line_bytes, byte) - 1

    def line_place(self, line: int) -> int:
        """Index of a line's first character; of the line after the last, the end of the text."""
        return self.line_chars[line] if line < len(self.line_chars) else len(self.text)

    def byte_at(self, char: int) -> int:
        """Offset of a character's first byte in the card."""
        stretch = char // STRETCH_CHARS
        return self.stretch_bytes[stretch] + _byte_count(self.text[stretch * STRETCH_CHARS : char])


def is_cut(card: bytes) -> bool:
    """Whether a card may have more than `read_text` reads of it."""
    if len(card) > LONGEST_CARD_BYTES:
        return True
    may_have_more = card.count(b"\n") + card.count(b"\r") >= MOST_LINES
    return may_have_more and sum(1 for _ in islice(_BYTE_LINE_END.finditer(card), MOST_LINES)) == MOST_LINES


@lru_cache(maxsize=1)
def read_text(card: bytes) -> MarkdownText:
    """Return a card's text, up to `LONGEST_CARD_BYTES` and `MOST_LINES`. Any bytes can be read.

    Cached, since the readers of one card (its front matter, its sections, its sentences) follow one another.
    """
    text = card[:LONGEST_CARD_BYTES].decode("utf-8", "surrogateescape")
    starts = _line_starts(text, MOST_LINES)
    if len(starts) > MOST_LINES:
        text = text[: starts.pop()]
    stretches = range(0, len(text) + STRETCH_CHARS, STRETCH_CHARS)
    parsed = text if text.isascii() and "\0" not in text else _ALTERED.sub("\ufffd", text)
    line_bytes = starts if text.isascii() else _line_starts(card[:LONGEST_CARD_BYTES], len(starts) - 1)
    return MarkdownText(text, parsed, tuple(starts), tuple(line_bytes), _offsets(text, stretches))


def _line_starts(text: str | bytes, most: int) -> list[int]:
    """Return where the first lines of a text begin, up to the one after so many ends of lines."""
    if isinstance(text, bytes):
        if b"\r" in text:
            return [0, *(end.end() for end in islice(_BYTE_LINE_END.finditer(text), most))]
        lines: Sequence[str | bytes] = text.split(b"\n", most)
    elif "\r" in text:
        return [0, *(end.end() for end in islice(_LINE_END.finditer(text), most))]
    else:
        lines = text.split("\n", most)
    return list(accumulate((len(line) + 1 for line in lines[:-1]), initial=0))


def no_card(card: bytes) -> str | None:
    """Say why bytes saved as a card are no card (a pointer to a large file, an error's text); None if they are one."""
    if card.startswith(_LFS_POINTER):
        return "a pointer to a large file is stored in the card's place"
    if card[:2] != b"--" and (html_page(card) or (len(card) <= _ERROR_TEXT_BYTES and _is_error(card))):
        return "an error's text is stored in the card's place"
    return None


def html_page(card: bytes) -> bool:
    """Whether the bytes are a whole web page, of any length."""
    return card[:100].lstrip().lower().startswith((b"<!doctype html", b"<html"))


def _is_error(card: bytes) -> bool:
    return _ERROR_TEXT.match(card.decode("utf-8", "replace")) is not None


def _offsets(text: str, starts: Sequence[int]) -> tuple[int, ...]:
    """First byte of each character of `starts`, which begin with 0 and ascend."""
    if text.isascii():
        return tuple(min(start, len(text)) for start in starts)
    counts = (_byte_count(text[start:end]) for start, end in pairwise(starts))
    return tuple(accumulate(counts, initial=0))


def _byte_count(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))
