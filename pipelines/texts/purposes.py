"""Finds the purposes that descriptions and cards state of their model, each with its quote.

A sentence counts where it is about the model itself. Negations, comparisons and other models never count.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Final, Literal, NamedTuple

from pipelines.formats.patterns import WordPattern
from pipelines.formats.text import clean
from pipelines.markdown.inline import plain_text
from pipelines.markdown.sections import Section
from pipelines.markdown.sentence_splitter import sentence_spans
from pipelines.markdown.sentences import QUESTION_ENDS, SectionSentences, Sentence
from pipelines.rules.cards import card_rules
from pipelines.rules.descriptions import description_rules
from pipelines.rules.purposes import PurposeRule, PurposeRules, purpose_rules
from pipelines.texts.prefilter import BeginningIndex
from pipelines.texts.subjects import NO_NAMES, Names, in_own_name
from schemas.listing import Fact, Method

PURPOSE: Final = "purpose:"
"""Beginning of the facts that state a purpose."""

LONGEST_QUOTE_CHARS: Final = 600
"""Most characters of a sentence that is quoted for a purpose, so that evidence stays short."""

MOST_SENTENCES: Final = 400
"""Most sentences of one text that are read for purposes; the longest recorded description has 40."""

_MOST_STRETCHES: Final = 12
"""Most stretches of one clause that are searched, so that no text takes long."""

_LONGEST_PART: Final = 40
_BETWEEN_WORDS: Final = re.compile(r"[,:(]|\b(?:and|or)\b", re.IGNORECASE)
_PREDICATE: Final = re.compile(r"[,:;(]|\b(?:and|so|because|since|yet|which|who)\b", re.IGNORECASE)
"""Where another predicate begins; "or" does not end a denial: "is not designed or intended for"."""
_UNTICKED: Final = re.compile(r"\W*?\[ \]")
_COMPARING: Final = ("nlike", "ompar", "contrast", "opposed", "elative", "hereas", "vs", "see")
"""Parts of words of which every aside that compares has one."""
_HEAD: Final = re.compile(r"[A-Za-z]+")


class _Stretch(NamedTuple):
    """A part of a clause in which words state a purpose."""

    start: int
    end: int
    predicate: int
    """Where the predicate begins; a denial in it denies all words of the stretch."""
    kind: bool
    """Whether it names the kind of model: a denial in it, before the words, denies them."""


def description_purposes(description: str, locator: str, names: Names = NO_NAMES) -> list[Fact]:
    """Return facts "purpose:<id>", in the order in which a description states them, each once.

    `names` are the words of the listing's own name, by which the description may call the model.
    """
    found: dict[str, Fact] = {}
    for start, end in islice(sentence_spans(description), MOST_SENTENCES):
        quote = description[start:end]
        if len(quote) > LONGEST_QUOTE_CHARS or clean(quote) != quote:
            continue
        for purpose in purposes_in(plain_text(quote), names):
            found.setdefault(purpose, Fact(PURPOSE + purpose, True, locator, quote, "pattern"))
    return list(found.values())


def listing_purposes(name: str, description: str, names: Names = NO_NAMES) -> list[Fact]:
    """Return facts "purpose:<id>" of a listing: those of its description, and those that its name alone states.

    "Heron Coder" is a model for code, whatever its description says of it.
    """
    found = description_purposes(description, "/description", names)
    stated = {fact.name for fact in found}
    named = [PURPOSE + purpose for purpose, words in _naming() if words.search(name)]
    quotable = named if clean(name) == name else ()
    return found + [Fact(purpose, True, "/name", name, "pattern") for purpose in quotable if purpose not in stated]


@lru_cache(maxsize=1)
def _naming() -> tuple[tuple[str, WordPattern], ...]:
    """Ids of the purposes that a name alone can state, each with the words of such names."""
    return tuple((rule.id, rule.named) for rule in purpose_rules().purposes if rule.named)


def card_purposes(card: bytes, body: Sequence[SectionSentences], names: Names = NO_NAMES) -> list[Fact]:
    """Return facts "purpose:<id>", in the order in which a card states them, each once, quoted by its bytes.

    Sections about intended use are read first: there a sentence needs no words like "designed for". Where a heading
    announces limits as well, only the sentences that state a use and no limit are read.
    """
    found: dict[str, Fact] = {}
    parts = sorted(body, key=lambda part: not _is_about_use(part.section))
    sentences = ((part.section, one) for part in parts if _is_read(part.section) for one in part.sentences)
    for section, sentence in islice(sentences, MOST_SENTENCES):
        if section.mixed and not _states_a_use(sentence):
            continue
        about_use = _is_about_use(section)
        found_here = _of_sentence(sentence, names, "about use" if about_use else "card")
        if found_here and (fact := _quoted(card, sentence)):
            for purpose in found_here:
                method: Method = "section" if about_use else "pattern"
                found.setdefault(purpose, fact._replace(name=PURPOSE + purpose, method=method))
    return list(found.values())


def _is_about_use(section: Section) -> bool:
    return section.kind == "intended_use" or section.mixed


def _is_read(section: Section) -> bool:
    """Whether a section may state purposes: those about limits, training and evaluation speak of something else."""
    return section.kind == "other" or _is_about_use(section)


def _states_a_use(sentence: Sentence) -> bool:
    cues = card_rules().cues
    return cues.intention.search(sentence.text) is not None and cues.weakness.search(sentence.text) is None


Place = Literal["description", "about use", "card"]
"""Where a sentence is: in a description, in a card's section about intended use, or elsewhere in a card."""


