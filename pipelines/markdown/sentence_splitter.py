"""Finds where sentences begin and end in a text with Markdown."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from pipelines.rules.cards import card_rules

_OPAQUE: Final = re.compile(
    r"`[^`\n]{1,300}`|<[^<>\n]{1,1000}>|\]\([^()\s]{0,2000}(?:\([^()\s]{0,200}\)[^()\s]{0,2000}){0,2}(?:\s\"[^\"\n]{0,300}\")?\)"
    r"|\bhttps?://[^\s<>()\[\]]{0,2000}[^\s<>()\[\].,;:!?*_'\"]"
)
"""Code, tags, link targets and addresses: their full stops end no sentence."""

_OPENERS: Final = ("`", "<", "](", "://")
"""Every match has one of them; they are searched first, which costs much less."""

_WIDE_STOPS: Final = "\u3002\uff01\uff1f\uff61"
_STOPLESS: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
"""Thai, Lao, Burmese and Khmer letters, whose scripts have no full stop: there a line ends a sentence."""
_STOP: Final = re.compile(r"[.!?…](?<![.!?…]{2})[.!?…]*+[\"”\u2019»)\]*_`']*+(?=\s|\Z)")
"""Begins only where a run of stops does, and goes back over none: 100,000 of them are read once. The first stop comes
before what is asked about it, as `re` goes from letter to letter quickly where it knows the first of a match."""
_LINE_END: Final = (
    rf"(?<=[{_STOPLESS}])\n|\n(?=[{_STOPLESS}])"
    r"|(?<=[\w)])\n(?=(?:Currently|However|Unfortunately|Note|Warning|Please|Additionally|This model|The model)\b)"
)
"""What ends a sentence at the end of a line: such a script, or words with which a sentence begins."""
_END: Final = re.compile(
    rf"{_STOP.pattern}|[{_WIDE_STOPS}]+[”」』\uff09]*|(?<![ \t])[ \t]{{2,}}+(?=\n)|\\(?=\n)|{_LINE_END}"
)
_RARE_END: Final = re.compile(rf"(?<=[ \t\\])\n|{_LINE_END}")
"""Ends of sentences at the end of a line, which most texts have none of."""

_CODE_NEXT: Final = re.compile(r"\s+[`<]")
LONGEST_WORD: Final = 40
"""Most characters that are read before a full stop, and after it."""

FEWEST_WORDS: Final = 4
SHORTEST_LAST_WORD: Final = 3
"""What a full stop ends, where the next sentence begins with a small letter: so many words, the last so long."""

_SMALL_WORD: Final = re.compile(r"[a-z]+(?![^\s'\u2019]*[.=(]\S)")
_LAST_WORD: Final = re.compile(r"[^\s(\[\"“*_]*\Z")


@lru_cache(maxsize=4)
def sentence_spans(text: str, begin: int = 0) -> tuple[tuple[int, int], ...]:
    """Return first character and the one after the last of each sentence from `begin` on, without white space around.

    Cached, since the readers of one text (its limits, its traits, its purposes) follow one another.
    """
    return tuple(_spans(text, begin))


def _spans(text: str, begin: int) -> Iterator[tuple[int, int]]:
    masked = _OPAQUE.sub(_covered, text) if any(opener in text for opener in _OPENERS) else text
    start = begin
    for end in (_END if _has_rare_ends(masked) else _STOP).finditer(masked, begin):
        if _ends(masked, start, end, code_follows=_CODE_NEXT.match(text, end.end()) is not None):
            yield from _stripped(text, start, end.end())
            start = end.end()
    yield from _stripped(text, start, len(text))


def _has_rare_ends(text: str) -> bool:
    """Whether sentences may end at other places than stops; without them only stops are searched, which costs less."""
    return any(stop in text for stop in _WIDE_STOPS) or ("\n" in text and _RARE_END.search(text) is not None)


def _covered(found: re.Match[str]) -> str:
    """Return as many letters as were found; the bracket that closes a link's words stays."""
    bracket = "]" if found[0].startswith("]") else ""
    return bracket + "x" * (len(found[0]) - len(bracket))


def _ends(text: str, start: int, end: re.Match[str], *, code_follows: bool) -> bool:
    following = text[end.end() : end.end() + LONGEST_WORD].lstrip(" \t\n\"“\u2018'«([*_`")
    if end[0][0] in _WIDE_STOPS or end[0][0] == "\n" or not following:
        return True
    if end[0][0] in " \t\\":
        return following[0].isupper()
    if end[0][0] == "." and _is_abbreviation(text, start, end.start()):
        return False
    if code_follows or not following[0].islower():
        return True
    return end[0][0] == "." and (_is_name(following.split()[0]) or _begins_small(text, start, end, following))


def _is_abbreviation(text: str, start: int, end: int) -> bool:
    """Whether the full stop at `end` belongs to the word before it, an initial, or the number of a list."""
    found = _LAST_WORD.search(text, max(start, end - LONGEST_WORD), end)
    word = found[0].casefold() if found else ""
    numbered = end - start < LONGEST_WORD and not text[start:end].strip(" 0123456789")
    return word in card_rules().abbreviations or (len(word) == 1 and word.isalpha()) or numbered


def _begins_small(text: str, start: int, end: re.Match[str], following: str) -> bool:
    """Whether a sentence without a capital follows: "It is in Finnish. it cannot be used for others"."""
    word = _SMALL_WORD.match(following)
    if end[0] != "." or word is None or word[0] not in card_rules().beginnings:
        return False
    # Only so much is read at both ends of the stretch: where no full stop ends a sentence, it grows to the whole text.
    first = text[start : min(end.start(), start + FEWEST_WORDS * LONGEST_WORD)].split()
    last = text[max(start, end.start() - LONGEST_WORD) : end.start()].split()
    return len(first) >= FEWEST_WORDS and bool(last) and last[-1].isalpha() and len(last[-1]) >= SHORTEST_LAST_WORD


def _is_name(word: str) -> bool:
    """Whether a word in lower case is a model's name, by a digit in it, and may begin a sentence."""
    return any(char.isdigit() for char in word)


def _stripped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    stretch = text[start:end]
    if stretch.strip():
        begin = start + len(stretch) - len(stretch.lstrip())
        yield begin, begin + len(stretch.strip())
