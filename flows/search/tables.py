"""Tables of the search index, made from the models of `schemas.search`."""

import types
from functools import cache
from typing import Final, Literal, get_args, get_origin

from schemas.base import Frozen
from schemas.search import (
    IndexedCapability,
    IndexedEvidence,
    IndexedFailureMode,
    IndexedModality,
    IndexedPassport,
    IndexedProvider,
    IndexedPurpose,
    IndexedRecord,
    SearchText,
)

APPLICATION_ID: Final = 0x70617373
"""Marks the file as a search index of ours ("pass"), so that another SQLite file is refused."""

FORMAT: Final = 1
"""Version of the tables, which is part of the digest by which an index is found to be the same."""

TABLES: Final[dict[str, type[Frozen]]] = {
    "passports": IndexedPassport,
    "capabilities": IndexedCapability,
    "purposes": IndexedPurpose,
    "failure_modes": IndexedFailureMode,
    "modalities": IndexedModality,
    "providers": IndexedProvider,
    "records": IndexedRecord,
    "evidence": IndexedEvidence,
}
"""Name of each table → the model of its rows."""

TABLE_OF: Final = {model: name for name, model in TABLES.items()}

WORDS: Final = "passport_words"
"""The FTS5 table. Its rowid is that of the row of `passports`; it stores no text of its own."""

INDEXES: Final = (
    "CREATE UNIQUE INDEX passports_slug ON passports (slug)",
    "CREATE INDEX capabilities_uri ON capabilities (uri, slug)",
    "CREATE INDEX capabilities_slug ON capabilities (slug)",
    "CREATE INDEX purposes_uri ON purposes (uri, slug)",
    "CREATE INDEX purposes_slug ON purposes (slug)",
    "CREATE INDEX failure_modes_slug ON failure_modes (slug)",
    "CREATE INDEX modalities_slug ON modalities (slug)",
    "CREATE INDEX providers_slug ON providers (slug)",
    "CREATE UNIQUE INDEX records_id ON records (id)",
    "CREATE INDEX records_slug ON records (slug)",
    "CREATE INDEX evidence_record ON evidence (record)",
)

_TYPES: Final = {str: "TEXT", int: "INTEGER", bool: "INTEGER", float: "REAL"}


def statements() -> list[str]:
    """Return the statements that make the empty tables."""
    tables = [f"CREATE TABLE {name} ({', '.join(_columns(model))})" for name, model in TABLES.items()]
    words = ", ".join(SearchText.model_fields)
    options = "content='', prefix='2 3', tokenize='unicode61 remove_diacritics 2'"
    return [*tables, f"CREATE VIRTUAL TABLE {WORDS} USING fts5({words}, {options})"]


@cache
def insertion(table: str) -> str:
    """Return the statement that adds a row to a table."""
    places = ", ".join("?" for _ in TABLES[table].model_fields)
    return f"INSERT INTO {table} VALUES ({places})"  # nosec B608  # noqa: S608 - a table of ours


def _columns(model: type[Frozen]) -> list[str]:
    return [f"{name} {_sql_type(field.annotation)}" for name, field in model.model_fields.items()]


def _sql_type(annotation: object) -> str:
    """Return the SQL type of a column, which is not null unless the model allows None."""
    options = get_args(annotation) if get_origin(annotation) is types.UnionType else (annotation,)
    plain = next(option for option in options if option is not type(None))
    kind = str if get_origin(plain) is Literal else plain
    return _TYPES[kind] if type(None) in options else f"{_TYPES[kind]} NOT NULL"
