"""Finds in a sentence a clause that states a limit: of the model, its output, its data, its evaluation or what runs it.

Each kind of clause joins sets of words: subjects such as "the model" or "some of the labels", and what is stated of
them, such as "fails" or "is noisy". So it is found in words that no card had when it was written.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from pydantic import Field

from pipelines.rules.cards import NOTHING, ClaimKind, Pattern, StatedMode, Words
from pipelines.rules.tables import read_table
from pipelines.texts.rulings import Ruling
from schemas.base import Frozen

_NAME: Final = re.compile(r"\{([a-z]+)\}")
"""Name of a set of words in a pattern; a count of repetitions has digits."""

_SHORTENED: Final = re.compile(r"(?<=\b(?:it|IT|It))['\u2019]s\b|(?<=\b(?:there|There))['\u2019]s\b")
"""End of "it's" and "there's"."""

MOST_NESTED: Final = 4
"""Most sets within sets, which have words of one another: "own" has "thing"."""


class ClauseRule(Frozen):
    """Clauses that state one failure mode, or a plain limit."""

    mode: StatedMode | None = None
    kind: ClaimKind
    pattern: Pattern = Field(alias="patterns", default=NOTHING)


class ClauseRules(Frozen):
    """Contents of clauses.toml; without patterns where the rules are of a version that had none."""

    telling: Words = frozenset()
    """Words of which a sentence outside sections about limits has one where it has none of `telling` in cards.toml."""
    words: Mapping[str, str] = Field(default={})
    """Name of a set of words → a pattern that matches any of them."""
    clauses: tuple[ClauseRule, ...] = Field(alias="clause", default=())


def clause_in(words: str) -> Ruling | None:
    """Ruling on a sentence by its first clause that states a limit; None where it has none."""
    words = _SHORTENED.sub(" is", words)
    rule = next((rule for rule in clause_rules().clauses if rule.pattern.search(words)), None)
    return Ruling(rule.kind, rule.mode, "pattern") if rule else None


def may_have_clause(words: Iterable[str]) -> bool:
    """Whether a sentence with these words, in lower case, is worth a search for clauses."""
    return not clause_rules().telling.isdisjoint(words)


@lru_cache(maxsize=1)
def clause_rules() -> ClauseRules:
    """Return the table, read once; raise pydantic.ValidationError or KeyError that names what is wrong in it."""
    table = read_table("clauses.toml")
    sets = table.get("words", {})
    rows = [_whole(row, sets) for row in table.get("clause", ())]
    return ClauseRules.model_validate({**table, "clause": rows}, strict=False)


def _whole(row: dict[str, Any], sets: Mapping[str, str]) -> dict[str, Any]:
    return {**row, "patterns": [_expanded(pattern, sets) for pattern in row["patterns"]]}


def _expanded(pattern: str, sets: Mapping[str, str]) -> str:
    """A pattern with the words of each set in place of its name."""
    for _ in range(MOST_NESTED):
        pattern = _NAME.sub(lambda found: sets[found[1]], pattern)
    return pattern
