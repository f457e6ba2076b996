"""Finds words by which a text of a source speaks to a language model that reads it, instead of to people."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property, lru_cache
from itertools import chain, product
from typing import Annotated, Final, NamedTuple

from pydantic import BeforeValidator, Field

from pipelines.formats.text import INVISIBLE, LIKE_LATIN, clean
from pipelines.rules.tables import read_table
from schemas.base import Frozen
from schemas.listing import Fact

FACT: Final = "limit:instructs-models"
LONGEST_QUOTE: Final = 200
"""Most characters of the words that are quoted."""
LONGEST_WORD: Final = 60
"""Most letters of a word in which needed words are sought from letter to letter, and of one whose result is cached."""
MOST_READ: Final = 200_000
"""Characters of a text that are read, from its beginning; the longest recorded card has 139,010."""


_ALIKE: Final = str.maketrans(LIKE_LATIN)


def _compiled(pattern: object) -> object:
    return re.compile(pattern.translate(_ALIKE)) if isinstance(pattern, str) else pattern


class Needed(NamedTuple):
    """A part of a text, and the longest of its words, which is sought first, in the list of the text's words."""

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

    @cached_property
    def entries(self) -> tuple[tuple[frozenset[str], tuple[Needed, ...]], ...]:
        """For each entry of `needs`: its parts that are one word, and those of which the word is only a part."""
        return tuple(
            (
                frozenset(one.word for one in parts if one.word == one.part),
                tuple(one for one in parts if one.word != one.part),
            )
            for parts in self.needs
        )

    def may_fit(self, there: AbstractSet[str], plain: str) -> bool:
        """Whether the pattern may fit a text, given which words that any row needs are in it."""
        for words, longer in self.entries:
            if words.isdisjoint(there) and not any(one.word in there and one.part in plain for one in longer):
                return False
        return True


class InstructionRules(Frozen):
    """Contents of instructions.toml; without patterns where the rules are of a version that had none."""

    version: str = ""
    rows: Annotated[tuple[InstructionPattern, ...], Field(alias="pattern")] = ()

    @cached_property
    def words(self) -> frozenset[str]:
        """The words that any row needs."""
        return frozenset(one.word for row in self.rows for parts in row.needs for one in parts)

    @cached_property
    def by_start(self) -> Mapping[str, tuple[str, ...]]:
        """First two letters, or the only one → the words that begin so and that any row needs."""
        starts = {word[:2] for word in self.words}
        return {start: tuple(word for word in self.words if word[:2] == start) for start in starts}

    @cached_property
    def by_word(self) -> Mapping[str, tuple[int, ...]]:
        """Word → the places of the rows of which it is in the entry of the longest words, as few texts have those."""
        entries = ([{one.word for one in parts} for parts in row.needs] for row in self.rows)
        rarest = [max(each, key=lambda words: len(min(words, key=len))) for each in entries]
        return {word: tuple(place for place, words in enumerate(rarest) if word in words) for word in self.words}

    def possible(self, words: Iterable[str], plain: str) -> Iterator[InstructionPattern]:
        """Yield the rows that may fit a text of these words, in their order."""
        each = set(words)
        long = [word for word in each if len(word) > LONGEST_WORD]
        there = set(chain.from_iterable(map(_needed_in_short, each.difference(long))))
        there.update(needed for word in long for needed in self.words if needed in word)
        for place in sorted({place for word in there for place in self.by_word[word]}):
            if self.rows[place].may_fit(there, plain):
                yield self.rows[place]


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


@lru_cache(maxsize=1 << 15)
def _needed_in_short(word: str) -> tuple[str, ...]:
    """Return what words that rows need are part of a word of few letters; cached, as texts share most of them."""
    by_start = instruction_rules().by_start
    return tuple(
        needed
        for start, length in product(range(len(word)), (1, 2))
        for needed in by_start.get(word[start : start + length], ())
        if word.startswith(needed, start)
    )


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
