"""Tells English from other languages by the words of a text."""

import re
from collections.abc import Sequence
from typing import Final, Literal

from pipelines.formats.letter_index import words_of_ascii
from pipelines.rules.cards import card_rules

Language = Literal["en", "other"]

_WORD: Final = re.compile(r"[^\W\d_]+")
_LATIN_END: Final = "\u024f"
_LARGEST_FOREIGN_SHARE: Final = 0.3
FEWEST_WORDS: Final = 4
"""Fewest words that show another language by a letter that English has not, and by no small word of English."""


def words_of(text: str) -> list[str]:
    """Words of a text in lower case, without digits and marks."""
    return words_of_ascii(text) if text.isascii() else _WORD.findall(text.casefold())


def language_of(text: str, otherwise: Language = "en") -> Language:
    """Language of a text, by its script and by the small words of every language; `otherwise` where these are equal."""
    return language_by(words_of(text), text, otherwise)


def language_by(words: Sequence[str], text: str, otherwise: Language) -> Language:
    """Language of a text whose words are known, as `language_of` finds it."""
    if not text.isascii():
        letters = sum(map(len, words))
        foreign = sum(len(word) for word in words if max(word) > _LATIN_END)
        if letters and foreign / letters > _LARGEST_FOREIGN_SHARE:
            return "other"
    rules = card_rules()
    english = sum(map(rules.english.__contains__, words))
    others = sum(map(rules.foreign.__contains__, words))
    if english == others:
        accented = not english and len(words) >= FEWEST_WORDS and any(not word.isascii() for word in words)
        return "other" if accented else otherwise
    return "en" if english > others else "other"
