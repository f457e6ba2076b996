"""Finds what names, descriptions and cards state of a model's weights: how many, whether open; and its successor.

A name gives a rounded number ("32B"), and a description often a better one ("117B-parameter"). Only a sentence that
begins with the model's own name counts, and none about a model that it was made from.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from pipelines.formats.text import clean
from pipelines.markdown.sentence_splitter import sentence_spans
from pipelines.rules.descriptions import BEFORE_SUBJECT
from pipelines.texts.subjects import Names, is_own, says_more
from schemas.listing import Fact

SCALES: Final = {"m": 10**6, "million": 10**6, "b": 10**9, "billion": 10**9, "t": 10**12, "trillion": 10**12}

IN_NAME: Final = re.compile(r"(?<![\w.-])(?P<number>\d{1,3}(?:\.\d{1,2})?)\s?(?P<scale>[BbTt])(?![\w.])")
"""A number of weights in a name: "QwQ 32B"; not the 3B of "A3B", which work at once, nor those of "8x7B"."""

IN_REPOSITORY: Final = re.compile(
    r"(?<![A-Za-z0-9.])(?P<number>\d{1,3}(?:\.\d{1,2})?)(?P<scale>[BbTt])(?![A-Za-z0-9.])"
)
"""The same in the name of a repository, whose words hyphens part: "Heron-7B-GGUF"."""

OF_ANOTHER: Final = re.compile(
    r"(?<![a-z])(?:q?lora|dora|adapters?|eagle\d?|draft(?:er)?|dflash|medusa|speculators?|mtp|sae|mmproj)(?![a-z])",
    re.IGNORECASE,
)
"""In the name of a repository whose weights are an addition to the model that the number is of."""

COUNT: Final = "parameter_count"
"""The number of weights of a model."""

NAMED_COUNT: Final = "parameter_count_in_name"
"""The number of weights by a repository's name, which is rounded: believed where no source states it better."""

_OPENING: Final = BEFORE_SUBJECT + r"(?P<subject>[^,;:!?()]{1,60}?),? is (?:an? |the |(?:[\w.]+ )?[\w.]+.s )"
_ON: Final = r"(?:(?!(?:of|on|from|with|version|proprietary|than|like|and)\b)[\w.+-]+,? ){0,8}?"
"""Words up to the statement, none of which begins to speak of another model."""

_COUNT: Final = (
    r"(?:~ ?|about |around |approximately |roughly )?(?P<number>\d{1,3}(?:\.\d{1,3})?)[ -]?"
    r"(?P<scale>M|million|B|billion|T|trillion)[ -](?:total[ -])?param"
)
"""A number of weights; one of those that work at once ("3B active parameters") is none."""

SIZE: Final = re.compile(_OPENING + _ON + _COUNT, re.IGNORECASE)
_HAS: Final = r"(?:has|have|contains|comes with|consists of) (?:a total of |only |just )?"
_WITH: Final = (
    r"(?:(?!\b(?:of|on|from|version|than|like|and|to|models|based)\b)[\w.()+-]+,? ){1,12}?with (?:a total of )?"
)
OF_WEIGHTS: Final = (
    SIZE,
    re.compile(rf"{BEFORE_SUBJECT}(?P<subject>[^,;:!?()]{{1,60}}?),? (?:which |that )?{_HAS}{_COUNT}", re.IGNORECASE),
    re.compile(rf"{BEFORE_SUBJECT}(?P<subject>[^,;:!?()]{{1,60}}?),? is (?:an? |the ){_WITH}{_COUNT}", re.IGNORECASE),
    re.compile(rf"{BEFORE_SUBJECT}(?P<subject>[^,;:!?()]{{1,60}}?) \((?:[^()]{{0,80}}\W)?{_COUNT}", re.IGNORECASE),
)
"""Sentences that state how many weights their model has."""

LISTED: Final = re.compile(
    rf"\W*(?:{_COUNT}\w*|(?:total |model )?(?:num(?:ber)?(?: of)? )?param(?:eter)?s?(?: count)?\s?[:=]\s?"
    r"(?P<figure>\d{1,3}(?:\.\d{1,3})?) ?(?P<unit>M|million|B|billion|T|trillion))\W*",
    re.IGNORECASE,
)
"""An item of a list that has the number alone: "336M parameters", "Parameters: 336M"."""

