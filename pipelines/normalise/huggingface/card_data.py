"""Reads what an author declares in a card, as the Hub repeats it in a record (`cardData`): licence, languages, code.

It is the author's own text and can hold anything: what has not the expected type states nothing.
"""

from collections.abc import Iterator
from typing import Any, Final

from pipelines.formats.record_reader import LONGEST_LINE
from pipelines.formats.text import unfit_for_line
from pipelines.markdown.front_matter import LICENCE_KEYS
from pipelines.normalise.huggingface.code_link import code_of
from pipelines.normalise.huggingface.spellings import OTHER, is_licence_name, language_code, licence_facts, licence_id
from pipelines.normalise.huggingface.stated_licence import UNCLEAR
from pipelines.normalise.huggingface.tags import REPOSITORY
from schemas.listing import Fact

AT: Final = "/cardData"

CODE_FIELDS: Final = ("repository", "repo_url", "repo", "github", "github_repo", "code")
"""Keys under which authors give the address of the code."""

NEW_VERSION: Final = "new_version"
"""The Hub's documented key for a newer version of the model."""

MOST_LANGUAGES: Final = 120
"""Most languages that are retained of one card; the longest recorded list has 101."""


def declared_licence(card: dict[str, Any]) -> list[Fact]:
    """Facts of the first licence that is declared, by its name where the Hub has no id; or what is no licence."""
    found = next((words for key in LICENCE_KEYS if (words := _words(card, key))), [])
    if not found:
        return []
    declared, place = found[0]
    value = licence_id(declared)
    named = next((pair for pair in _words(card, "license_name") if is_licence_name(pair[0])), None)
    if value == OTHER and named:
        (declared, place), value = named, named[0]
    stated = Fact(UNCLEAR, declared, place, declared, "declared")
    return list(licence_facts(value, place, declared, "declared")) if value else [stated]


def declared_licences(card: dict[str, Any]) -> frozenset[str]:
    """All licences that are declared, in lower case: ids, and the name of one that has no id."""
    words = [word for key in (*LICENCE_KEYS, "license_name") for word, _ in _words(card, key)]
    return frozenset((licence_id(word) or word).lower() for word in words)


def declared_languages(card: dict[str, Any]) -> list[Fact]:
    """The languages that are declared, in the order of their codes; or the first word, where none is a language."""
    words = _words(card, "language") or _words(card, "languages")
    coded = {code: pair for pair in reversed(words) if (code := language_code(pair[0]))}
    if words and not coded:
        return [Fact("languages_stated", words[0][0], words[0][1], words[0][0], "declared")]
    languages = sorted(coded.items())[:MOST_LANGUAGES]
    return [Fact(f"language:{code}", True, place, word, "declared") for code, (word, place) in languages]


def declared_code(card: dict[str, Any], repository: str) -> tuple[str, ...]:
    """The code repository that is declared, where it surely is the model's own."""
    return code_of(repository, (link for field in CODE_FIELDS if isinstance(link := card.get(field), str)))


def declared_successor(card: dict[str, Any], repository: str) -> list[Fact]:
    """The repository that is declared to be the newer version of this one."""
    words = [(word, place) for word, place in _words(card, NEW_VERSION) if REPOSITORY.match(word)]
    return [Fact("successor", word, place, word, "declared") for word, place in words[:1] if word != repository]


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
