"""Yields the sentences of a model card with the bytes that they are quoted from: card[start:end] is the quote."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from string import ascii_letters, digits
from typing import Final, NamedTuple

from pipelines.markdown.blocks import Passage
from pipelines.markdown.inline import plain_text
from pipelines.markdown.sections import Section, read_sections
from pipelines.markdown.sentence_splitter import sentence_spans
from pipelines.markdown.text import MarkdownText, read_text
from pipelines.rules.cards import CLAIMING, card_rules

SHORTEST_SENTENCE_CHARS: Final = 10
LONGEST_SENTENCE_CHARS: Final = 1200
"""Most characters of a sentence without markup; what is longer is text without full stops."""

MOST_SENTENCES: Final = 2000
"""Most sentences that are read of a card. The fullest of 2,686 recorded cards has 98."""

SHORTEST_TITLE_WORDS: Final = 4
"""Fewest words of a heading that may state something by itself."""

LEAD_IN_ENDS: Final = (":", "\uff1a")
QUESTION_ENDS: Final = ("?", "\uff1f")
"""Question marks in the Latin and the wide form."""

LONGEST_QUOTE_CHARS: Final = 6000
"""Most characters of a sentence with markup: links may be several times as long as their words."""

_LABEL: Final = re.compile(
    r"(?:\*\*|__)(?P<inside>[^*_\n]{1,80}?)(?:\s*:(?:\*\*|__)\s*|(?:\*\*|__)\s*:\s*|(?:\*\*|__)\s+(?=[A-Z]))"
)
_EMPHASIS: Final = re.compile(r"(\*{1,3}|_{1,3})(?=\S)")
_CLOSING: Final = re.compile(r"(?<=\S)(\*{1,3}|_{1,3})\Z")
_PICTOGRAM: Final = r"[\u2190-\u2bff\u3030\u303d\ufe0f\u200d\U0001f000-\U0001faff]"
_PICTURED: Final = re.compile(rf"(?:{_PICTOGRAM}+\s*|:[a-z_]{{3,30}}:\s+)+")
_PICTURES: Final = re.compile(rf"(?<!\s)\s*+(?<!{_PICTOGRAM}){_PICTOGRAM}++\Z")
"""Begins only where a run of spaces or pictograms does: 100,000 of them are read once, not once for each."""
_PLAIN_ENDS: Final = frozenset(f"{ascii_letters}{digits}.,;!?()")
"""Characters at the ends of most sentences, where there is nothing to leave out."""
_CODE: Final = re.compile(r"`[^`]*`")
_QUOTATION: Final = (('"', '"'), ("\u201c", "\u201d"), ("\u300c", "\u300d"), ("\u300e", "\u300f"))
"""Marks that begin and end words of somebody else, or an example."""


class Sentence(NamedTuple):
    """A sentence or a list item, quoted whole."""

    text: str
    """Without markup, on one line."""
    label: str
    """Words in bold that introduce it ("Hallucination"), or ""; they are not part of the quote."""
    start: int
    """Its first byte in the card."""
    end: int
    """Byte after its last."""
    passage: int
    """Number of its passage in the section."""
    item: bool
    """Whether it is in a list."""
    lead_in: str
    """The line that introduces its list ("It is not meant for:"), or ""."""
    quoted: bool
    """Whether it is between quotation marks, and so an example or the words of others."""


class SectionSentences(NamedTuple):
    """A section of a card, and the sentences in it."""

    section: Section
    sentences: tuple[Sentence, ...]
    title: Sentence | None = None
    """The heading, where it is long enough to state something by itself: "This model is deprecated"."""


def is_full(body: Sequence[SectionSentences]) -> bool:
    """Whether a card's sentences were read up to `MOST_SENTENCES`, so that it may have more."""
    return sum(len(part.sentences) for part in body) >= MOST_SENTENCES


def read_body(card: bytes, body_offset: int = 0) -> tuple[SectionSentences, ...]:
    """Return a card's sections, with up to `MOST_SENTENCES` sentences, from the byte on where its text begins.

    () where the bytes are no card. Never raises.
    """
    text, left, read = read_text(card), MOST_SENTENCES, []
    for section in read_sections(card, body_offset):
        sentences = tuple(islice(read_sentences(text, section), left))
        left -= len(sentences)
        read.append(SectionSentences(section, sentences, _title(text, section)))
    return tuple(read)


def _title(text: MarkdownText, section: Section) -> Sentence | None:
    if section.title is None or len(section.heading.split()) < SHORTEST_TITLE_WORDS:
        return None
    found = list(_sentences(text, section.title, 0, ""))
    return found[0] if len(found) == 1 else None