OPEN: Final = re.compile(_OPENING + _ON + r"(?:fully )?open[ -](?:weights?|sourced?)\b", re.IGNORECASE)
SUCCESSOR: Final = re.compile(
    rf"{BEFORE_SUBJECT}(?P<subject>[^,;:!?()]{{1,60}}?) "
    r"(?:is|was|has been|will be) (?:\w+ )?(?:superseded|replaced|succeeded) by "
    r"(?:the )?(?P<successor>[A-Z][\w.+-]*(?: [A-Z0-9][\w.+-]*){0,5})(?<![.+-])"
)


LONGEST_OPENING: Final = 400
"""Most characters of a sentence that are looked at; what it states of its subject is at its beginning."""

MAY_STATE: Final = ("param", "open", "ed by")
"""Letters of which every description has some that states any of these; they are searched first, as that is cheap."""


def named_traits(name: str, locator: str) -> list[Fact]:
    """The number of weights that a name states, if it states exactly one."""
    found = list(IN_NAME.finditer(name))
    return [_count(found[0], found[0][0], locator)] if len(found) == 1 else []


def repository_traits(repository: str, locator: str) -> list[Fact]:
    """The number of weights that the name of a repository states, if it states exactly one and holds them all."""
    name = repository.rpartition("/")[2]
    found = list(IN_REPOSITORY.finditer(name)) if is_whole(repository) else []
    return [_count(found[0], found[0][0], locator)._replace(name=NAMED_COUNT)] if len(found) == 1 else []


def id_traits(listing_id: str, locator: str) -> list[Fact]:
    """The number of weights that a listing's id states, if it states exactly one: "heron-lab/heron-7b"."""
    return [fact._replace(name=COUNT) for fact in repository_traits(listing_id, locator)]


def is_whole(repository: str) -> bool:
    """Whether a repository, by its name, has a whole model and not an addition to one."""
    return OF_ANOTHER.search(repository.rpartition("/")[2]) is None


def trait_facts(description: str, locator: str, names: Names) -> Iterator[Fact]:
    """Yield what a description states of its model, each once, from the first sentence that states it."""
    stated: set[str] = set()
    lowered = description.lower()
    for start, end in sentence_spans(description) if any(part in lowered for part in MAY_STATE) else ():
        for fact in _of_sentence(description[start : min(end, start + LONGEST_OPENING)], locator, names):
            if fact.name not in stated:
                stated.add(fact.name)
                yield fact


def stated_count(sentence: str, names: Names, *, item: bool) -> int | None:
    """The number of weights that a sentence of a card, as its reader sees it, states of its model; None for others.

    Its subject is "this model" or the model's own name: "It" may be what the sentence before speaks of.
    """
    listed = LISTED.fullmatch(sentence) if item else None
    if listed:
        return _times(listed["number"] or listed["figure"], listed["scale"] or listed["unit"])
    for pattern in OF_WEIGHTS if "param" in sentence else ():
        found = pattern.match(sentence[:LONGEST_OPENING])
        if found and is_own(found["subject"], names) and _names_a_model(found["subject"]):
            return _times(found["number"], found["scale"])
    return None


def _names_a_model(subject: str) -> bool:
    return re.search(r"\bmodel\b", subject, re.IGNORECASE) is not None or says_more(subject)


def _times(number: str, scale: str) -> int:
    return int(Decimal(number) * SCALES[scale.lower()])


def _of_sentence(sentence: str, locator: str, names: Names) -> Iterator[Fact]:
    for pattern in (*OF_WEIGHTS, OPEN, SUCCESSOR):
        found = pattern.match(sentence)
        if found is None or not is_own(found["subject"], names) or clean(found[0]) != found[0]:
            continue
        if pattern in OF_WEIGHTS:
            yield _count(found, found[0], locator)
        elif pattern is OPEN:
            yield Fact("open_weights", True, locator, found[0], "pattern")
        else:
            yield Fact("successor", found["successor"], locator, found[0], "pattern")


def _count(found: re.Match[str], quote: str, locator: str) -> Fact:
    return Fact(COUNT, _times(found["number"], found["scale"]), locator, quote, "pattern")
