"""Finds which models fit a task that is described in plain words, by the intents of capabilities and purposes."""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from pipelines.enrich.catalogue import capability_uri
from pipelines.enrich.purposes import purpose_uri
from pipelines.rules.declared import language_names
from pipelines.rules.purposes import purpose_rules
from pipelines.rules.rulebook import rulebook

LONGEST_TASK: Final = 400
"""Most characters of a task that are read."""

LEAST_LIKENESS: Final = 0.28
"""A capability or purpose fits a task that is at least so like one of its intents, 0 to 1."""

NEAR_BEST: Final = 0.8
"""What is not nearly as like as the best one, by this share, does not fit."""

UNKNOWN_WEIGHT: Final = 3.5
"""Weight of a word that no capability and no purpose has: a task that is mostly about something else fits none."""

SHARE: Final = 0.65
"""How much it counts for the likeness that a word is spoken of at all; the rest is that it is in the nearest intent."""

_DECIMALS: Final = 4
_WORD: Final = re.compile(r"[a-z0-9]+")
_NAME: Final = re.compile(r"([A-Za-z]+) (?=([A-Z][a-z]+))")
"""A word with a capital, and the one before it: the first word of a task may be "Polish" though it is no language."""
_INTO: Final = frozenset(("from", "into", "to"))
_STOP_WORDS: Final = frozenset(
    """a about after all an and any are as at be before by can do does each for from give has have how i in into is it
    its let made make me my of on one or out own please so some that the their them there these they this to up us use
    want was we what when where which who with you your""".split()  # noqa: SIM905
)
_ENDINGS: Final = ("ations", "ation", "ings", "ing", "ions", "ion", "ies", "ers", "ed", "er", "es", "s", "e", "y")
_SHORTEST_STEM: Final = 3
_SPELT: Final = re.compile(r"iz(?=(?:e|es|ed|er|ing|ation)\Z)")
_SAME: Final = {"clip": "video", "imag": "image", "photo": "image", "photograph": "image", "pictur": "image"}
"""Words, as stems, that stand for another one."""


class Fit(NamedTuple):
    """A capability or purpose that fits a task."""

    uri: str
    likeness: float
    """How like the task is to the nearest of its intents, 0 to 1."""


class Having(NamedTuple):
    """What a model has of what a task may call for."""

    slug: str
    uris: Collection[str]
    """URIs of its capabilities and purposes."""
    score: int


class Match(NamedTuple):
    """A model that fits a task."""

    slug: str
    likeness: float
    """That of the best of its capabilities and purposes that fit."""
    uris: tuple[str, ...]
    """Addresses of these capabilities and purposes, the best first."""


def matches(task: str, statements: Iterable[Mapping[str, Any]]) -> list[Match]:
    """Return the models that fit a task, the best first; `statements` are the `unfragile` objects of passports.

    A model fits where it has a capability or a purpose that the task calls for. One that has more of them is better; of
    those that have the same it is the one with the higher score.
    """
    having = (Having(one["artifact"]["slug"], _uris(one), one["trust"].get("score", 0)) for one in statements)
    return ranked(called_for(task), having)


def ranked(called: Iterable[Fit], having: Iterable[Having]) -> list[Match]:
    """Return the models that have something of what a task calls for, the best first: of equal ones by their score."""
    fits = {fit.uri: fit.likeness for fit in called}
    found = []
    for slug, named, score in having if fits else ():
        uris = sorted(fits.keys() & set(named), key=lambda uri: (-fits[uri], uri))
        if uris:
            order = (-sum(fits[uri] for uri in uris), -score, slug)
            found.append((order, Match(slug, fits[uris[0]], tuple(uris))))
    return [match for _, match in sorted(found)]


def _uris(statement: Mapping[str, Any]) -> set[str]:
    return {one["uri"] for one in (*statement["capabilities"], *statement.get("purposes", ()))}


