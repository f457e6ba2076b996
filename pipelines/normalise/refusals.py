"""Finds the word by which a model's name or tag says that what made it decline requests was removed."""

import re

from pipelines.formats.patterns import WordPattern

_WORD = WordPattern(
    [
        r"uncensor(?:ed)?",
        r"decensor(?:ed)?",
        r"ablit(?:erat(?:ed|ion)|erix|ered)?",
        r"obliterat(?:ed|us)",
        r"\bheretic\b",
    ],
    re.IGNORECASE,
)


def called_uncensored(name: str) -> str | None:
    """The word that says so ("uncensored", "abliterated", "heretic", …), in lower case; None where there is none.

    A tag with a colon names something else: a base model, a data set, a licence.
    """
    found = _WORD.search(name.replace("_", " "))
    return found[0].lower() if found else None
