"""`passports show`."""

import sys
from typing import Any

import orjson

from flows.audit.opened import TrustOptions, open_registry
from flows.commands import terminal
from flows.commands.diff import caution, show_changes
from flows.commands.options import moment
from flows.config.settings import read_settings
from flows.registry.reader import Reader
from flows.registry.unknown_slug import row_named
from pipelines.passport.changes import changes_between
from pipelines.views.passport import passport_pairs
from schemas.verdict import Verdict


def show(
    slug: str, store_url: str | None, trusting: TrustOptions, *, generation: int | None = None, as_json: bool
) -> None:
    """Show a passport for reading, or with `as_json` as it is served; raise UnknownSlugError.

    Exit 1 where it must not be relied on, or where the generation served does not follow the one seen before.
    """
    opened = open_registry(read_settings(store=store_url), trusting, moment(None))
    caution(opened)
    reader = opened.reader if generation is None else opened.reader.at_generation(generation)
    row = row_named(reader, slug)
    document = orjson.loads(reader.passport(row.slug))
    finding = opened.qualified(reader.check(row.slug))
    if as_json:
        terminal.document(document)
    else:
        for title, pairs in passport_pairs(document["passport"], row, finding):
            terminal.pairs(pairs, title=title)
            terminal.OUT.print()
        _show_changes(reader, document["passport"], row.previous)
    if not finding.verdict.good and finding.verdict is not Verdict.UNPINNED:
        sys.exit(1)


def _show_changes(reader: Reader, passport: dict[str, Any], previous: str | None) -> None:
    if previous is None:
        return
    before = orjson.loads(reader.object(previous))["passport"]
    found = changes_between(before["unfragile"], passport["unfragile"])
    title = f"changed since the version signed at {before['signedAt']}"
    if not found:
        terminal.say(f"{title}: nothing of substance")
        return
    show_changes(found, title)
