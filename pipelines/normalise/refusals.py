"""Finds the word by which a model's name or tag says that what made it decline requests was removed."""

import re

_WORD = re.compile(
    r"uncensor(?:ed)?|decensor(?:ed)?|ablit(?:erat(?:ed|ion)|erix|ered)?|obliterat(?:ed|us)|\bheretic\b", re.IGNORECASE
)

_LETTERS = ("cen", "bl", "heret")
"""Letters of which each such word has some, and few names do; none of them is also a letter of another script."""


def called_uncensored(name: str) -> str | None:
    """The word that says so ("uncensored", "abliterated", "heretic", …), in lower case; None where there is none.

    A tag with a colon names something else: a base model, a data set, a licence.
    """
    lowered = name.lower()
    found = _WORD.search(name.replace("_", " ")) if any(letters in lowered for letters in _LETTERS) else None
    return found[0].lower() if found else None
