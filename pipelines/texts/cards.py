"""Finds the limits, biases, risks and uses out of scope that a model card states, each quoted by its bytes.

In a section about limits a sentence counts unless a cue speaks against it; elsewhere only if its words are plain.
Abilities are never read from a card, because there its maker praises the model.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

from pipelines.markdown.front_matter import read_front_matter
from pipelines.markdown.sections import Section, heading_kind
from pipelines.markdown.sentences import LEAD_IN_ENDS, QUESTION_ENDS, SectionSentences, Sentence, read_body
from pipelines.rules.cards import CLAIMING, ClaimKind, Cues, Wording, card_rules
from pipelines.texts.clauses import clause_in, may_have_clause
from pipelines.texts.foreign import rule_foreign
from pipelines.texts.languages import Language, language_by, language_of, words_of
from pipelines.texts.rulings import Ruling, TextClaim, kind_of_section
from pipelines.texts.subjects import by_its_name, names_another, own_names

_LINK: Final = re.compile(rb"\W*\[[^\[\]]*\]\([^()]*\)\W*")
"""A link and nothing else."""


_ANNOUNCING_END: Final = re.compile(r"\b(?:for|to|as|in|on|with|of)\W*\Z")
"""End of a heading that its list completes: "What it is not meant for"."""

OUT_OF_SCOPE: Final = "out-of-scope-use"
"""Failure mode of a use that a text says the model is not for, where no wording names another."""


class _Place(NamedTuple):
    """What is known of a sentence from the text around it."""

    section: Section
    kind: ClaimKind | None
    """Kind that the heading, the line before the list or the label before the passage announces; None for others."""
    own: str
    """Names by which the card calls its model."""
    earlier: Ruling | None
    """Ruling on the sentence before, in the same passage."""


def read_claims(card: bytes) -> tuple[TextClaim, ...]:
    """Return the claims of a card, in its order; () where the bytes are no card. Never raises."""
    return claims_in(card, read_body(card, read_front_matter(card).body_offset))


def claims_in(card: bytes, body: Sequence[SectionSentences]) -> tuple[TextClaim, ...]:
    """Return the claims of a card whose body has been read."""
    own = own_names([part.section for part in body])
    return tuple(claim for part in body for claim in _of_section(card, part, own))


def _of_section(card: bytes, part: SectionSentences, own: str) -> Iterator[TextClaim]:
    section, sentences, title = part
    if title and (stated := _of_title(title, section, own)):
        yield _claim(card, title, stated)
        section = section._replace(kind="other", accepts=False)
    words = [words_of(sentence.text) for sentence in sentences]
    language = language_by(list(chain.from_iterable(words)), "".join(one.text for one in sentences), "en")
    before: tuple[int, Ruling | None] = (-1, None)
    for sentence, its_words in zip(sentences, words, strict=True):
        earlier = before[1]
        if earlier and before[0] != sentence.passage and not _adds(sentence, before[0]):
            earlier = None
        is_link = _LINK.fullmatch(card, sentence.start, sentence.end) is not None
        ruling = None if is_link else _ruling(sentence, its_words, _Place(section, None, own, earlier), language)
        before = (sentence.passage, ruling)
        if ruling:
            yield _claim(card, sentence, ruling)


def _adds(sentence: Sentence, passage: int) -> bool:
    """Whether a sentence adds to what the passage before it, which has this number, states."""
    return sentence.passage == passage + 1 and card_rules().cues.addition.search(sentence.text) is not None


def _claim(card: bytes, sentence: Sentence, ruling: Ruling) -> TextClaim:
    quote = card[sentence.start : sentence.end].decode("utf-8", "replace")
    return TextClaim(ruling.kind, ruling.mode, quote, sentence.start, sentence.end, ruling.method)


def _of_title(title: Sentence, section: Section, own: str) -> Ruling | None:
    """Ruling on a heading that states something by itself ("This model is deprecated"), and so announces nothing."""
    if _ANNOUNCING_END.search(title.text) or language_of(title.text) == "other":
        return None
    return _english(title, _Place(section, None, own, None))


def _ruling(sentence: Sentence, words: Sequence[str], place: _Place, language: Language) -> Ruling | None:
    """Ruling on a sentence by its place, whose kind is not known yet, and its words in lower case."""
    section, earlier = place.section, place.earlier
    if language_by(words, sentence.text, language) == "other":
        return rule_foreign(sentence, section)
    cues = card_rules().cues
    kind = _kind(section, sentence, cues)
    if kind is None and sentence.quoted:
        return None
    if kind is None and earlier is None and card_rules().telling.isdisjoint(words) and not may_have_clause(words):
        return None
    return _english(sentence, place._replace(kind=kind))


def _english(sentence: Sentence, place: _Place) -> Ruling | None:
    cues = card_rules().cues
    words = cues.preface.sub("", cues.comparison.sub(" ", sentence.text)).strip()
    stated = _anywhere(words) if place.kind else _stated(words, place.own)
    denies_a_use = place.section.kind == "intended_use" and cues.misuses.search(words) is not None
    if not (stated or denies_a_use or place.kind or place.earlier):
        return None
    if names_another(words, place.own) or _speaks_against(words, sentence, place, cues):
        return None
    if place.earlier and (cues.continuation.search(words) or cues.addition.search(words)):
        return place.earlier
    if place.kind and not _is_for(words, cues) and (ruling := _in_section(words, place.kind, place.section, sentence)):
        return ruling
    if denies_a_use:
        return Ruling("out_of_scope", stated.mode if stated and stated.mode else OUT_OF_SCOPE, "section")
    return stated


def _kind(section: Section, sentence: Sentence, cues: Cues) -> ClaimKind | None:
    if sentence.lead_in and cues.misuses.search(sentence.lead_in):
        return "out_of_scope"
    if sentence.lead_in and cues.uses.search(sentence.lead_in) and not cues.limits.search(sentence.lead_in):
        return None
    label = sentence.label or (found["label"] if (found := cues.labels.match(sentence.text)) else "")
    announced = heading_kind(label) if label else None
    if section.kind == "other" and announced is None and cues.limits.search(sentence.lead_in):
        return "limitation"
    if announced in CLAIMING and section.kind not in CLAIMING:
        return announced
    return kind_of_section(section)


def _speaks_against(words: str, sentence: Sentence, place: _Place, cues: Cues) -> bool:
    """Whether a sentence asks, announces, denies, advises, refers elsewhere, or is about something else."""
    if not words or sentence.text.endswith(QUESTION_ENDS):
        return True
    if sentence.text.endswith(LEAD_IN_ENDS) and _announces(words, place, cues):
        return True
    whole = f"{sentence.lead_in.rstrip(' :')} {words}" if cues.denying.search(sentence.lead_in) else words
    denied = cues.denial.search(cues.double_negation.sub(" ", cues.concession.sub(" ", whole)))
    against = [cues.reference, cues.others, cues.liability, cues.tested]
    against += [] if place.kind == "out_of_scope" else [cues.licence]
    advising = [cues.advice] + ([] if place.kind == "out_of_scope" else [cues.imperative])
    if denied is not None or any(cue.search(words) for cue in against):
        return True
    return any(cue.search(words) for cue in advising) and not _states_after_turn(words, place.own, cues)


def _states_after_turn(words: str, own: str, cues: Cues) -> bool:
    """Whether advice goes on with a limit: "You can use Swedish, but do not expect accuracy"."""
    turn = cues.turn.search(words)
    return turn is not None and _stated(words[turn.end() :], own) is not None


def _announces(words: str, place: _Place, cues: Cues) -> bool:
    """Whether a line that ends in a colon only announces what follows it."""
    return cues.announcing.search(words) is not None or not (place.section.accepts or _stated(words, place.own))


def _is_for(words: str, cues: Cues) -> bool:
    """Whether a sentence only states what the model is for."""
    return cues.intention.search(words) is not None and cues.negation.search(words) is None


def _in_section(words: str, kind: ClaimKind, section: Section, sentence: Sentence) -> Ruling | None:
    """Ruling on words under a heading or a label about limits; the label counts where the words name no mode."""
    rules = card_rules()
    wording = _wording(words)
    if sentence.label:
        words = f"{sentence.label}: {words}"
        wording = wording or _wording(words)
    if kind == "out_of_scope":
        return Ruling(kind, wording.mode if wording else OUT_OF_SCOPE, "section")
    if wording:
        return Ruling(wording.kind, wording.mode, "section")
    cues = rules.cues
    if cues.plain.search(words):
        return Ruling("limitation", None, "section")
    if cues.weakness.search(words) or (section.accepts and _is_accepted(words, cues, section, item=sentence.item)):
        return Ruling(kind, None, "section")
    return None


def _wording(words: str) -> Wording | None:
    return card_rules().in_section.first(words)


def _is_accepted(words: str, cues: Cues, section: Section, *, item: bool) -> bool:
    """Whether words without any of weakness state a limit because they are in a section about limits.

    Where the section is about uses as well, a sentence about tasks that reserves nothing states a use.
    """
    if section.mixed and cues.task.search(words) and not cues.reservation.search(words):
        return False
    if cues.praise.search(words) or cues.intention.search(words):
        return False
    if not (cues.finite.search(words) or (words.endswith(".") and not item)):
        return False
    return cues.neutral.search(words) is None or cues.reservation.search(words) is not None


def _stated(words: str, own: str) -> Ruling | None:
    """Ruling on words that state a limit without a heading: by a wording, else by a clause; None where they praise."""
    return None if _praises(words) else _by_wording(words) or clause_in(by_its_name(words, own))


def _anywhere(words: str) -> Ruling | None:
    return None if _praises(words) else _by_wording(words)


def _praises(words: str) -> bool:
    cues = card_rules().cues
    return cues.praise.search(cues.unpraised.sub(" ", words)) is not None


def _by_wording(words: str) -> Ruling | None:
    rules = card_rules()
    wording = rules.anywhere.first(words)
    if wording:
        return Ruling(wording.kind, wording.mode, "pattern")
    return Ruling("limitation", None, "pattern") if rules.cues.plain.search(words) else None
