"""Who runs a repository's model through the Hub, as its record says (`inferenceProviderMapping`)."""

import re
from typing import Any, Final, NamedTuple

from pipelines.formats.record_reader import FieldError, RecordReader, shown
from schemas.listing import Provider

FIELD: Final = "inferenceProviderMapping"

LIVE: Final = "live"
STATUSES: Final = (LIVE, "staging")
"""Words of the Hub; what is staging is being tried by its provider, and not for callers."""

MOST_PROVIDERS: Final = 50
"""That are kept of one record; the Hub works with some twenty."""

OF_A_FILTER: Final = "tag-filter"
"""Kind of an entry that stands for a whole class of models and says nothing of this one."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


UNNAMED: Final = "?"
"""Who an odd entry is of, where it gives no name that could be one."""


class InferenceProviders(NamedTuple):
    """Who runs a model now, and what is not known: words for a status, and entries that cannot be read."""

    providers: tuple[Provider, ...]
    unfamiliar: tuple[str, ...]


class _Entry(NamedTuple):
    """One entry as it stands, with the name that it lies under; the Hub's list names it inside."""

    name: str | None
    fields: Any
    at: str


def read_providers(mapping: object) -> InferenceProviders:
    """Read who runs it now, in the order of their names; an entry that cannot be read is named, and the rest kept.

    Raise FieldError where there are no entries at all: it is neither an object nor a list.
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
    """Entries of either shape: an object has them by name, a list is what the Hub's own list gives each record."""
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
    """Read one entry; where it lies under its name, the pointer says the name and the status stands at it."""
    inside = entry.line("provider") if name is None else None
    called = name or inside or ""
    if not _NAME.fullmatch(called):
        raise FieldError(entry.at, f"is named {called[:80]!r}, not by letters, digits, '.', '_' and '-'")
    return Provider(
        name=called,
        named_in="provider" if inside else "status",
        name_said=inside or LIVE,
        tag=entry.line("providerId"),
        status="up",
        status_said=LIVE,
        quantization=None,
        context_tokens=None,
        max_output_tokens=None,
        uptime_percent=None,
        uptime_said=None,
        prices=(),
        locator=entry.at,
    )
