"""Where sentences end in a text with Markdown in it."""

import re
from collections.abc import Iterator
from typing import Final

from pipelines.card_rules import card_rules

_OPAQUE: Final = re.compile(
    r"`[^`\n]{1,300}`|<[^<>\n]{1,1000}>|\]\([^()\s]{0,2000}(?:\([^()\s]{0,200}\)[^()\s]{0,2000}){0,2}(?:\s\"[^\"\n]{0,300}\")?\)"
    r"|\bhttps?://[^\s<>()\[\]]{0,2000}[^\s<>()\[\].,;:!?*_'\"]"
)
"""Code, tags, link targets and addresses: their full stops end no sentence."""

_END: Final = re.compile(
    r"[.!?…]+[\"”\u2019»)\]*_`']*(?=\s|\Z)|[\u3002\uff01\uff1f\uff61]+[”」』\uff09]*|[ \t]{2,}(?=\n)|\\(?=\n)"
)
_CODE_NEXT: Final = re.compile(r"\s+[`<]")
_WIDE_STOPS: Final = "\u3002\uff01\uff1f\uff61"
_LAST_WORD: Final = re.compile(r"[^\s(\[\"“*_]*\Z")


def sentence_spans(text: str, begin: int = 0) -> Iterator[tuple[int, int]]:
    """Yield start and end of each sentence from `begin` on, without the white space around it."""
    masked = _OPAQUE.sub(lambda found: "]" * (found[0][0] == "]") + "x" * (len(found[0]) - (found[0][0] == "]")), text)
    start = begin
    for end in _END.finditer(masked, begin):
        if _ends(masked, start, end) or (end[0][0] == "." and _CODE_NEXT.match(text, end.end())):
            yield from _stripped(text, start, end.end())
            start = end.end()
    yield from _stripped(text, start, len(text))


def _ends(text: str, start: int, end: re.Match[str]) -> bool:
    following = text[end.end() : end.end() + 40].lstrip(" \t\n\"“\u2018'«([*_`")
    if end[0][0] in _WIDE_STOPS:
        return True
    if end[0][0] in " \t\\":
        return following[:1].isupper()
    if not following or end[0][0] != ".":
        return not following[:1].islower()
    before = _LAST_WORD.search(text, start, end.start())
    word = before[0].casefold() if before else ""
    if (
        word in card_rules().abbreviations
        or (len(word) == 1 and word.isalpha())
        or not text[start : end.start()].strip(" 0123456789")
    ):
        return False
    return not following[0].islower() or _is_name(following.split()[0])


def _is_name(word: str) -> bool:
    """Whether a word in lower case is the name of a model rather than the middle of a sentence."""
    return any(char.isdigit() for char in word)


def _stripped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    stretch = text[start:end]
    if stretch.strip():
        begin = start + len(stretch) - len(stretch.lstrip())
        yield begin, begin + len(stretch.strip())
