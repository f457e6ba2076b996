"""Who runs a repository's model through the Hub, as its record says (`inferenceProviderMapping`)."""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from pipelines.record import FieldError, Record, shown
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


class Served(NamedTuple):
    """Who runs a model now, and words for a status that are not known."""

    providers: tuple[Provider, ...]
    unfamiliar: tuple[str, ...]


def read_providers(mapping: object) -> Served:
    """Read who runs it now, in the order of their names; raise FieldError naming the entry that cannot be read."""
    read = [(entry.line("status"), _provider(name, entry)) for name, entry in _entries(mapping)]
    live = sorted((provider for status, provider in read if status == LIVE), key=lambda one: (one.name, one.tag))
    other = sorted({status for status, _ in read}.difference(STATUSES))
    return Served(tuple(live[:MOST_PROVIDERS]), tuple(f"provider_status:{status}" for status in other))


def _entries(mapping: Any) -> Iterator[tuple[str | None, Record]]:  # noqa: ANN401 - JSON can be anything
    """Entries with the names that they lie under; the Hub's list gives each record a list, which names them inside."""
    if mapping is not None and not isinstance(mapping, dict | list):
        raise FieldError(f"/{FIELD}", f"is {shown(mapping)}, not an object or a list of providers")
    whole = Record({FIELD: mapping or {}})
    if isinstance(mapping, list) and mapping:
        entries: list[tuple[str | None, Record]] = [(None, entry) for entry in whole.nested_list(FIELD)]
    else:
        named = whole.nested(FIELD)
        entries = [(name, named.nested(name)) for name in named.names()]
    yield from ((name, entry) for name, entry in entries if entry.peek("type") != OF_A_FILTER)


def _provider(name: str | None, entry: Record) -> Provider:
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
