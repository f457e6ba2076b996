"""Renders a line of Markdown as its reader sees it."""

import re
from functools import lru_cache
from typing import Final

from markdown_it import MarkdownIt

_ENTITY: Final = r"&(?=#|[A-Za-z0-9]+;)"
_MARKUP: Final = re.compile(rf"[*`\\\[<\0]|(?<!\w)_|_(?!\w)|{_ENTITY}|~~")
"""What may begin Markdown; a line without any of it needs no parsing."""

_SIGN: Final = re.compile(r"[*`\\\[<\0_&~]")
"""A character that all of it has; most lines have none, and to search for one character costs much less."""

_LETTER: Final = r"[^\W_]"
_PLAIN: Final = rf"(?:[^*_`~\\\[\]<&\0]|(?<={_LETTER})_(?={_LETTER})|(?!{_ENTITY})&)"
"""A character that means itself, wherever it is."""

_WORDS: Final = rf"{_LETTER}(?:{_PLAIN}*{_LETTER})?"
_SIMPLE: Final = re.compile(
    rf"(?<![!\[\]\\])\[({_PLAIN}+)\]\((?:https?:)?[^\s()<>\\`:]+\)(?![\[(])"  # [words](address)
    rf"|(?<![*\\])\*\*({_WORDS})\*\*(?!\*)|(?<![*\\])\*({_WORDS})\*(?!\*)"  # **words**, *words*
    r"|(?<![`\\])`([^`\s](?:[^`\n]*[^`\s])?)`(?!`)"  # `code`
    r"|\\([-.()_*#!])"  # an escaped sign
)
"""Links, emphasis and code in the form that most have, and that means the same wherever it is in a line."""


class _Inline(MarkdownIt):
    """Parses lines of which only the words are read, so that addresses need not be spelled in their normal form."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - the library's name
        return url


_INLINE: Final = _Inline("commonmark").enable("strikethrough")
_INLINE.core.ruler.enableOnly(["normalize", "block", "inline", "text_join"])


@lru_cache(maxsize=16)
def plain_text(markdown: str) -> str:
    """A line of Markdown as its reader sees it: without marks, link targets, pictures and tags.

    Cached, since the readers of one text (its limits, its kind, its purposes) read the same sentences.
    """
    if not (_SIGN.search(markdown) and _MARKUP.search(markdown)):
        return " ".join(markdown.split())
    between, shown, at = [], [], 0
    for found in _SIMPLE.finditer(markdown):
        between.append(markdown[at : found.start()])
        shown += [between[-1], found[found.lastindex or 0]]
        at = found.end()
    rest = markdown[at:]
    if _MARKUP.search(" ".join([*between, rest])):  # a space, so that what a match parts does not touch
        return parsed_text(markdown)
    return " ".join("".join([*shown, rest]).split())


def parsed_text(markdown: str) -> str:
    """The same, by parsing the line whatever it has."""
    seen = []
    for block in _INLINE.parseInline(markdown):
        for token in block.children or ():
            if token.type in {"text", "code_inline"}:
                seen.append(token.content)
            elif token.type in {"softbreak", "hardbreak"}:
                seen.append(" ")
    return " ".join("".join(seen).split())
