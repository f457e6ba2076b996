"""Whether a card's sentence is about another model: one that it names, by a name that is not the card's own."""

import re
from collections.abc import Iterable
from typing import Final

from pipelines.card_rules import CLAIMING, card_rules
from pipelines.card_sections import Section

_BETWEEN: Final = re.compile(r"[\W_]+")
_SUBJECT: Final = re.compile(
    r"((?:(?!\b(?:may|might|can|could|will)\b|[.!?]\s).){0,200}?)\b(?:is|are|was|were|belongs?|comes?|has been)\b",
    re.DOTALL,
)
"""What a text's first sentence says what it is of."""


def own_names(sections: Iterable[Section]) -> str:
    """What a card may call its model, as plain letters: its headings, and what its first words are about."""
    sections = list(sections)
    opening = next((section.passages[0].text for section in sections if _opens(section)), "")
    subject = _SUBJECT.match(opening)
    headings = [section.heading for section in sections]
    return " ".join(_plain(words) for words in [*headings, subject[1] if subject else ""])


def names_another(sentence: str, own: str) -> bool:
    """Whether the subject of a sentence is a model by a name that is not among a card's own."""
    found = card_rules().cues.named.search(sentence)
    return found is not None and _plain(found["name"] + (found["number"] or "")) not in own


def _opens(section: Section) -> bool:
    return bool(section.passages) and section.kind not in CLAIMING


def _plain(words: str) -> str:
    return _BETWEEN.sub("", words.casefold())
