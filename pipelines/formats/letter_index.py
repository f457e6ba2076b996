"""Finds which of many strings of letters a text has, by its words, for all readers of the text at once.

Each set of strings has a bit of its own, and a text the bits of the sets of which it has a string. So one number says
of hundreds of expressions whether they can match, and asking it costs next to nothing.
"""

import re
from collections.abc import Callable, Iterable
from functools import reduce
from operator import or_
from typing import Final

LONGEST_WORD: Final = 60
"""Most letters of a word whose bits are cached."""

MOST_WORDS: Final = 1 << 15
"""Most words whose bits are cached."""

_ALIKE: Final = re.compile("[\u0130\u0131\u017f\u212a]")
_ASCII: Final = str.maketrans("\u0130\u0131\u017f\u212a", "iisk")


def with_ascii_letters(text: str) -> str:
    """Return a text with i, s or k in place of each other letter that an expression which ignores case takes for it."""
    return text.translate(_ASCII) if not text.isascii() and _ALIKE.search(text) else text


_SMALL_LETTERS: Final = bytes(code if chr(code).isalpha() else 32 for code in bytes(range(128)).lower()).ljust(256)
"""Each letter of ASCII as a small one, and a space for each other character."""


def words_of_ascii(text: str) -> list[str]:
    """Return the runs of letters of a text in ASCII, in lower case."""
    return text.encode().translate(_SMALL_LETTERS).decode().split()


class BitCache(dict[str, int]):
    """Text → bits, found where they are asked for, and cached within bounds: texts share most of their words.

    Not for several threads at once.
    """

    def __init__(self, find: Callable[[str], int], most: int, longest: int) -> None:
        super().__init__()
        self._find, self._most, self._longest = find, most, longest

    def __missing__(self, text: str) -> int:
        found = self._find(text)
        if len(text) <= self._longest:
            if len(self) >= self._most:
                self.clear()
            self[text] = found
        return found


class LetterIndex:
    """Strings of letters in sets, and which of the sets words have a string of. Not for several threads at once."""

    def __init__(self, shortest: int) -> None:
        """Make an index of strings of so many letters or more."""
        self.shortest = shortest
        self._bits: dict[frozenset[str], int] = {}
        self._by_start: dict[str, dict[str, int]] = {}
        """First letters → strings that begin so → bits of their sets."""
        self._words = BitCache(self._of_word, MOST_WORDS, LONGEST_WORD)

    def bit_of(self, strings: frozenset[str]) -> int:
        """Return the bit of a set of strings, each of `shortest` letters or more, which are found from now on."""
        if strings not in self._bits:
            bit = self._bits[strings] = 1 << len(self._bits)
            for one in strings:
                alike = self._by_start.setdefault(one[: self.shortest], {})
                alike[one] = alike.get(one, 0) | bit
            self._words.clear()
        return self._bits[strings]

    def in_words(self, words: Iterable[str]) -> int:
        """Return the bits of all sets of which a string is part of one of the words."""
        return reduce(or_, map(self._words.__getitem__, words), 0)

    def _of_word(self, word: str) -> int:
        found = 0
        for start in range(len(word) - self.shortest + 1):
            if alike := self._by_start.get(word[start : start + self.shortest]):
                for string, bits in alike.items():
                    if word.startswith(string, start):
                        found |= bits
        return found
