"""Whose name a sentence begins with: the model's that its text is about, or another's."""

import re
from collections.abc import Set as AbstractSet
from typing import Final

Names = AbstractSet[str]
"""The words of a model's name and id, in small letters."""

NO_NAMES: Final[Names] = frozenset()

_WORD: Final = re.compile(r"[a-z0-9]+(?:\.[0-9]+)*")
_SAYS_NOTHING: Final = frozenset(
    "a ai all an and both family it its model models of our s series the these this we".split()  # noqa: SIM905
)
"""Words of a subject that name nobody: "Our models", "It"."""

_SIZE: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?[bm]")
"""A size names a sister of the model: "Heron 7b and Heron 70b"."""

_SUBJECT: Final = re.compile(
    r"\W*(?P<subject>[^,;:!?()]{1,80}?) (?=(?:is|are|was|were|has|have|will|can|may|might|could|does|do|cannot"
    r"|supports?|accepts?|takes|understands?|processes)\b)",
    re.IGNORECASE,
)
_OWN: Final = "This model "


def names_of(*names: str) -> Names:
    """The words that a model may be called by."""
    return frozenset(word for name in names for word in _WORD.findall(name.casefold()))


def is_own(subject: str, names: Names) -> bool:
    """Whether a subject names no other model than that of these names: "It" and "Our models" name none."""
    return _telling(subject) <= names


def in_own_name(sentence: str, names: Names) -> str:
    """A sentence with "This model" for the model's own name, where it begins with it."""
    found = _SUBJECT.match(sentence)
    if found is None or not _telling(found["subject"]) or not is_own(found["subject"], names):
        return sentence
    return _OWN + sentence[found.end() :]


def _telling(subject: str) -> Names:
    words = frozenset(_WORD.findall(subject.casefold())) - _SAYS_NOTHING
    return frozenset(word for word in words if not _SIZE.fullmatch(word))
