"""Finds the licence of a model that only the text of its card states."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from pipelines.formats.text import clean
from pipelines.markdown.inline import plain_text
from pipelines.normalise.huggingface.spellings import LONGEST_SPELLING, is_licence_name, licence_facts, licence_id
from pipelines.texts.prefilter import possible_words
from schemas.listing import Fact

IN_TEXT: Final = "licence_in_text"
"""The fact that a text names the licence; believed where nobody declares one (precedence.toml)."""

UNCLEAR: Final = "licence_stated"
"""The fact that something is stated as the licence that is no licence we know; its value is what is written there."""

MOST_LINES: Final = 5000
"""Most lines of a card that are read for its licence."""

LONGEST_LINE_BYTES: Final = 1000

_LINE: Final = re.compile(rb"[^\r\n]+")
_FENCE: Final = re.compile(r"\s*(```|~~~)")
_HEADING: Final = re.compile(r"\s{0,3}#{1,6}\s+(?P<words>\S.*)|\s*\*\*(?P<bold>[^*]+)\*\*\s*\Z")
_LABEL: Final = re.compile(r"[\s|*_>-]*licen[cs]e[*_]*\s*[:\uff1a|][\s*_|`]*(?P<licence>[^|]*)", re.IGNORECASE)
_SENTENCE: Final = re.compile(
    r"\b(?:is|are|been)\s+(?:freely\s+|openly\s+|publicly\s+)?"
    r"(?:licen[cs]ed|released|available|distributed|published|shared|provided)\s+under\s+(?:the\s+|an?\s+)?"
    r"(?:terms\s+of\s+the\s+)?(?P<licence>.{2,80}?)(?:\.(?:\s|\Z)|,\s(?!version)|;|\)|\Z)",
    re.IGNORECASE,
)
_IN_EACH_SENTENCE: Final = "under"
_IN_SECTION: Final = re.compile(r"(?:\bunder\s+(?:the\s+|an?\s+)?)?(?P<licence>\S.{0,80}?)\.?\s*\Z", re.IGNORECASE)
_OF_MODEL: Final = re.compile(r"\b(models?|weights|checkpoints?|it|this work|project)\b", re.IGNORECASE)
_OF_OTHERS: Final = re.compile(
    r"\b(code|scripts?|data ?sets?|data|corpus|corpora|librar(y|ies)|software|images?|paper|texts?|tokenizer)\b",
    re.IGNORECASE,
)
_LICENCE_HEADING: Final = re.compile(r"\W*licen[cs](e|ing)\b", re.IGNORECASE)
_NO_LICENCE: Final = re.compile(r"https?://|www\.|\b(here|below|see|found|file|same|following)\b", re.IGNORECASE)


class _Found(NamedTuple):
    """What a line states as the licence."""

    licence: str
    start: int
    """First byte of the line's words in the card."""
    quote: str


def licence_in_text(card: bytes, body_offset: int) -> Iterator[Fact]:
    """Facts of the licence that the text states, quoted by its line; none where its lines name different ones."""
    found = list(_found(card, body_offset))
    codes = {code for one in found if (code := licence_id(one.licence))}
    named = next((one for one in found if licence_id(one.licence)), None)
    if named and len(codes) == 1:
        stated, *kinds = licence_facts(codes.pop(), _locator(named), named.quote, "pattern")
        yield stated._replace(name=IN_TEXT)
        yield from kinds
    elif found and not codes:
        yield Fact(UNCLEAR, found[0].licence, _locator(found[0]), found[0].quote, "pattern")


def _locator(found: _Found) -> str:
    return f"bytes:{found.start}-{found.start + len(found.quote.encode())}"


def _found(card: bytes, body_offset: int) -> Iterator[_Found]:
    """What lines outside code state, in their order."""
    heading, fenced = "", False
    lines = (line for line in _LINE.finditer(card, body_offset) if not line[0].isspace())
    for number, line in enumerate(lines):
        if number >= MOST_LINES:
            return
        text = line[0].decode("utf-8", "replace") if len(line[0]) <= LONGEST_LINE_BYTES else ""
        if _FENCE.match(text):
            fenced = not fenced
        elif titled := _HEADING.match(text):
            heading = titled["words"] or titled["bold"] or ""
        elif text and not fenced and (licence := _stated(text, heading)):
            quote = text.strip()
            if clean(quote) == quote:
                yield _Found(licence, line.start() + len(text[: len(text) - len(text.lstrip())].encode()), quote)


def _stated(text: str, heading: str) -> str | None:
    """The words of a line that name the model's licence."""
    if _OF_OTHERS.search(heading):
        return None
    if labelled := _LABEL.match(text):
        return _name(labelled["licence"])
    in_section, possible = bool(_LICENCE_HEADING.match(heading)), possible_words(text)
    if not in_section and possible is not None and _IN_EACH_SENTENCE not in possible:
        return None  # which most lines are, and seeing it is cheaper than parsing them
    words = plain_text(text)
    if sentence := _SENTENCE.search(words):
        subject = words[: sentence.start()]
        of_model = _OF_MODEL.search(subject) or (in_section and not _OF_OTHERS.search(subject))
        return _name(sentence["licence"]) if of_model else None
    if in_section and not _OF_OTHERS.search(words) and (found := _IN_SECTION.search(words)):
        name = _name(found["licence"])
        return name if name and licence_id(name) else None
    return None


def _name(text: str) -> str | None:
    """The name without markup; None for what is none: an address, a pointer to another place, nothing."""
    words = plain_text(text).strip(" .`\"'[]()")
    if len(words) > LONGEST_SPELLING or not is_licence_name(words):
        return None
    return words if licence_id(words) or not _NO_LICENCE.search(words) else None
