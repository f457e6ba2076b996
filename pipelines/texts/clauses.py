"""Finds in a sentence a clause that states a limit: of the model, its output, its data, its evaluation or what runs it.

Each kind of clause joins sets of words: subjects such as "the model" or "some of the labels", and what is stated of
them, such as "fails" or "is noisy". So it is found in words that no card had when it was written.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple

from pydantic import Field

from pipelines.formats.patterns import BitFilter, Expression, bits_in, needed, needed_bits
from pipelines.rules.cards import ClaimKind, StatedMode, Words
from pipelines.rules.tables import read_table
from pipelines.texts.rulings import Ruling
from schemas.base import Frozen

_SET: Final = re.compile(r"\{([a-z]+)\}")
"""Name of a set of words in a pattern; a count of repetitions has digits."""

_SUBJECT: Final = re.compile(r"\{([a-z]+)\}(?![?*|])")
"""The set of words with which a pattern begins."""

_START: Final = "{start}"
"""Before a pattern that is tried only where a clause begins."""

_NO_WORDS: Final = re.compile(r"\W*")
_MARK: Final = re.compile(r"[,;:.(\u2013\u2014-]\s?")
_JOINING: Final = re.compile(
    r"\W(?:but|although|though|because|since|as|(?<!means )(?<!mean )that|and|however|note|hence|therefore|thus"
    r"|unfortunately|currently|still|also|so far|so|for now|sadly|at the moment|right now|in general|sometimes|often"
    r"|as such|additionally|moreover|in practice)(?= )",
    re.IGNORECASE,
)
"""What precedes a clause: the beginning of a sentence, a mark, or a small word after what is no word. Each begins with
characters that are quickly searched for."""

_SHORTENED: Final = re.compile(r"(?<=\b(?:it|IT|It))['\u2019]s\b|(?<=\b(?:there|There))['\u2019]s\b")
"""End of "it's" and "there's"."""

MOST_NESTED: Final = 4
"""Most sets within sets, which have words of one another: "own" has "thing"."""

MOST_BEGINNINGS: Final = 32
"""Most places of a sentence where a clause is tried; a text without full stops may have hundreds."""


class ClauseRow(Frozen):
    """Clauses that state one failure mode, or a plain limit."""

    mode: StatedMode | None = None
    kind: ClaimKind
    patterns: tuple[str, ...]


class ClauseRules(Frozen):
    """Contents of clauses.toml; without patterns where the rules are of a version that had none."""

    telling: Words = frozenset()
    """Words of which a sentence outside sections about limits has one where it has none of `telling` in cards.toml."""
    words: Mapping[str, str] = Field(default={})
    """Name of a set of words → a pattern that matches any of them."""
    rows: tuple[ClauseRow, ...] = Field(alias="clause", default=())


class Clause(NamedTuple):
    """One kind of clause."""

    ruling: Ruling
    pattern: Expression
    begins: bool
    """Whether it is tried only where a clause begins."""
    subject: str
    """Name of the set of words with which such a clause begins; "" where it is not one set."""
    bits: tuple[int, ...]
    """Bits of `pipelines.formats.patterns` that every sentence with such a clause has."""


def clause_in(words: str) -> Ruling | None:
    """Ruling on a sentence by its first clause that states a limit; None where it has none."""
    words = _SHORTENED.sub(" is", words) if "'" in words or "\u2019" in words else words
    possible = sorted(_needing().of(bits_in(words)))
    begins = _Beginnings(words)
    return next((clauses()[one].ruling for one in possible if _is_in(words, clauses()[one], begins)), None)


class _Beginnings(dict[str, list[int]]):
    """Name of a set of words → where in a sentence a clause begins with one of them; "" → where any begins."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = words

    def __missing__(self, subject: str) -> list[int]:
        if subject:
            begins = subjects()[subject].compiled.match
            self[subject] = [start for start in self[""] if begins(self._words, start)]
        else:
            self[subject] = _beginnings(self._words)
        return self[subject]


def _beginnings(words: str) -> list[int]:
    """Where clauses may begin in a sentence, up to `MOST_BEGINNINGS` places."""
    first = _NO_WORDS.match(words).end()  # type: ignore[union-attr]  # it matches in any text
    marks = islice(_MARK.finditer(words, first), MOST_BEGINNINGS)
    joining = islice(
        _JOINING.finditer(f" {words}", first), MOST_BEGINNINGS
    )  # so ends are where the space after it ends
    return sorted([first, *(one.end() for one in marks), *(one.end() for one in joining)])[:MOST_BEGINNINGS]


def _is_in(words: str, clause: Clause, begins: Mapping[str, list[int]]) -> bool:
    if clause.begins:
        match = clause.pattern.compiled.match
        return any(match(words, start) for start in begins[clause.subject])
    return clause.pattern.compiled.search(words) is not None


def may_have_clause(words: Iterable[str]) -> bool:
    """Whether a sentence with these words, in lower case, is worth a search for clauses."""
    return not clause_rules().telling.isdisjoint(words)


@lru_cache(maxsize=1)
def clause_rules() -> ClauseRules:
    """Return the table, read once; raise pydantic.ValidationError that names what is wrong in it."""
    return ClauseRules.model_validate(read_table("clauses.toml"), strict=False)


@lru_cache(maxsize=1)
def clauses() -> tuple[Clause, ...]:
    """All clauses in the order in which they are tried.

    Raises KeyError for a set of words that the table has not, ValueError for a pattern without letters that it needs.
    """
    rules = clause_rules()
    letters = {name: _like(needed(expanded(words, rules.words), re.IGNORECASE)) for name, words in rules.words.items()}
    return tuple(_clause(row, pattern, rules.words, letters) for row in rules.rows for pattern in row.patterns)


@lru_cache(maxsize=1)
def _needing() -> BitFilter[int]:
    """Numbers of the clauses by the letters that they need."""
    return BitFilter((clause.bits, number) for number, clause in enumerate(clauses()))


@lru_cache(maxsize=1)
def subjects() -> Mapping[str, Expression]:
    """Name of a set of words → pattern of any of them."""
    sets = clause_rules().words
    return {name: Expression(expanded(words, sets), re.IGNORECASE) for name, words in sets.items()}


def _like(needs: Iterable[frozenset[str]]) -> str:
    """A short expression whose matches have the same letters as those of a set of words, and others around them."""
    return "." + "".join(f"(?:{'|'.join(sorted(letters))})." for letters in needs)


def _clause(row: ClauseRow, pattern: str, sets: Mapping[str, str], letters: Mapping[str, str]) -> Clause:
    rest = pattern.removeprefix(_START)
    whole = expanded(rest, sets)
    ruling = Ruling(row.kind, row.mode, "pattern")
    bits = needed_bits(expanded(rest, letters), re.IGNORECASE)  # as those of `whole`, which is long and slowly parsed
    if not bits:
        raise ValueError(f"every match of a clause must have letters that are sure: {pattern}")
    subject = _SUBJECT.match(rest)
    begins = pattern.startswith(_START)
    return Clause(ruling, Expression(whole, re.IGNORECASE), begins, subject[1] if subject else "", bits)


def expanded(pattern: str, sets: Mapping[str, str]) -> str:
    """A pattern with the words of each set in place of its name."""
    for _ in range(MOST_NESTED):
        pattern = _SET.sub(lambda found: sets[found[1]], pattern)
    return pattern