def called_for(task: str) -> list[Fit]:
    """Return the capabilities and purposes that a task calls for, the best first; [] where no word of it is known."""
    (entries, weights), words = _index(), task[:LONGEST_TASK]
    stems = _stems(words) | _languages_in(words)
    found = [Fit(entry.uri, _likeness(stems, entry, weights)) for entry in entries]
    best = max(found, key=lambda fit: fit.likeness).likeness
    least = max(LEAST_LIKENESS, NEAR_BEST * best)
    return sorted((fit for fit in found if fit.likeness >= least), key=lambda fit: (-fit.likeness, fit.uri))


class _Goal(NamedTuple):
    uri: str
    intents: tuple[frozenset[str], ...]
    about: frozenset[str]
    """Stems of its name, description and all intents, and of other words by which people speak of such tasks."""


class _Weights(dict[str, float]):
    """Stem → its weight: the fewer capabilities and purposes have it, the more it counts."""

    def __missing__(self, stem: str) -> float:
        return UNKNOWN_WEIGHT


@lru_cache(maxsize=1)
def _index() -> tuple[tuple[_Goal, ...], _Weights]:
    """All capabilities and purposes, and the weight of each stem."""
    entries = {
        capability_uri(rule.categories[0], rule.name): (rule.name, rule.name, rule.description, rule.intents)
        for rule in rulebook().capabilities.capability
    } | {purpose_uri(rule): (rule.id, rule.name, rule.description, rule.intents) for rule in purpose_rules().purposes}
    read = tuple(
        _Goal(uri, tuple(map(_stems, (*intents, name))), _stems(" ".join((name, text, *intents, *_cues_of(key)))))
        for uri, (key, name, text, intents) in entries.items()
    )
    counts = Counter(stem for entry in read for stem in entry.about)
    return read, _Weights({stem: math.log(len(read) / count) + 1 for stem, count in counts.items()})


def _cues_of(key: str) -> list[str]:
    """The words by which people speak of tasks for a capability, by its name, or a purpose, by its id."""
    return [word for cue in purpose_rules().cues if key in cue.of for word in sorted(cue.words)]


def _languages_in(task: str) -> frozenset[str]:
    """The stems for the languages that a task names: "into Thai" is one to translate."""
    names = [word for word in _NAME.findall(task) if word[-1].casefold() in language_names()]
    into = {_stem("translate")} if any(before.casefold() in _INTO for before, _ in names) else set()
    return frozenset({_stem("language"), *into} if names else ())


def _likeness(task: frozenset[str], entry: _Goal, weights: Mapping[str, float]) -> float:
    """How much of the task the entry speaks of, and how like it is to the nearest intent, weighted."""
    nearest = max(_cosine(task, intent, weights) for intent in entry.intents)
    return round(SHARE * _share(task, entry.about, weights) + (1 - SHARE) * nearest, _DECIMALS)


def _cosine(one: frozenset[str], other: frozenset[str], weights: Mapping[str, float]) -> float:
    product = _norm(one, weights) * _norm(other, weights)
    return sum(weights[stem] ** 2 for stem in one & other) / product if product else 0.0


def _norm(stems: frozenset[str], weights: Mapping[str, float]) -> float:
    return math.sqrt(sum(weights[stem] ** 2 for stem in stems))


def _share(task: frozenset[str], about: frozenset[str], weights: Mapping[str, float]) -> float:
    whole = sum(weights[stem] for stem in task)
    return sum(weights[stem] for stem in task & about) / whole if whole else 0.0


def _stems(text: str) -> frozenset[str]:
    return frozenset(_stem(word) for word in _WORD.findall(text.casefold()) if word not in _STOP_WORDS)


def _stem(word: str) -> str:
    word = _SPELT.sub("is", word)
    endings = (end for end in _ENDINGS if word.endswith(end) and len(word) - len(end) >= _SHORTEST_STEM)
    stem = word.removesuffix(next(endings, ""))
    return _SAME.get(stem, stem)
