"""Regular expressions that skip a text at once where it lacks letters that each of their matches has.

Rules have hundreds of expressions, and a sentence has words of few of them. From an expression such as
"(?:hallucinat|confabulat) (?:facts|names)" follows that every match contains "hallucinat" or "confabulat", and
"facts" or "names"; so other sentences are not searched. What a text has is found once for all expressions.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from re import _constants as sre  # type: ignore[attr-defined]  # the parser of `re` is documented nowhere else
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Final, Generic, TypeVar

from pipelines.formats.letter_index import BitCache, LetterIndex, with_ascii_letters, words_of_ascii

SHORTEST: Final = 3
"""Fewest letters that an expression is skipped by: shorter ones are in most sentences."""

NEVER: Final = "(?!)"
"""The expression that matches nothing."""

LONGEST_TEXT: Final = 1200
"""Most characters of a text whose bits are cached: those of a sentence, in which many expressions are searched."""

MOST_TEXTS: Final = 256
"""Most texts whose bits are cached: the sentences of most cards, which are read for limits, uses and more in turn."""

_WORD: Final = re.compile("[a-z]+")
_TO_THE_END: Final = 2**31
_Of = TypeVar("_Of")

_LETTERS: Final = LetterIndex(SHORTEST)
"""Letters that the matches of all expressions have."""


class BitFilter(Generic[_Of]):
    """Finds of many things those of which a text has all the letters that they need."""

    def __init__(self, things: Iterable[tuple[tuple[int, ...], _Of]]) -> None:
        """Take each thing with its bits, of which the fewest texts have the first."""
        self._by_bit: dict[int, list[tuple[int, _Of]]] = {}
        """First bit of things → all bits, and thing."""
        for bits, thing in things:
            self._by_bit.setdefault(bits[0], []).append((sum(bits), thing))
        self.bits = sum(self._by_bit)
        """A text that has none of these bits can have none of the things."""

    def of(self, has: int) -> Iterator[_Of]:
        """Yield the things that a text with these bits may have, in any order."""
        left = has & self.bits
        while left:
            bit = left & -left
            left ^= bit
            for bits, thing in self._by_bit[bit]:
                if bits & has == bits:
                    yield thing


class Expression:
    """A regular expression that is compiled when it is first searched: of hundreds in a table few texts need many."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern, self._flags = pattern, flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The compiled expression; raises re.error where it is none."""
        return re.compile(self.pattern, self._flags)


class WordPattern:
    """An expression of several alternatives; all methods answer as those of `re.Pattern` do for "a|b|c"."""

    __slots__ = ("_alternatives", "_whole", "needs", "others", "pattern")

    def __init__(self, alternatives: Sequence[str], flags: int = 0) -> None:
        self.pattern = "|".join(f"(?:{one})" for one in alternatives)
        self._whole = Expression(self.pattern, flags)
        bits = {one: needed_bits(one, flags) for one in alternatives if one != NEVER}
        self.needs = [each for each in bits.values() if each]
        """Bits of each alternative of which letters are sure."""
        self._alternatives = BitFilter((each, Expression(one, flags)) for one, each in bits.items() if each)
        others = [f"(?:{one})" for one, each in bits.items() if not each]
        self.others = Expression("|".join(others), flags) if others else None
        """The other alternatives."""

    def match(self, text: str, start: int = 0, end: int = _TO_THE_END) -> re.Match[str] | None:
        """Return the match at a place of a text, None where there is none."""
        return self._whole.compiled.match(text, start, end)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """Return the match of a whole text, None where there is none."""
        return self._whole.compiled.fullmatch(text)

    def search(self, text: str, start: int = 0, end: int = _TO_THE_END) -> re.Match[str] | None:
        """Return the first match in a text, None where there is none."""
        has = _TEXTS[text]
        if self.others is None and not has & self._alternatives.bits:
            return None  # so most searches end
        same = self._same_in(has, text, start, end)
        return same.search(text, start, end) if same else None

    def finditer(self, text: str, start: int = 0, end: int = _TO_THE_END) -> Iterator[re.Match[str]]:
        """Yield the matches in a text, from its beginning on."""
        same = self._same_in(_TEXTS[text], text, start, end)
        return same.finditer(text, start, end) if same else iter(())

    def _same_in(self, has: int, text: str, start: int, end: int) -> re.Pattern[str] | None:
        """Return an expression that has the same matches in a text with these bits; None where there are none.

        Where only one alternative can match, that is enough, unless its groups would have other numbers.
        """
        if self.others is not None and self.others.compiled.search(text, start, end):
            return self._whole.compiled
        possible = list(self._alternatives.of(has))
        if len(possible) == 1 and not self._whole.compiled.groups:
            return possible[0].compiled
        return self._whole.compiled if any(one.compiled.search(text, start, end) for one in possible) else None

    def may_match(self, text: str) -> bool:
        """Whether some part of a text may match: it has the letters, or of an alternative none are sure."""
        return self.others is not None or any(True for _ in self._alternatives.of(_TEXTS[text]))

    def sub(self, repl: str | Callable[[re.Match[str]], str], text: str) -> str:
        """Return a text with each match replaced."""
        return self._whole.compiled.sub(repl, text) if self.search(text) else text

    def __repr__(self) -> str:
        return f"WordPattern({self.pattern!r})"


