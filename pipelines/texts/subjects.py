"""Decides whether a sentence is about the model that its text describes, by the name it begins with."""

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Final

from pipelines.markdown.sections import Section
from pipelines.rules.cards import CLAIMING, card_rules

_BETWEEN: Final = re.compile(r"[\W_]+")
_FIRST_SUBJECT: Final = re.compile(
    r"((?:(?!\b(?:may|might|can|could|will)\b|[.!?]\s).){0,200}?)\b(?:is|are|was|were|belongs?|comes?|has been)\b",
    re.DOTALL,
)
"""Subject of a text's first sentence: the words before "is", "was", "belongs" and the like."""


def own_names(sections: Iterable[Section]) -> str:
    """Names by which a card may call its model, as one text of bare letters: its headings and its first subject."""
    sections = list(sections)
    opening = next((section.passages[0].text for section in sections if _opens(section)), "")
    subject = _FIRST_SUBJECT.match(opening)
    headings = [section.heading for section in sections]
    return " ".join(_plain(words) for words in [*headings, subject[1] if subject else ""])


def names_another(sentence: str, own: str) -> bool:
    """Whether a sentence names a model that is not the card's own; `own` is the result of `own_names`."""
    found = card_rules().cues.named.search(sentence)
    return found is not None and _plain(found["name"] + (found["number"] or "")) not in own


def by_its_name(sentence: str, own: str) -> str:
    """A sentence with "This model" in place of a name with which it begins, where the card calls its model so."""
    found = _NAMED_SUBJECT.match(sentence)
    if found is None or len(name := _plain(found["name"])) < SHORTEST_NAME or name not in own:
        return sentence
    return _OWN + sentence[found.end() :]


def _opens(section: Section) -> bool:
    return bool(section.passages) and section.kind not in CLAIMING


def _plain(words: str) -> str:
    return _BETWEEN.sub("", words.casefold())


SHORTEST_NAME: Final = 3
"""Fewest letters of a name: "T5" may be part of any heading."""

_NAMED_SUBJECT: Final = re.compile(
    r"\W*+(?:The )?(?P<name>(?=[\w.-]*(?:\d|[a-z][A-Z]|[A-Z]{2}|-))[\w.-]{3,60})(?: model)? "
    r"(?=(?:is|was|has|can|cannot|can't|may|might|could|does|doesn't|will|won't|only|fails?|struggles?|tends)\b)"
)
"""A name at the beginning that is no common word, as it has a digit, a hyphen or capitals: "BERTimbau fails"."""

Names = AbstractSet[str]
"""Words of a model's name and id, in lower case."""

NO_NAMES: Final[Names] = frozenset()

_WORD: Final = re.compile(r"[a-z0-9]+(?:\.[0-9]+)*")
_SAYS_NOTHING: Final = frozenset(
    "a ai all an and both family it its model models of our s series the these this we".split()  # noqa: SIM905
)
"""Words of a subject that name no model: "Our models", "It"."""

_SIZE: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?[bm]")
"""A size, which does not make a name that of another model: "Heron 7b and Heron 70b"."""

_SUBJECT: Final = re.compile(
    r"\W*+(?P<subject>[^,;:!?()]{1,80}?) (?=(?:is|are|was|were|has|have|will|can|may|might|could|does|do|cannot"
    r"|supports?|accepts?|takes|understands?|processes)\b)",
    re.IGNORECASE,
)
_OWN: Final = "This model "


def names_of(*names: str) -> Names:
    """Words by which a model with these names may be called."""
    return frozenset(word for name in names for word in _WORD.findall(name.casefold()))


def is_own(subject: str, names: Names) -> bool:
    """Whether a subject names no model but the one with these names: "It" and "Our models" name none."""
    return _telling(subject) <= names


def says_more(subject: str) -> bool:
    """Whether a subject has a word that may name a model: "It" and "This model" have none."""
    return bool(_telling(subject))


def in_own_name(sentence: str, names: Names) -> str:
    """A sentence with "This model" in place of the model's own name, where it begins with that name."""
    found = _SUBJECT.match(sentence)
    if found is None or not _telling(found["subject"]) or not is_own(found["subject"], names):
        return sentence
    return _OWN + sentence[found.end() :]


def _telling(subject: str) -> Names:
    words = frozenset(_WORD.findall(subject.casefold())) - _SAYS_NOTHING
    return frozenset(word for word in words if not _SIZE.fullmatch(word))
