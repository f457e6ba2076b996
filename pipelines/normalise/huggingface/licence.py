"""Reads the licence file of a repository: which well-known licence it is, by its title alone."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from pipelines.formats.text import clean
from pipelines.normalise.huggingface.listing import repository_name, text_listing
from pipelines.normalise.huggingface.spellings import licence_facts
from pipelines.rules.precedence import LicenceText, precedence
from schemas.listing import Fact, Listing, RawListing

_LINE: Final = re.compile(rb"[^\r\n]*[^\r\n\s][^\r\n]*")
"""A line that is not blank."""
_AROUND: Final = " \t\ufeff#*_=-"
"""White space and Markdown around a title."""
LONGEST_QUOTE_BYTES: Final = 300


class _LicenceLine(NamedTuple):
    """A line of a text, from its first word to its last, with its bytes."""

    words: str
    start: int
    end: int


def read_licence(raw: RawListing) -> Listing:
    """Read one text; raise FieldError where its id is no repository. An unknown licence states nothing."""
    repository_name(raw.id, "", "is of")
    fact = _licence(raw.body.encode())
    facts = licence_facts(str(fact.value), fact.locator, str(fact.as_stated), fact.method) if fact else ()
    return text_listing(raw, kind="licence", facts=tuple(facts))


def _licence(text: bytes) -> Fact | None:
    lines = _first_lines(text)
    for row in precedence().licence:
        for title in row.titles if len(text) <= row.longest_bytes else ():
            if tuple(line.words for line in lines[: len(title)]) == _plain_title(title):
                return _fact(row, text, lines[: len(title)])
    return None


def _fact(row: LicenceText, text: bytes, lines: list[_LicenceLine]) -> Fact | None:
    """The licence, quoted by its title from the first word to the last, unchanged."""
    start, end = lines[0].start, lines[-1].end
    quote = text[start:end].decode("utf-8", "replace")
    if end - start > LONGEST_QUOTE_BYTES or clean(quote) != quote:
        return None
    return Fact("licence", row.licence, f"bytes:{start}-{end}", quote, "pattern")


def _first_lines(text: bytes) -> list[_LicenceLine]:
    """The first lines that have words, as many as the longest title."""
    longest = max((len(title) for row in precedence().licence for title in row.titles), default=0)
    lines: list[_LicenceLine] = []
    for line in _telling(text):
        lines.append(line)
        if len(lines) == longest:
            break
    return lines


def _telling(text: bytes) -> Iterator[_LicenceLine]:
    for found in _LINE.finditer(text):
        line = found[0].decode("utf-8", "replace")
        words = line.strip(_AROUND)
        if words:
            before = len(line[: len(line) - len(line.lstrip(_AROUND))].encode())
            yield _LicenceLine(_plain(words), found.start() + before, found.start() + before + len(words.encode()))


@lru_cache(maxsize=128)
def _plain_title(title: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_plain, title))


def _plain(words: str) -> str:
    return " ".join(words.lower().split())