def read_sentences(text: MarkdownText, section: Section) -> Iterator[Sentence]:
    """Yield a section's sentences in order, without boilerplate, pictures, and texts that are too short or too long.

    Cells of tables count only in sections about limits: elsewhere a table compares or lists.
    """
    lead_in = ""
    for number, passage in enumerate(section.passages):
        if passage.cell and section.kind not in CLAIMING:
            continue
        if not passage.item:
            lead_in = _short_lead_in(passage)
        for sentence in _sentences(text, passage, number, lead_in if passage.item else ""):
            if sentence.text.endswith(LEAD_IN_ENDS) and not passage.item:
                lead_in = sentence.text
            yield sentence


def _sentences(text: MarkdownText, passage: Passage, number: int, lead_in: str) -> Iterator[Sentence]:
    label, begin = _label(passage.text)
    for span in sentence_spans(passage.text, begin):
        if not _may_be_long_enough(*span):
            continue
        start, end = _trimmed(passage.text, *span)
        fits = start < end <= start + LONGEST_QUOTE_CHARS and _is_long_enough(passage.text[start:end])
        words = plain_text(passage.text[start:end]) if fits else ""
        is_code = passage.text.startswith("`", start) and _CODE.fullmatch(passage.text, start, end)
        if not is_code and _is_quotable(words):
            yield Sentence(
                text=words,
                label=label,
                start=text.byte_at(passage.place(start)),
                end=text.byte_at(passage.place(end - 1) + 1),
                passage=number,
                item=passage.item,
                lead_in=lead_in,
                quoted=_is_quoted(passage.text, start, end),
            )


def _short_lead_in(passage: Passage) -> str:
    """A line like "It never:", which introduces a list but is too short to be a sentence; "" for other passages."""
    return passage.text if passage.text.endswith(LEAD_IN_ENDS) and len(passage.text) < SHORTEST_SENTENCE_CHARS else ""


def _label(text: str) -> tuple[str, int]:
    """Words in bold that introduce a passage, and the index where the rest begins."""
    found = _LABEL.match(text)
    return (plain_text(found["inside"]), found.end()) if found else ("", 0)


def _is_quoted(text: str, start: int, end: int) -> bool:
    """Whether a quotation that begins before a sentence, or with it, ends at its end or after it."""
    for opening, closing in _QUOTATION:
        if opening in text and _is_open(text[:start], opening, closing):
            return True
        if text.startswith(opening, start):
            return text.endswith(closing, start + 1, end) or _is_open(text[start:end], opening, closing)
    return False


def _is_open(text: str, opening: str, closing: str) -> bool:
    if opening == closing:
        return text.count(opening) % 2 == 1
    return text.count(opening) > text.count(closing)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """First and last place of a sentence without emojis around it, and without marks of emphasis around all of it."""
    if text[start] in _PLAIN_ENDS and text[end - 1] in _PLAIN_ENDS:
        return start, end
    start, end = _without_pictures(text, start, end)
    return _without_pictures(text, *_without_emphasis(text, start, end))


def _without_pictures(text: str, start: int, end: int) -> tuple[int, int]:
    before = _PICTURED.match(text, start, end)
    own = text[start:end]
    after = None if own.isascii() else _PICTURES.search(own)
    return before.end() if before else start, start + after.start() if after else end


def _without_emphasis(text: str, start: int, end: int) -> tuple[int, int]:
    """First and last place without marks of emphasis that span all of a sentence or are not closed in it."""
    mark = _EMPHASIS.match(text, start, end)
    if mark:
        inside = text[mark.end() : end]
        if inside.endswith(mark[1]) and inside.count(mark[1]) == 1:
            return mark.end(), end - len(mark[1])
        if mark[1] not in inside:
            return mark.end(), end
    closing = _CLOSING.search(text, start, end) if text[end - 1] in "*_" else None
    unopened = closing is not None and text.count(closing[1], start, end) == 1
    return start, end - len(closing[1]) if closing and unopened else end


def _may_be_long_enough(start: int, end: int) -> bool:
    """Whether a sentence between two places may be long enough, whatever is in it: a card of dots has 200,000."""
    return 3 * (end - start) >= SHORTEST_SENTENCE_CHARS


def _is_long_enough(words: str) -> bool:
    """Whether words, as they are written or as they are seen, are enough for a sentence: markup adds none."""
    return (
        len(words) >= SHORTEST_SENTENCE_CHARS
        or len(words) + 2 * sum(char > "\u2e7f" for char in words) >= SHORTEST_SENTENCE_CHARS
    )


def _is_quotable(words: str) -> bool:
    long_enough = _is_long_enough(words) and any(char.isalpha() for char in words)
    return long_enough and len(words) <= LONGEST_SENTENCE_CHARS and not card_rules().cues.boilerplate.search(words)
