"""Finds words by which a text of a source speaks to a language model that reads it, instead of to people."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache, reduce
from operator import or_
from typing import Annotated, Final, NamedTuple

from pydantic import BeforeValidator, Field

from pipelines.formats.letter_index import LetterIndex
from pipelines.formats.patterns import BitFilter
from pipelines.formats.text import INVISIBLE, LIKE_LATIN, clean
from pipelines.rules.tables import read_table
from schemas.base import Frozen
from schemas.listing import Fact

FACT: Final = "limit:instructs-models"
LONGEST_QUOTE: Final = 200
"""Most characters of the words that are quoted."""
SHORTEST_WORD: Final = 2
"""Fewest letters of a word by which rows are passed over."""
MOST_READ: Final = 200_000
"""Characters of a text that are read, from its beginning; the longest recorded card has 139,010."""


_ALIKE: Final = str.maketrans(LIKE_LATIN)


def _compiled(pattern: object) -> object:
    return re.compile(pattern.translate(_ALIKE)) if isinstance(pattern, str) else pattern


class Needed(NamedTuple):
    """A part of a text, and the longest of its words, which is sought first, in the text's different words."""

    word: str
    part: str


def _alternatives(rows: object) -> object:
    if not isinstance(rows, list):
        return rows
    return tuple(
        tuple(Needed(max(part.split(), key=len), part) for part in row.translate(_ALIKE).split("|")) for row in rows
    )


class InstructionPattern(Frozen):
    """One way to speak to a model."""

    id: str
    why: str
    """What the words are for, said of their author."""
    needs: Annotated[tuple[tuple[Needed, ...], ...], BeforeValidator(_alternatives)]
    """Parts of words: a text that a pattern fits has one of each entry ("ignor|forget"), which is cheap to see."""
    pattern: Annotated[re.Pattern[str], BeforeValidator(_compiled)]


class _SoughtRow(NamedTuple):
    """A row with the bits of the words that it needs, in the index of the rules."""

    row: InstructionPattern
    words: list[int]
    """For each entry of `needs` the bits of its words: a text has one of them."""
    parts: list[list[tuple[int, str]]]
    """For each entry its parts, each with the bit of its longest word; "" where the word is all of it."""

    @classmethod
    def of(cls, row: InstructionPattern, index: LetterIndex) -> "_SoughtRow":
        """Return the row, with its words in the index; one that is too short for it has the bit of no word.

        The entry of the longest words comes first, as few texts have one of those.
        """
        entries = sorted(row.needs, key=lambda entry: min(len(one.word) for one in entry), reverse=True)
        parts = [
            [
                (index.bit_of(frozenset([one.word])), one.part if one.part != one.word else "")
                if len(one.word) >= index.shortest
                else (index.bit_of(frozenset()), one.part)
                for one in entry
            ]
            for entry in entries
        ]
        return cls(row, [reduce(or_, (bit for bit, _ in entry)) for entry in parts], parts)

    def may_fit(self, has: int, plain: str) -> bool:
        """Whether a text with these bits has a part of each entry."""
        return all(map(has.__and__, self.words)) and all(
            any(part in plain for bit, part in entry if bit & has) for entry in self.parts
        )


class InstructionRules(Frozen):
    """Contents of instructions.toml; without patterns where the rules are of a version that had none."""

    version: str = ""
    rows: Annotated[tuple[InstructionPattern, ...], Field(alias="pattern")] = ()

    def possible(self, words: Iterable[str], plain: str) -> Iterator[InstructionPattern]:
        """Yield the rows of which a text of these words has a part of each entry of `needs`, in their order."""
        index, rows, by_word = self._letters
        has = index.in_words(set(words)) | index.bit_of(frozenset())
        for place in sorted(set(by_word.of(has))):
            if rows[place].may_fit(has, plain):
                yield rows[place].row

    @cached_property
    def _letters(self) -> tuple[LetterIndex, list[_SoughtRow], BitFilter[int]]:
        """The words that rows need, the rows with their bits, and their places by the words of their first entry."""
        index = LetterIndex(SHORTEST_WORD)
        rows = [_SoughtRow.of(row, index) for row in self.rows]
        return index, rows, BitFilter(((bit,), place) for place, row in enumerate(rows) for bit, _ in row.parts[0])


class Instruction(NamedTuple):
    """Words that read as instructions to a model."""

    pattern: str
    """Id of the row that found them."""
    start: int
    """Place of the first character in the text."""
    end: int


