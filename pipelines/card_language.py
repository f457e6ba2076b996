"""Whether a text is English. Only that: cards in other languages are quoted, not guessed at."""

import re
from typing import Final, Literal

from pipelines.card_rules import card_rules

Language = Literal["en", "other"]

_WORD: Final = re.compile(r"[^\W\d_]+")
_LATIN_END: Final = "\u024f"
_LARGEST_FOREIGN_SHARE: Final = 0.3


def language_of(text: str, otherwise: Language = "en") -> Language:
    """Judge by the script and by the small words that every language needs; where there are none, `otherwise`."""
    words = _WORD.findall(text.casefold())
    letters = sum(map(len, words))
    foreign = sum(len(word) for word in words if max(word) > _LATIN_END)
    if letters and foreign / letters > _LARGEST_FOREIGN_SHARE:
        return "other"
    rules = card_rules()
    english = sum(word in rules.english for word in words)
    others = sum(word in rules.foreign for word in words)
    if english == others:
        return otherwise
    return "en" if english > others else "other"