class PatternRows(Generic[_Of]):
    """Rows of a table, each with expressions: finds the first row of which a text matches any."""

    def __init__(self, rows: Iterable[tuple[_Of, tuple[WordPattern, ...]]]) -> None:
        self._rows = list(rows)
        each = list(enumerate(patterns for _, patterns in self._rows))
        self._needing = BitFilter((bits, place) for place, some in each for one in some for bits in one.needs)
        self._unsure = {place for place, some in each if any(one.others for one in some)}

    def first(self, text: str) -> _Of | None:
        """Return the first row that a text matches, None where it matches none."""
        for place in sorted(self._unsure.union(self._needing.of(bits_in(text)))):
            row, patterns = self._rows[place]
            if any(one.search(text) for one in patterns):
                return row
        return None


def needed(expression: str, flags: int = 0) -> tuple[frozenset[str], ...]:
    """Return letters, in lower case, that every match has: some of each set; the fewest texts have some of the first.

    "(?:hallucinat|confabulat) (?:facts|names)" gives {"hallucinat", "confabulat"} and {"facts", "names"}.
    """
    return _needed(parser.parse(expression, flags))


def needed_bits(expression: str, flags: int = 0) -> tuple[int, ...]:
    """Return the bits that a text has in which an expression matches, each once, in the order of `needed`."""
    bits = tuple(dict.fromkeys(map(_LETTERS.bit_of, needed(expression, flags))))
    _TEXTS.clear()  # of which those bits are missing that did not exist when the text was read
    return bits


def bits_in(text: str) -> int:
    """Return the bits of a text: of all letters of expressions that it has."""
    return _TEXTS[text]


def _bits_in(text: str) -> int:
    if text.isascii():
        return _LETTERS.in_words(set(words_of_ascii(text)))
    return _LETTERS.in_words(set(_WORD.findall(with_ascii_letters(text).lower())))


_TEXTS: Final = BitCache(_bits_in, MOST_TEXTS, LONGEST_TEXT)


def _needed(parts: Iterable[tuple[Any, Any]]) -> tuple[frozenset[str], ...]:
    """Letters of all parts that follow one another, the best first: the longest, of those the fewest."""
    sets: list[frozenset[str]] = []
    run = ""
    for kind, value in parts:
        if kind is sre.LITERAL and "a" <= (letter := with_ascii_letters(chr(value)).lower()) <= "z":
            run += letter
            continue
        sets += [frozenset([run]), *_needed_inside(kind, value)]
        run = ""
    sure = [letters for letters in (*sets, frozenset([run])) if len(min(letters, key=len)) >= SHORTEST]
    return tuple(sorted(sure, key=lambda letters: (-len(min(letters, key=len)), len(letters))))


def _needed_inside(kind: object, value: Any) -> tuple[frozenset[str], ...]:  # noqa: ANN401 - of the parser
    if kind is sre.SUBPATTERN:
        return _needed(value[-1])
    if kind is sre.ATOMIC_GROUP:
        return _needed(value)
    if kind is sre.ASSERT:
        return _needed(value[1])
    if kind in {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT} and value[0] > 0:
        return _needed(value[-1])
    if kind is sre.BRANCH:
        each = [_needed(one) for one in value[1]]
        return (frozenset[str]().union(*(sets[0] for sets in each)),) if all(each) else ()
    return ()
