"""Reads declared.toml: what authors write for licences and languages, and which code is meant."""

import re
import tomllib
from functools import lru_cache
from typing import Annotated

from pydantic import BeforeValidator, Field

from pipelines.rules.tables import table_text
from schemas.base import Frozen


def _words(text: object) -> object:
    return tuple(text.split()) if isinstance(text, str) else text


def _lines(text: object) -> object:
    return tuple(line for line in text.splitlines() if line) if isinstance(text, str) else text


def _pattern(text: object) -> object:
    return re.compile(text or r"(?!)", re.IGNORECASE) if isinstance(text, str) else text


Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
Lines = Annotated[tuple[str, ...], BeforeValidator(_lines)]
NamePattern = Annotated[re.Pattern[str], BeforeValidator(_pattern)]


class LicenceKind(Frozen):
    """A kind of licence that restricts the use."""

    kind: str
    ids: Words
    names: NamePattern
    """Words of the names that makers give to licences of this kind."""


class LicenceSpellings(Frozen):
    """How licences are written."""

    ids: Words
    silent: Words
    """Words that say nothing about which licence it is."""
    words: dict[str, str]
    """Other words for a part of an id; the longer ones count first."""
    spellings: dict[str, str]
    """Words that are left of a text → id."""
    kinds: tuple[LicenceKind, ...] = Field(alias="kind")


class NotLanguages(Frozen):
    """What is no language, and what is a country."""

    no_language: Words
    countries: Words


class LanguageSpellings(Frozen):
    """How languages are written."""

    known: Lines
    """Code of two letters, code of three, English name."""
    older: Words
    """Three letters of the older list, each followed by the code of two."""
    names: dict[str, str]
    rules: NotLanguages


class Declared(Frozen):
    """Contents of declared.toml."""

    version: str
    licence: LicenceSpellings
    language: LanguageSpellings


@lru_cache(maxsize=1)
def language_names() -> frozenset[str]:
    """The English names of languages that are one word, in small letters."""
    rows = (line.split() for line in declared().language.known)
    return frozenset(row[2] for row in rows if len(row) == len(("de", "deu", "german")))


@lru_cache(maxsize=1)
def declared() -> Declared:
    """Return the table, read once; raise pydantic.ValidationError that names the wrong row and field."""
    return Declared.model_validate(tomllib.loads(table_text("declared.toml")), strict=False)
