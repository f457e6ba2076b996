"""Regular expressions that skip a text at once where it lacks letters that each of their matches has.

Rules have hundreds of expressions, and a sentence has words of few of them. From an expression such as
"hallucinat|(?:in|not )accurate" follows that every match contains "hallucinat" or "accurate"; so a sentence without
either is not searched. What a text has is found once for all expressions, word by word.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count
from re import _constants as sre  # type: ignore[attr-defined]  # the parser of `re` is documented nowhere else
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Final, Generic, TypeVar

SHORTEST: Final = 3
"""Fewest letters that an expression is skipped by: shorter ones are in most sentences."""

NEVER: Final = "(?!)"
"""The expression that matches nothing."""

_WORD: Final = re.compile("[a-z]+")
_ALIKE: Final = re.compile("[\u0130\u0131\u017f\u212a]")
"""Letters that an expression which ignores case takes for i, s or k."""
_TO_THE_END: Final = 2**31

_Possible = Sequence[Mapping[int, tuple[int, ...]]] | None
"""For each word of a text: number of each expression that may match in it → those of its alternatives; None where
any may. Of a text a few expressions are searched, and its words have letters of many."""

_NOTHING: Final[Mapping[int, tuple[int, ...]]] = {}
"""What most words have, once for all."""

_NUMBERS: Final = count()
_Of = TypeVar("_Of")


class LetterIndex(Generic[_Of]):
    """Finds which of many strings of letters are in a word, and gives what each is of."""

    def __init__(self) -> None:
        self._by_start: dict[str, list[tuple[str, _Of]]] = {}
        """First letters → letters that begin so, with what they are of."""

    def add(self, letters: str, of: _Of) -> None:
        """Have letters found from now on, of which there are SHORTEST or more."""
        self._by_start.setdefault(letters[:SHORTEST], []).append((letters, of))

    def of_word(self, word: str) -> Iterator[_Of]:
        """Yield what the letters are of that a word has, once for each place."""
        for start in range(len(word) - SHORTEST + 1):
            for letters, of in self._by_start.get(word[start : start + SHORTEST], ()):
                if word.startswith(letters, start):
                    yield of


_LETTERS: Final = LetterIndex[tuple[int, int]]()
"""Letters of all expressions, with the numbers of an expression and its alternative."""


class WordPattern:
    """An expression of several alternatives; all methods answer as those of `re.Pattern` do for "a|b|c"."""

    __slots__ = ("_alternatives", "_number", "_others", "_whole", "fullmatch", "match", "pattern", "sub")

    def __init__(self, alternatives: Sequence[str], flags: int = 0) -> None:
        self._whole = re.compile("|".join(f"(?:{one})" for one in alternatives), flags)
        self.pattern = self._whole.pattern
        self.match, self.fullmatch = self._whole.match, self._whole.fullmatch
        self.sub = self._whole.sub
        self._number = next(_NUMBERS)
        letters = [needed(one, flags) for one in alternatives]
        self._alternatives = [re.compile(one, flags) for one in alternatives]
        unsure = (one for one, known in zip(alternatives, letters, strict=True) if known is None and one != NEVER)
        others = [f"(?:{one})" for one in unsure]
        self._others = re.compile("|".join(others), flags) if others else None
        """Those alternatives of which no letters are sure."""
        _register(self._number, letters)

    def search(self, text: str, start: int = 0, end: int = _TO_THE_END) -> re.Match[str] | None:
        """Return the first match in a text, None where there is none."""
        possible = _possible(text)
        if possible is not None:
            there = {one for found in possible for one in found.get(self._number, ())}
            if not there and self._others is None:
                return None
            found = self._others is not None and self._others.search(text, start, end)
            for one in () if found else there:
                if found := self._alternatives[one].search(text, start, end):
                    break
            if not found:
                return None
        return self._whole.search(text, start, end)

    def finditer(self, text: str, start: int = 0, end: int = _TO_THE_END) -> Iterator[re.Match[str]]:
        """Yield the matches in a text, from its beginning on."""
        return self._whole.finditer(text, start, end) if self.may_match(text) else iter(())

    def may_match(self, text: str) -> bool:
        """Whether a text has letters of some match, or an alternative of which no letters are sure."""
        possible = _possible(text)
        if possible is None or any(self._number in found for found in possible):
            return True
        return self._others is not None and self._others.search(text) is not None

    def __repr__(self) -> str:
        return f"WordPattern({self.pattern!r})"


def needed(expression: str, flags: int = 0) -> frozenset[str] | None:
    """Return letters, in lower case, of which every match has some ("hallucinat" or "accurate"); else None."""
    return _needed(parser.parse(expression, flags))


def _register(number: int, letters: Sequence[frozenset[str] | None]) -> None:
    """Have the letters of an expression's alternatives found in texts from now on."""
    for place, known in enumerate(letters):
        for one in known or ():
            _LETTERS.add(one, (number, place))
    _possible.cache_clear()
    _of_word.cache_clear()


@lru_cache(maxsize=16)
def _possible(text: str) -> _Possible:
    """Return what may match in a text; cached, as many expressions are searched in one sentence."""
    if not text.isascii() and _ALIKE.search(text):
        return None
    return [found for word in set(_WORD.findall(text.lower())) if (found := _of_word(word))]


@lru_cache(maxsize=1 << 15)
def _of_word(word: str) -> Mapping[int, tuple[int, ...]]:
    """Return the number of each expression that may match in a word → those of its alternatives."""
    found: dict[int, set[int]] = {}
    for number, place in _LETTERS.of_word(word):
        found.setdefault(number, set()).add(place)
    return {number: tuple(places) for number, places in found.items()} or _NOTHING


def _needed(parts: Iterable[tuple[Any, Any]]) -> frozenset[str] | None:
    """The best answer for parts that follow one another: the longest letters, of those the fewest."""
    choices: list[frozenset[str]] = []
    run = ""
    for kind, value in parts:
        if kind is sre.LITERAL and "a" <= (letter := chr(value).lower()) <= "z":
            run += letter
            continue
        choices.append(frozenset([run]))
        run = ""
        if (inside := _needed_inside(kind, value)) is not None:
            choices.append(inside)
    choices.append(frozenset([run]))
    sure = [letters for letters in choices if len(min(letters, key=len)) >= SHORTEST]
    return max(sure, key=lambda letters: (len(min(letters, key=len)), -len(letters)), default=None)


def _needed_inside(kind: object, value: Any) -> frozenset[str] | None:  # noqa: ANN401 - of the parser
    if kind is sre.SUBPATTERN:
        return _needed(value[-1])
    if kind is sre.ATOMIC_GROUP:
        return _needed(value)
    if kind in {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT} and value[0] > 0:
        return _needed(value[-1])
    if kind is sre.BRANCH:
        each = [_needed(one) for one in value[1]]
        return None if None in each else frozenset[str]().union(*(one for one in each if one))
    return None
