"""Reads what authors write for a licence or a language: the code that is surely meant, or none."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from pipelines.rules.declared import declared
from schemas.listing import Fact, Method

OTHER: Final = "other"
"""The Hub's id for a licence that it does not know; the card may name it."""

LONGEST_SPELLING: Final = 100
"""Most characters of a text that is read as a licence or a language."""

_PART: Final = re.compile(r"[a-z]+|[0-9]+(?:\.[0-9]+)*|\+\+")
_VERSION: Final = re.compile(r"v\.?\s?(?=[0-9])")
_NAME: Final = re.compile(r"[A-Za-z]{2}")
_TAG: Final = re.compile(r"([A-Za-z]{2,3})((?:[-_][A-Za-z0-9]{2,8})*)\Z")
_SCRIPT_LETTERS: Final = 4


@lru_cache(maxsize=4096)
def licence_id(text: str) -> str | None:
    """The Hub's id of the licence that is meant: "apache-2.0" for "Apache License, Version 2"; None where unsure."""
    table, written = declared().licence, text.strip().lower()
    if written in table.ids:
        return written
    key = _licence_key(written[:LONGEST_SPELLING])
    return _licences().get(key) if key else None


def licence_facts(value: str, locator: str, as_stated: str, method: Method) -> Iterator[Fact]:
    """The fact that a licence is stated, and one for each kind of restriction that it has."""
    yield Fact("licence", value, locator, as_stated, method)
    for kind in licence_kinds(value):
        yield Fact(f"licence_kind:{kind}", True, locator, as_stated, method)


@lru_cache(maxsize=4096)
def licence_kinds(value: str) -> tuple[str, ...]:
    """Kinds of restrictions of a licence, by its id or by words of its name; a name without such words is `custom`."""
    table = declared().licence
    if value in table.ids:
        return tuple(row.kind for row in table.kinds if value in row.ids)
    spaced = value.replace("_", " ")
    return tuple(row.kind for row in table.kinds if row.names.search(spaced)) or ("custom",)


def is_licence_name(text: str) -> bool:
    """Whether a text can be the name that a maker gives to a licence: it has words."""
    return _NAME.search(text) is not None and text.strip().lower() not in ("unknown", OTHER, "none", "n/a", "tbd")


@lru_cache(maxsize=4096)
def language_code(text: str) -> str | None:
    """The code of the language that is meant: "de" for "German" and "deu", "zh-TW" for "zh-tw"; None where unsure."""
    table, written = declared().language, " ".join(text.split())
    if len(written) > LONGEST_SPELLING:
        return None
    if code := table.names.get(written.lower()) or _languages().get(written.lower()):
        return code
    found = _TAG.match(written)
    if not found or found[1].lower() in table.rules.no_language:
        return None
    first = _languages().get(found[1].lower()) or (found[1].lower() if len(found[1]) > len("en") else None)
    rest = [part for part in re.split("[-_]", found[2]) if part]
    if not first or (rest and _is_second_language(written, rest[0])):
        return None
    return "-".join([first, *map(_subtag, rest)])


def _is_second_language(tag: str, part: str) -> bool:
    """Whether "en-de" may mean two languages: its second part is written as a language is, and is one."""
    return part.islower() and part in _languages() and tag.lower() not in declared().language.rules.countries


def _subtag(part: str) -> str:
    if len(part) == len("TW"):
        return part.upper()
    return part.title() if len(part) == _SCRIPT_LETTERS and part.isalpha() else part.lower()


@lru_cache(maxsize=1)
def _licences() -> dict[str, str]:
    table = declared().licence
    ids = {_licence_key(one): one for one in table.ids if one != OTHER}
    return ids | {_licence_key(words): one for words, one in table.spellings.items()}


def _licence_key(text: str) -> str:
    """The words and numbers of a text that say which licence it is, without a final ".0"."""
    table = declared().licence
    spaced = f" {' '.join(_PART.findall(_VERSION.sub(' ', text)))} "
    for words, part in sorted(table.words.items(), key=lambda pair: -len(pair[0])):
        spaced = spaced.replace(f" {words} ", f" {part} ")
    parts = [part for part in spaced.split() if part not in table.silent]
    return " ".join(part.removesuffix(".0") for part in parts)


@lru_cache(maxsize=1)
def _languages() -> dict[str, str]:
    """Codes of two and three letters, and names in lower case → code of two letters."""
    table = declared().language
    found = dict(zip(table.older[::2], table.older[1::2], strict=True))
    for line in table.known:
        two, three, name = line.split(" ", 2)
        found |= {two: two, three: two, name: two}
    return found