@lru_cache(maxsize=1)
def instruction_rules() -> InstructionRules:
    """Return the patterns, read once."""
    return InstructionRules.model_validate(read_table("instructions.toml"), strict=False)


def instruction_in(text: str) -> Instruction | None:
    """Return the first words of a text that speak to a model, by the order of the rules; None without any."""
    text = text[:MOST_READ]
    words = _as_read(text)
    plain = " ".join(words)
    for row in instruction_rules().possible(words, plain):
        if found := row.pattern.search(plain):
            end = found.end()
            while end < len(plain) and plain[end].isalnum():  # to the end of the word
                end += 1
            return Instruction(row.id, *_place_in(text, found.start(), end))
    return None


def instruction_facts(text: str, locator: str = "") -> list[Fact]:
    """Return the fact that a text speaks to a model, with its words; without a locator they are at "bytes:…".

    Of words with characters that a passport must not contain, the longest part without any is quoted.
    """
    if not (found := instruction_in(text)):
        return []
    words = text[found.start : found.end][:LONGEST_QUOTE]
    at, quote = max(_clean_parts(words), key=lambda part: len(part[1]), default=(0, ""))
    first = len(text[: found.start + at].encode())
    where = locator or f"bytes:{first}-{first + len(quote.encode())}"
    return [Fact(FACT, quote, where, quote, "pattern")] if quote else []


def _clean_parts(words: str) -> list[tuple[int, str]]:
    """Return the parts of a text between characters that `clean` removes, stripped, each with its place."""
    found: list[tuple[int, str]] = []
    begins = 0
    for at in range(len(words) + 1):
        if at == len(words) or not clean(words[at]):
            part = words[begins:at]
            found.append((begins + len(part) - len(part.lstrip()), part.strip()))
            begins = at + 1
    return found


_APART: Final = dict.fromkeys(map(ord, "*_`~#>|\"'\u2018\u2019\u201c\u201d\u00ab\u00bb\\()"), " ")
_MARKS: Final = re.compile(f"[{re.escape(''.join(map(chr, _APART)))}]+")
_SEEN_OF_ASCII: Final = bytes(range(128)).decode().translate(_APART).lower().encode().ljust(256)
_UNSEEN_OF_ASCII: Final = bytes(code for code in range(128) if INVISIBLE.match(chr(code)))
"""What the patterns see of each character of ASCII, and those of which they see nothing."""
_LIKE_LATIN: Final = re.compile(f"[{''.join(LIKE_LATIN)}]")
_STYLED: Final = re.compile(
    "[\u00aa-\u024f\u1d00-\u1eff\u2070-\u209c\u2100-\u218b\u2460-\u24ff\uff01-\uff5e\U0001d400-\U0001d7ff]"
)
"""Letters with accents, of full width, in a mathematical style or in circles."""


def _as_read(text: str) -> list[str]:
    """Return the words of a text as its patterns see it: the characters of `_seen`, between white space."""
    if text.isascii():
        return text.encode().translate(_SEEN_OF_ASCII, _UNSEEN_OF_ASCII).decode().split()
    if INVISIBLE.search(text):
        text = INVISIBLE.sub("", text)
    if _LIKE_LATIN.search(text):
        text = text.translate(_ALIKE)
    return _MARKS.sub(" ", _STYLED.sub(lambda one: _plain(one[0]), text)).lower().split()


def _place_in(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where in a text the characters begin and end that its patterns see from `start` to `end`."""
    places: list[int] = []
    between = False
    for at, character in enumerate(text):
        for seen in _seen(character):
            if not seen.isspace():
                places += [at] if not between or not places else [at, at]
                between = False
            else:
                between = True
        if len(places) >= end:
            break
    return places[start], places[end - 1] + 1


@lru_cache(maxsize=4096)
def _seen(character: str) -> str:
    """Return what the patterns see of a character: nothing, a space, or its plain form in lower case."""
    if INVISIBLE.match(character):
        return ""
    plain = character.translate(_ALIKE)
    return (_plain(plain) if _STYLED.match(plain) else plain).translate(_APART).lower()


@lru_cache(maxsize=4096)
def _plain(letter: str) -> str:
    """Return a styled or accented letter as the plain one; others as they are."""
    plain = unicodedata.normalize("NFKD", letter)[:1]
    return plain if plain.isascii() and plain.isalnum() else letter
