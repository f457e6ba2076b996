"""The facts of a record: how readers build them, and the names of those that more than one step reads."""

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from schemas.listing import AsStated, Fact, FactValue

UNSEEN, MOVED, REPLACED = ANSWERS = ("repository_missing", "repository_moved", "repository_replaced")
"""Facts of an observation that a record is not at its name: it does not exist; it moved, which alone proves it gone; or
another record is there."""

SOUGHT = "sought_id"
"""The fact of such an observation that is the permanent id of the missed record."""

MADE_ANEW = "made_anew"
"""The fact of a record that it replaced another one of the same name."""


CALLED_UNCENSORED = "called_uncensored"
"""The fact that a model's name or tags say that it declines nothing; its value is the word that says so."""

MISSING = "missing"
"""The fact that a record is certainly gone. No record states it; it follows from the observations that missed it."""

WITHIN, WITHOUT = "within", "without"
"""Facts of a facet about one model each: it is in the answer; it was listed in the same crawl and is not."""

COUNTED, LISTED = "models_within", "models_listed"
"""Facts of a facet: how many models are in the answer, and how many were listed in the same crawl."""

USED_TOKENS, USED_AS_OF = "tokens", "tokens_as_of"
"""Facts of the rankings: the tokens of one model ("tokens:<its permanent name>"), and as of when."""

PROVIDER = "provider"
"""The fact that a provider is on the seller's list of providers ("provider:<its name>")."""

SHORT_LIST = 64
"""Most words of a list that is read once."""

AS_WRITTEN: Final[Mapping[str, str]] = MappingProxyType({})
"""No word of the source is another one in the vocabulary."""


def add_fact(facts: list[Fact], name: str, value: FactValue | None, locator: str, as_stated: AsStated = None) -> None:
    """Add a fact unless its value is None; the record has `as_stated` there, or the value itself if that is None."""
    if value is not None:
        facts.append(Fact(name, value, locator, value if as_stated is None else as_stated))


def word_facts(group: str, words: Sequence[str], at: str, names: Mapping[str, str] = AS_WRITTEN) -> list[Fact]:
    """Facts of each word of a list in the record, sorted, since a source's order changes from answer to answer.

    `names` maps words of the source to those of the vocabulary; of equal words the first one is the evidence.
    """
    places: dict[str, int] = {}
    for place, word in enumerate(words):
        places.setdefault(names.get(word, word), place)
    return [Fact(f"{group}:{word}", True, f"{at}/{place}", words[place]) for word, place in sorted(places.items())]


def list_fact(name: str, words: Iterable[str], at: str, names: Mapping[str, str] = AS_WRITTEN) -> list[Fact]:
    """The fact of a whole list of words; an empty list states nothing."""
    written = tuple(words)
    return [Fact(name, tuple(sorted({names.get(word, word) for word in written})), at, written)] if written else []


def stated_words(group: str, field: str, words: Sequence[str], at: str) -> tuple[Fact, ...]:
    """Facts of each word of a list and of the whole list, which is the fact `field`.

    Short lists are read once: of 339 recorded models 21 differ in what they take, and 128 in their parameters.
    """
    return (_read_once if len(words) <= SHORT_LIST else _stated_words)(group, field, tuple(words), at)


def _stated_words(group: str, field: str, words: tuple[str, ...], at: str) -> tuple[Fact, ...]:
    return (*word_facts(group, words, at), *list_fact(field, words, at))


_read_once = lru_cache(maxsize=512)(_stated_words)


def unfamiliar(facts: Iterable[Fact], groups: Collection[str], vocabulary: Container[str]) -> tuple[str, ...]:
    """Names of the facts of some groups that the vocabulary does not have: ("parameter:telepathy",)."""
    return tuple(fact.name for fact in facts if fact.name not in vocabulary and fact.name.partition(":")[0] in groups)
