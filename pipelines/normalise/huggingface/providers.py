"""Reads who runs a repository's model through the Hub, from its record (`inferenceProviderMapping`)."""

import re
from typing import Any, Final, NamedTuple

from pipelines.formats.record_reader import FieldError, RecordReader, shown
from schemas.listing import Provider

FIELD: Final = "inferenceProviderMapping"

LIVE: Final = "live"
STATUSES: Final = (LIVE, "staging")
"""The Hub's words for a provider's status; "staging" is one that tests the model, and takes no callers."""

MOST_PROVIDERS: Final = 50
"""Most providers that are retained of one record; the Hub works with some twenty."""

OF_A_FILTER: Final = "tag-filter"
"""Type of an entry that is for a whole class of models and states nothing about this one."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


UNNAMED: Final = "?"
"""The provider of an unreadable entry that gives no usable name."""


class InferenceProviders(NamedTuple):
    """Who runs a model now, and what was not understood: unknown statuses, and entries that cannot be read."""

    providers: tuple[Provider, ...]
    unfamiliar: tuple[str, ...]


class _Entry(NamedTuple):
    """One entry as it came, with the key that it has in an object; None in a list, where the provider is a field."""

    name: str | None
    fields: Any
    at: str


def read_providers(mapping: object) -> InferenceProviders:
    """The providers that run the model now, by name; an entry that cannot be read is reported, and the rest counts.

    Raises FieldError where the mapping is neither an object nor a list.
    """
    read, odd = [], set()
    for entry in _entries(mapping):
        try:
            read.append(_status_and_provider(entry))
        except FieldError as error:
            odd.add(f"provider_entry:{_called(entry)}{error.pointer.removeprefix(entry.at)}")
    live = sorted((provider for status, provider in read if status == LIVE), key=lambda one: (one.name, one.tag))
    other = sorted({status for status, _ in read}.difference(STATUSES))
    return InferenceProviders(
        tuple(live[:MOST_PROVIDERS]),
        (*(f"provider_status:{status}" for status in other), *sorted(odd)[:MOST_PROVIDERS]),
    )


def _entries(mapping: Any) -> list[_Entry]:  # noqa: ANN401 - JSON can be anything
    """Entries of either form: a single record has an object by name, the Hub's list has a list in each record."""
    if mapping is not None and not isinstance(mapping, dict | list):
        raise FieldError(f"/{FIELD}", f"is {shown(mapping)}, not an object or a list of providers")
    if isinstance(mapping, list):
        entries = [_Entry(None, fields, f"/{FIELD}/{place}") for place, fields in enumerate(mapping)]
    else:
        named = mapping or {}
        entries = [_Entry(name, fields, RecordReader(named, f"/{FIELD}").place(name)) for name, fields in named.items()]
    return [one for one in entries if not (isinstance(one.fields, dict) and one.fields.get("type") == OF_A_FILTER)]


def _called(entry: _Entry) -> str:
    name = entry.fields.get("provider") if entry.name is None and isinstance(entry.fields, dict) else entry.name
    return name if isinstance(name, str) and _NAME.fullmatch(name) else UNNAMED


def _status_and_provider(entry: _Entry) -> tuple[str, Provider]:
    if not isinstance(entry.fields, dict):
        raise FieldError(entry.at, f"is {shown(entry.fields)}, not an object")
    fields = RecordReader(dict(entry.fields), entry.at)
    return fields.line("status"), _provider(entry.name, fields)


def _provider(name: str | None, entry: RecordReader) -> Provider:
    """Read one entry. Where the name is its key, evidence points to its status: the pointer then has the name."""
    inside = entry.line("provider") if name is None else None
    called = name or inside or ""
    if not _NAME.fullmatch(called):
        raise FieldError(entry.at, f"is named {called[:80]!r}, not by letters, digits, '.', '_' and '-'")
    return Provider(
        name=called,
        named_in="provider" if inside else "status",
        name_as_stated=inside or LIVE,
        tag=entry.line("providerId"),
        status="up",
        status_as_stated=LIVE,
        quantization=None,
        context_tokens=None,
        max_output_tokens=None,
        uptime_percent=None,
        uptime_as_stated=None,
        prices=(),
        locator=entry.at,
    )
