"""Finds cheaply, before a Markdown text is parsed, which words its reader may see, and so which rules can match.

A word that is missing from the result is certainly not in the text; one that is there may not be seen. Where marks, a
tag, a link or an entity may join the parts of a word, only parsing can show it, and every word counts as possible.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import reduce
from operator import or_
from typing import Final, Generic, Protocol, TypeVar

from pipelines.formats.letter_index import LONGEST_WORD, MOST_WORDS, BitCache, with_ascii_letters
from pipelines.rules.descriptions import NeededWords

_LETTER: Final = r"[^\W\d_]"
_OTHER_MARKS: Final = r"*_`~\\\[\]!<"
_MARK: Final = rf"[{_OTHER_MARKS}>]"
_MAY_JOIN: Final = re.compile(
    r"[*_`~\\\[\]!<>)&](?:"
    rf"(?<=[)>])[{_OTHER_MARKS}]*{_LETTER}"  # a link or a tag, the last before a letter, that ends right before it
    r"|(?<=`)\s"  # a code span that may begin with white space, which is not shown
    r"|(?<=&)#?\w+;"  # an entity
    rf"|(?<={_LETTER}{_MARK})(?!(?<=_)_*{_LETTER}){_MARK}*{_LETTER})"  # marks between letters; underscores alone stay
)
_WORDS_ALONE: Final = bytes(c if chr(c).isalnum() else 32 for c in bytes(range(128)).lower()).ljust(256)


def possible_words(markdown: str) -> AbstractSet[str] | None:
    """Words that the reader of a Markdown text may see, and perhaps some more; None where only parsing can show it."""
    return None if _MAY_JOIN.search(markdown) else words_in(markdown)


def words_in(rendered: str) -> AbstractSet[str]:
    """Words of a text that has been rendered, as patterns that ignore case read them."""
    return set(_words(rendered))


def _words(text: str) -> list[str]:
    """The words of letters and figures of ASCII, those letters in lower case; other characters are between words."""
    seen = with_ascii_letters(text).encode("utf-8", "replace")
    return seen.translate(_WORDS_ALONE).decode("ascii").split()


def may_match(words: AbstractSet[str] | None, needs: NeededWords) -> bool:
    """Whether a rule that needs some words can match a text with these words (None where they are not known)."""
    if words is not None:
        for entry in needs:
            if entry.isdisjoint(words):
                return False
    return True


class Needing(Protocol):
    """A rule that says which words each text has that it matches."""

    @property
    def needs(self) -> NeededWords:
        """The words, as `may_match` takes them."""


_Rule = TypeVar("_Rule", bound=Needing)
_Of = TypeVar("_Of")


class RuleIndex(Generic[_Rule]):
    """Finds which of many rules can match a text, by the words of their first entry instead of rule by rule."""

    def __init__(self, rules: Iterable[_Rule]) -> None:
        self._rules = tuple(rules)
        self._always = [place for place, rule in enumerate(self._rules) if not rule.needs]
        self._by_word: dict[str, list[int]] = {}
        for place, rule in enumerate(self._rules):
            for word in rule.needs[0] if rule.needs else ():
                self._by_word.setdefault(word, []).append(place)

    def possible(self, words: AbstractSet[str] | None) -> list[_Rule]:
        """Return the rules that can match a text with these words (None where they are not known), in their order."""
        if words is None:
            return [*self._rules]
        places = {place for word in words & self._by_word.keys() for place in self._by_word[word]}
        rules = (self._rules[place] for place in sorted(places.union(self._always)))
        return [rule for rule in rules if may_match(words, rule.needs)]


class BeginningIndex(Generic[_Of]):
    """Finds which of many rules can match a text, where each needs a word that begins in one of several ways."""

    def __init__(self, rules: Sequence[_Of], by_beginning: Mapping[str, Iterable[int]]) -> None:
        """Take the rules, and for each beginning of words, in lower case, the places of the rules that need it."""
        self._rules, self._by_beginning = rules, by_beginning
        self._bits = BitCache(self._of_word, MOST_WORDS, LONGEST_WORD)

    def possible(self, text: str) -> list[_Of]:
        """Return the rules of which a text has a word, in their order."""
        has = reduce(or_, map(self._bits.__getitem__, _words(text)), 0)
        return [self._rules[place] for place in range(has.bit_length()) if has >> place & 1]

    def _of_word(self, word: str) -> int:
        """A bit for the place of each rule that the word is needed by."""
        found = 0
        for end in range(1, min(len(word), LONGEST_WORD) + 1):
            for place in self._by_beginning.get(word[:end], ()):
                found |= 1 << place
        return found
