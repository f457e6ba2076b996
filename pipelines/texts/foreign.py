"""Decides whether a sentence of a card in another language than English states a limit, and which."""

import re
from typing import Final

from pipelines.markdown.sections import Section
from pipelines.markdown.sentences import LEAD_IN_ENDS, QUESTION_ENDS, Sentence
from pipelines.rules.cards import card_rules
from pipelines.rules.languages import language_rules
from pipelines.texts.rulings import Ruling, kind_of_section

_ASIDE: Final = re.compile(r"[(\uff08][^()\uff08\uff09]*[)\uff09]")


def rule_foreign(sentence: Sentence, section: Section) -> Ruling | None:
    """Ruling on a sentence in another language; None where it denies, asks, labels, describes or refers elsewhere."""
    words = sentence.text
    if words.endswith((*LEAD_IN_ENDS, *QUESTION_ENDS)) or _speaks_against(words):
        return None
    rules, kind = language_rules(), kind_of_section(section)
    if kind is None:
        return None if sentence.quoted else _anywhere(words)
    reserved = rules.cues.reservation.search(words) is not None
    wording = next((row for row in rules.wordings if row.pattern.search(words) or row.anywhere.search(words)), None)
    if wording:
        return Ruling(wording.kind, wording.mode, "section")
    if kind == "out_of_scope":
        return Ruling(kind, "out-of-scope-use", "section")
    if reserved or (section.accepts and not rules.cues.neutral.search(words)):
        return Ruling(kind, None, "section")
    return None


def _speaks_against(words: str) -> bool:
    cues, foreign = card_rules().cues, language_rules().cues
    against = (cues.foreign_denial, cues.foreign_label, foreign.liability, foreign.pointer)
    return any(cue.search(words) for cue in against)


def _anywhere(sentence: str) -> Ruling | None:
    """Ruling on a sentence outside sections about limits, where an aside in brackets states none."""
    rules, outside = language_rules(), _ASIDE.sub(" ", sentence)
    words = outside if any(map(str.isalnum, outside)) else sentence
    wording = next((row for row in rules.wordings if row.anywhere.search(words)), None)
    if wording:
        return Ruling(wording.kind, wording.mode, "pattern")
    return Ruling("limitation", None, "pattern") if any(row.pattern.search(words) for row in rules.plain) else None
