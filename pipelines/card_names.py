"""Whether a card's sentence is about another model: one that it names, by a name that is not the card's own."""

import re
from collections.abc import Iterable
from typing import Final

from pipelines.card_rules import CLAIMING, card_rules
from pipelines.card_sections import Section

_BETWEEN: Final = re.compile(r"[\W_]+")
_VERB: Final = re.compile(r"\b(?:is|are|was|were|has|have|comes?|belongs?|can|may)\b", re.IGNORECASE)
_LONGEST_SUBJECT_CHARS: Final = 200


def own_names(sections: Iterable[Section]) -> str:
    """What a card may call its model, as plain letters: its headings, and what its first words are about."""
    sections = list(sections)
    opening = next((section.passages[0].text for section in sections if _opens(section)), "")
    subject = _VERB.split(opening[:_LONGEST_SUBJECT_CHARS], maxsplit=1)[0]
    return " ".join(_plain(words) for words in [*(section.heading for section in sections), subject])


def names_another(sentence: str, own: str) -> bool:
    """Whether the subject of a sentence is a model by a name that is not among a card's own."""
    found = card_rules().cues.named.search(sentence)
    return found is not None and _plain(found["name"] + (found["number"] or "")) not in own


def _opens(section: Section) -> bool:
    return bool(section.passages) and section.kind not in CLAIMING


def _plain(words: str) -> str:
    return _BETWEEN.sub("", words.casefold())
