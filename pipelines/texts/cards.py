"""Finds the limits, biases, risks and uses out of scope that a model card states, each quoted by its bytes.

In a section about limits a sentence counts unless a cue speaks against it; elsewhere only if its words are plain.
Abilities are never read from a card, because there its maker praises the model.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

from pipelines.markdown.front_matter import read_front_matter
from pipelines.markdown.sections import Section, heading_kind
from pipelines.markdown.sentences import LEAD_IN_ENDS, QUESTION_ENDS, SectionSentences, Sentence, read_body
from pipelines.rules.cards import CLAIMING, CardRules, ClaimKind, Cues, Wording, card_rules
from pipelines.texts.subjects import names_another, own_names

Language = Literal["en", "other"]

_WORD: Final = re.compile(r"[^\W\d_]+")
_LATIN_END: Final = "\u024f"
_LARGEST_FOREIGN_SHARE: Final = 0.3


def language_of(text: str, otherwise: Language = "en") -> Language:
    """Language of a text, by its script and by the small words of every language; `otherwise` where these are equal."""
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


Method = Literal["section", "pattern"]

_KIND_OF_SECTION: Final[dict[str, ClaimKind]] = {kind: kind for kind in CLAIMING}


class CardClaim(NamedTuple):
    """One sentence in which a card states a limit, bias, risk or use out of scope of its model."""

    kind: ClaimKind
    failure_mode: str | None
    """A failure mode of the catalogue, by its name in facts ("confabulation"); None for a plain limitation."""
    quote: str
    """card[start:end] as text."""
    start: int
    """Its first byte in the card as stored."""
    end: int
    """Byte after its last."""
    section_heading: str
    language: Language
    method: Method
    """What makes it a claim. "section": its heading and its words; "pattern": its words alone."""


class _Ruling(NamedTuple):
    kind: ClaimKind
    mode: str | None
    method: Method


def read_claims(card: bytes) -> tuple[CardClaim, ...]:
    """Return the claims of a card, in its order; () where the bytes are no card. Never raises."""
    return claims_in(card, read_body(card, read_front_matter(card).body_offset))


def claims_in(card: bytes, body: Sequence[SectionSentences]) -> tuple[CardClaim, ...]:
    """Return the claims of a card whose body has been read."""
    own = own_names([part.section for part in body])
    return tuple(claim for part in body for claim in _of_section(card, part, own))


def _of_section(card: bytes, part: SectionSentences, own: str) -> Iterator[CardClaim]:
    section, sentences = part
    language = language_of(" ".join(sentence.text for sentence in sentences))
    before: tuple[int, _Ruling | None] = (-1, None)
    for sentence in sentences:
        spoken = language_of(sentence.text, language)
        earlier = before[1] if before[0] == sentence.passage else None
        verdict = _english(sentence, section, earlier, own) if spoken == "en" else _foreign(sentence, section)
        before = (sentence.passage, verdict)
        if verdict:
            quote = card[sentence.start : sentence.end].decode("utf-8", "replace")
            span = (quote, sentence.start, sentence.end)
            yield CardClaim(verdict.kind, verdict.mode, *span, section.heading, spoken, verdict.method)


def _foreign(sentence: Sentence, section: Section) -> _Ruling | None:
    """Ruling on a sentence in another language by its section's heading; None where it denies, asks or only labels."""
    cues = card_rules().cues
    kind = _KIND_OF_SECTION.get(section.kind)
    if kind is None or sentence.text.endswith((*LEAD_IN_ENDS, *QUESTION_ENDS)):
        return None
    if cues.foreign_denial.search(sentence.text) or cues.foreign_label.search(sentence.text):
        return None
    return _Ruling(kind, None, "section")


def _english(sentence: Sentence, section: Section, earlier: _Ruling | None, own: str) -> _Ruling | None:
    rules = card_rules()
    cues = rules.cues
    words = cues.preface.sub("", cues.comparison.sub(" ", sentence.text)).strip()
    kind = _kind(section, sentence, cues)
    if names_another(words, own) or _speaks_against(words, sentence, kind, cues):
        return None
    if earlier and cues.continuation.search(words):
        return earlier
    if kind and not _is_for(words, cues):
        verdict = _in_section(f"{sentence.label}: {words}" if sentence.label else words, kind, rules)
        if verdict:
            return verdict
    return _anywhere(words, rules)


def _kind(section: Section, sentence: Sentence, cues: Cues) -> ClaimKind | None:
    """Kind that the heading, the line before the list or the label before the passage announces; None for others."""
    if sentence.lead_in and cues.misuses.search(sentence.lead_in):
        return "out_of_scope"
    if sentence.lead_in and cues.uses.search(sentence.lead_in) and not cues.limits.search(sentence.lead_in):
        return None
    announced = heading_kind(sentence.label) if sentence.label else None
    if section.kind == "other" and announced is None and cues.limits.search(sentence.lead_in):
        return "limitation"
    return _KIND_OF_SECTION.get(section.kind if announced is None or section.kind in CLAIMING else announced)


def _speaks_against(words: str, sentence: Sentence, kind: ClaimKind | None, cues: Cues) -> bool:
    """Whether a sentence asks, denies, advises, refers elsewhere, or is about other models or the licence."""
    if sentence.text.endswith((*LEAD_IN_ENDS, *QUESTION_ENDS)) or not words:
        return True
    told = f"{sentence.lead_in.rstrip(' :')} {words}" if cues.denying.search(sentence.lead_in) else words
    denied = cues.denial.search(cues.double_negation.sub(" ", cues.concession.sub(" ", told)))
    against = [cues.advice, cues.reference, cues.others]
    against += [] if kind == "out_of_scope" else [cues.imperative, cues.licence]
    return denied is not None or any(cue.search(words) for cue in against)


def _is_for(words: str, cues: Cues) -> bool:
    """Whether a sentence only states what the model is for."""
    return cues.intention.search(words) is not None and cues.negation.search(words) is None


def _in_section(words: str, kind: ClaimKind, rules: CardRules) -> _Ruling | None:
    wording = next((row for row in rules.wordings if row.pattern.search(words) or row.anywhere.search(words)), None)
    if kind == "out_of_scope":
        return _Ruling(kind, wording.mode if wording else "out-of-scope-use", "section")
    if wording:
        return _Ruling(wording.kind, wording.mode, "section")
    if rules.cues.plain.search(words):
        return _Ruling("limitation", None, "section")
    return _Ruling(kind, None, "section") if rules.cues.weakness.search(words) else None


def _anywhere(words: str, rules: CardRules) -> _Ruling | None:
    if rules.cues.praise.search(words):
        return None
    wording: Wording | None = next((row for row in rules.wordings if row.anywhere.search(words)), None)
    if wording:
        return _Ruling(wording.kind, wording.mode, "pattern")
    return _Ruling("limitation", None, "pattern") if rules.cues.plain.search(words) else None
