"""Finds which of many strings of letters a text has, by its words, for all readers of the text at once.

Each set of strings has a bit of its own, and a text the bits of the sets of which it has a string. So one number says
of hundreds of expressions whether they can match, and asking it costs next to nothing.
"""

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Final

SHORTEST: Final = 3
"""Fewest letters of a string: shorter ones are in most texts."""

LONGEST_WORD: Final = 60
"""Most letters of a word whose bits are cached."""

MOST_WORDS: Final = 1 << 15
"""Most words whose bits are cached, as texts share most of their words."""


class LetterIndex:
    """Strings of letters in sets, and which of the sets words have a string of."""

    def __init__(self) -> None:
        self._bits: dict[frozenset[str], int] = {}
        self._by_start: dict[str, list[tuple[str, int]]] = {}
        """First letters → strings that begin so, with the bit of their set."""
        self._words = _Words(self._by_start)

    def bit_of(self, strings: frozenset[str]) -> int:
        """Return the bit of a set of strings, each of `SHORTEST` letters or more, which are found from now on."""
        if strings not in self._bits:
            bit = self._bits[strings] = 1 << len(self._bits)
            for one in strings:
                self._by_start.setdefault(one[:SHORTEST], []).append((one, bit))
            self._words.clear()
        return self._bits[strings]

    def in_words(self, words: Iterable[str]) -> int:
        """Return the bits of all sets of which a string is part of one of the words."""
        return reduce(or_, map(self._words.__getitem__, words), 0)


class _Words(dict[str, int]):
    """Word → bits of the sets of which it has a string; found where it is asked for, and cached."""

    def __init__(self, by_start: Mapping[str, list[tuple[str, int]]]) -> None:
        super().__init__()
        self._by_start = by_start

    def __missing__(self, word: str) -> int:
        found = 0
        for start in range(len(word) - SHORTEST + 1):
            for string, bit in self._by_start.get(word[start : start + SHORTEST], ()):
                if word.startswith(string, start):
                    found |= bit
        if len(word) <= LONGEST_WORD:
            if len(self) >= MOST_WORDS:
                self.clear()
            self[word] = found
        return found
