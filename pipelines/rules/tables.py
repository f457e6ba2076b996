"""Texts of the tables of rules: those beside the code, or others that a process is given before it reads any."""

import tomllib
from functools import lru_cache
from importlib import resources
from typing import Any

import orjson

from pipelines.errors import PipelineError
from pipelines.formats.canonical_json import canonical

TABLES = (
    "capabilities.toml", "failure_modes.toml", "issuing.toml", "cards.toml", "languages.toml", "descriptions.toml",
    "precedence.toml", "purposes.toml", "declared.toml", "instructions.toml", "clauses.toml",
)  # fmt: skip
"""Every table that decides what a passport states."""
ADDED = ("instructions.toml", "clauses.toml")
"""Tables that rules of former versions do not have: they are empty there."""


class RulesError(PipelineError):
    """Raised for tables of rules that this version of the pipeline cannot read, or that come too late."""


def table_text(name: str) -> str:
    """Return the TOML text of one table of rules."""
    return _texts()[name]


def read_table(name: str) -> dict[str, Any]:
    """Return one table of rules, as its TOML is read."""
    return tomllib.loads(table_text(name))


def rules_document() -> bytes:
    """All tables in one file, an object from name to text in canonical JSON, as it is hashed and stored."""
    return canonical({name: table_text(name) for name in TABLES})


def use_tables(document: bytes) -> None:
    """Use these tables in this process, before any is read; raise RulesError afterwards, or for a bad document.

    They are given as `rules_document` writes them. What is made from tables that were read is cached in many places.
    """
    if _texts.cache_info().currsize:
        raise RulesError("this process has read its rules already: read other rules in a separate process")
    try:
        given = {**dict.fromkeys(ADDED, ""), **orjson.loads(document)}
        _GIVEN.update({name: str(given[name]) for name in TABLES})
    except (ValueError, KeyError, TypeError) as error:
        raise RulesError(f"the rules cannot be read by this version: {error}") from error


_GIVEN: dict[str, str] = {}


@lru_cache(maxsize=1)
def _texts() -> dict[str, str]:
    folder = resources.files("pipelines").joinpath("rules")
    return dict(_GIVEN) or {name: folder.joinpath(name).read_text(encoding="utf-8") for name in TABLES}
