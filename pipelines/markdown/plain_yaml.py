"""Reads YAML in the form that most cards have, indented keys and lists of texts on one line each, as `read_yaml` would.

A text with anything else is left to `read_yaml`, which takes eight times as long.
"""

import re
from typing import Final, NamedTuple

from pipelines.markdown.strict_yaml import FIGURE, NULLS, Lines, YamlDocument, YamlValue

LONGEST_CHARS: Final = 20_000
"""Most characters that are read here, and with them most values."""

DEEPEST: Final = 12
"""Deepest nesting that is read here."""

_LETTER: Final = r"\u00a1-\u1fff\u3000-\ud7ff"
_SIGN: Final = rf"[!\"$-&(-9;-\[\]-~{_LETTER}]"
"""A character that means itself in a text, if not at its beginning, and in quotation marks."""

_VALUE: Final = re.compile(
    rf"(?P<plain>[A-Za-z0-9_./({_LETTER}](?:(?:{_SIGN}|['\\])++|:(?=[^ ])|(?<! )#| ++(?=[^ #]))*+)"
    rf"|'(?P<single>(?:{_SIGN}|[ #:\\])*+)'|\"(?P<double>(?:(?!\"){_SIGN}|[ #:'])*+)\"|(?P<none>\[\])"
)
_KEY: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_-]{0,60}):(?: ++(.+))?")
_ITEM: Final = re.compile(r"(- ++)(.+)")


class _YamlLine(NamedTuple):
    number: int
    indent: int
    words: str
    """Without white space around them."""


def read_plain_yaml(text: str) -> YamlDocument | None:
    """Return what `read_yaml` returns for a text; None where it has another form than is read here."""
    if len(text) > LONGEST_CHARS:
        return None
    reading = _PlainReading(text)
    value = reading.mapping("", 0)
    return YamlDocument(value, (), reading.places) if value and reading.is_whole() else None


class _PlainReading:
    """Reads one line after the other; it stops at a line that does not fit, and so does not come to the end."""

    def __init__(self, text: str) -> None:
        rows = [(number, row, row.strip(" ")) for number, row in enumerate(text.split("\n"))]
        self._lines = [
            _YamlLine(number, len(row) - len(row.lstrip(" ")), words) for number, row, words in rows if words
        ]
        self._lines.append(_YamlLine(len(rows), -1, ""))
        self._next = 0
        self._fits = True
        self.places: dict[str, Lines] = {}

    def is_whole(self) -> bool:
        """Whether all lines were read, and as `read_yaml` reads them."""
        return self._fits and self._next == len(self._lines) - 1

    def mapping(self, at: str, depth: int) -> dict[str, YamlValue]:
        """Value of the keys from the next line on that have its indent; {} where it has no key."""
        found: dict[str, YamlValue] = {}
        first = line = self._lines[self._next]
        while line.indent == first.indent and (one := _KEY.fullmatch(line.words)):
            key, words = one[1], one[2]
            self._next += 1
            self._fits &= key not in found and key not in NULLS
            found[key] = self._text(words) if words else self._below(line.indent, f"{at}/{key}", depth + 1)
            if depth == 0:
                self._note(f"/{key}", line)
            line = self._lines[self._next]
        if FIGURE in found:
            self._note(at, first)
        return found

    def _below(self, indent: int, at: str, depth: int) -> YamlValue:
        """Value of a key that has none on its line, which has an indent: what is below it; None where nothing is."""
        line = self._lines[self._next]
        is_below = line.indent > indent or (line.indent == indent and line.words.startswith("- "))
        return self._block(at, depth) if is_below else None

    def _block(self, at: str, depth: int) -> YamlValue:
        self._fits &= depth < DEEPEST
        if not self._fits:
            return None
        return self._items(at, depth) if self._lines[self._next].words.startswith("- ") else self.mapping(at, depth)

    def _items(self, at: str, depth: int) -> list[YamlValue]:
        found: list[YamlValue] = []
        first = line = self._lines[self._next]
        while self._fits and line.indent == first.indent and (one := _ITEM.fullmatch(line.words)):
            dash, words = one[1], one[2]
            if words.startswith("- ") or _KEY.fullmatch(words):
                self._lines[self._next] = _YamlLine(line.number, line.indent + len(dash), words)
                found.append(self._block(f"{at}/{len(found)}", depth + 1))
            else:
                self._next += 1
                found.append(self._text(words))
            line = self._lines[self._next]
        return found

    def _text(self, words: str) -> YamlValue:
        one = _VALUE.fullmatch(words)
        self._fits &= one is not None
        if one is None or one.lastgroup == "none":
            return []
        text = one[one.lastgroup or 0]
        return None if one.lastgroup == "plain" and text in NULLS else text

    def _note(self, at: str, first: _YamlLine) -> None:
        self.places.setdefault(at, Lines(first.number, self._lines[self._next - 1].number + 1))