def purposes_in(sentence: str, names: Names, place: Place = "description") -> list[str]:
    """Ids of the purposes that a sentence, as its reader sees it, states of its model, in its order.

    In a section about intended use the whole sentence says what the model is for. Elsewhere in a card only plain words
    count, in a sentence that begins with the model: people write there of data, papers and other models too.
    """
    possible = _rules().possible(sentence)
    if not possible or sentence.endswith(QUESTION_ENDS):
        return []
    own, rules = in_own_name(sentence, names), purpose_rules()
    possible = [rule for rule in possible if rule.pattern.may_match(own)]
    if not possible or description_rules().named.match(own) or (place == "card" and not rules.subject.match(own)):
        return []
    found: dict[str, int] = {}
    for begin, clause in _clauses(own):
        stretches = list(islice(_stretches(clause, rules, place), _MOST_STRETCHES))
        for rule in possible if stretches else ():
            at = _place(clause, rule.pattern, stretches, rules)
            if at is not None:
                found.setdefault(rule.id, begin + at)
    return sorted(found, key=found.__getitem__)


def _clauses(sentence: str) -> Iterator[tuple[int, str]]:
    """Yield the parts of a sentence between contrasts, with their places, without asides that compare."""
    if any(word in sentence for word in _COMPARING):
        sentence = card_rules().cues.comparison.sub(lambda aside: " " * len(aside[0]), sentence)
    start = 0
    for turn in purpose_rules().contrast.finditer(sentence):
        yield start, sentence[start : turn.start()]
        start = turn.start() + 1
    yield start, sentence[start:]


def _stretches(clause: str, rules: PurposeRules, place: Place) -> Iterator[_Stretch]:
    """Yield the parts after words like "designed for", and those that say which kind of model it is, in their order.

    In a section about intended use it is the whole clause, up to where nothing counts any more.
    """
    frames, ends, compared = _heads(clause, rules, place)
    for start, begin, kind in frames:
        end = min((end for end in ends if end >= begin), default=len(clause))
        if place == "about use":
            yield _Stretch(0, end, 0, kind=False)
            return
        predicate = begin if kind else _predicate(clause, start)
        if kind:
            noun = rules.kind_ends.search(clause, begin, end)
            end = noun.end() if noun else begin
        elif rules.parts.search(clause, max(0, start - _LONGEST_PART), start):
            continue
        if begin < end and not any(predicate <= at < start for at in compared):
            yield _Stretch(begin, min(end, begin + rules.longest_tail), predicate, kind=kind)


def _heads(clause: str, rules: PurposeRules, place: Place) -> tuple[list[tuple[int, int, bool]], list[int], list[int]]:
    """Where the words of a clause are that begin or end a stretch.

    Returns each frame's start, its end, and whether it begins the name of a kind; the ends of stretches; and those of
    the ends at which a comparison begins.
    """
    frames, ends, compared, by_head = [(0, 0, True)], list[int](), list[int](), rules.by_head
    for word in _HEAD.finditer(clause):
        if (known := by_head.get(word[0].lower())) is None:
            continue
        for end in known.ends:
            if end.then.match(clause, word.end()):
                (compared if end.compares else ends).append(word.start())
        frames += [
            (word.start(), then.end(), frame.kind)
            for frame in known.frames
            if (place != "card" or frame.plain) and (then := frame.then.match(clause, word.end()))
        ]
    return frames, [*ends, *compared], compared


def _predicate(clause: str, place: int) -> int:
    cuts = _PREDICATE.finditer(clause, 0, place)
    return max((cut.end() for cut in cuts), default=0)


def _place(clause: str, words: WordPattern, stretches: Iterable[_Stretch], rules: PurposeRules) -> int | None:
    """Where the first words that count begin; None where there are none, or each is denied."""
    for start, end, predicate, kind in stretches:
        for word in words.finditer(clause, start, end):
            cuts = () if kind else _BETWEEN_WORDS.finditer(clause, start, word.start())
            beside = max((cut.end() for cut in cuts), default=predicate)
            parts = (clause[predicate:start], clause[beside : word.end()])
            if not any(map(rules.denied.search, parts)):
                return word.start()
    return None


def _of_sentence(sentence: Sentence, names: Names, place: Place) -> list[str]:
    if not _rules().possible(sentence.text):
        return []
    cues = card_rules().cues
    if sentence.lead_in and cues.misuses.search(sentence.lead_in):
        return []
    if any(cue.search(sentence.text) for cue in (cues.reference, cues.licence)) or _UNTICKED.match(sentence.text):
        return []
    if place == "about use" and cues.imperative.search(sentence.text):
        return []
    return purposes_in(sentence.text, names, place)


def _quoted(card: bytes, sentence: Sentence) -> Fact | None:
    """A fact without a name that quotes a sentence; None where it is too long or cannot be shown unchanged."""
    quote = card[sentence.start : sentence.end].decode("utf-8", "replace")
    if len(quote) > LONGEST_QUOTE_CHARS or clean(quote) != quote:
        return None
    return Fact(PURPOSE, True, f"bytes:{sentence.start}-{sentence.end}", quote)


@lru_cache(maxsize=1)
def _rules() -> BeginningIndex[PurposeRule]:
    rules = purpose_rules()
    return BeginningIndex(rules.purposes, rules.by_beginning)
