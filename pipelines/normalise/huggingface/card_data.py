"""Reads what an author declares in a card, as the Hub repeats it in a record (`cardData`): licence, languages, code.

It is the author's own text and can hold anything: what has not the expected type states nothing.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from pipelines.formats.record_reader import LONGEST_LINE
from pipelines.formats.text import unfit_for_line
from pipelines.normalise.huggingface.code_link import code_of
from schemas.listing import Fact

AT: Final = "/cardData"

OTHER_LICENCE: Final = "other"
"""The licence id for one that the Hub does not know; the card may name it."""

CODE_FIELDS: Final = ("repository", "repo_url", "repo", "github", "github_repo", "code")
"""Keys under which authors give the address of the code."""

LANGUAGE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_ ()-]{0,39}\Z")
"""A language's code or name."""

MOST_LANGUAGES: Final = 120
"""Most languages that are retained of one card; the longest recorded list has 101."""


def declared_licence(card: dict[str, Any]) -> Fact | None:
    """The first licence that is declared, by its name where the Hub has no id for it."""
    found = _words(card, "license")
    if found and found[0][0] == OTHER_LICENCE:
        found = _words(card, "license_name") or found
    return Fact("licence", found[0][0], found[0][1], found[0][0], "declared") if found else None


def declared_licences(card: dict[str, Any]) -> frozenset[str]:
    """All licences that are declared, in lower case: ids, and the name of one that has no id."""
    return frozenset(word.lower() for field in ("license", "license_name") for word, _ in _words(card, field))


def declared_languages(card: dict[str, Any]) -> list[Fact]:
    """The languages that are declared, in the order of their codes."""
    places = {word: place for word, place in reversed(_words(card, "language")) if LANGUAGE.match(word)}
    languages = sorted(places.items())[:MOST_LANGUAGES]
    return [Fact(f"language:{word}", True, place, word, "declared") for word, place in languages]


def declared_code(card: dict[str, Any], repository: str) -> tuple[str, ...]:
    """The code repository that is declared, where it surely is the model's own."""
    return code_of(repository, (link for field in CODE_FIELDS if isinstance(link := card.get(field), str)))


def is_word(text: str) -> bool:
    """Whether a text is not blank and fits in a line."""
    return 0 < len(text) <= LONGEST_LINE and not text.isspace() and not unfit_for_line(text)


def _words(card: dict[str, Any], field: str) -> list[tuple[str, str]]:
    """The words given for a field, alone or in a list, each with its locator."""
    return [(word, place) for word, place in _items(card.get(field), f"{AT}/{field}") if is_word(word)]


def _items(value: object, at: str) -> Iterator[tuple[str, str]]:
    items = enumerate(value) if isinstance(value, list) else [("", value)]
    for number, item in items:
        if isinstance(item, str):
            yield item, f"{at}/{number}".rstrip("/")
