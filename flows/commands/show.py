"""`passports show`."""

import sys
from typing import Any, Literal

import orjson

from flows.audit.opened import TrustOptions, open_registry
from flows.commands import terminal
from flows.commands.diff import caution, show_changes
from flows.commands.options import moment
from flows.config.settings import read_settings
from flows.registry.log import RegistryLog
from flows.registry.reader import Reader
from flows.registry.unknown_slug import row_named
from pipelines.passport.changes import changes_between
from pipelines.views.brief.differences import changed_part
from pipelines.views.brief.layout import laid_out
from pipelines.views.brief.summary import brief, foot
from pipelines.views.passport import passport_pairs
from schemas.registry import ShardRow
from schemas.verdict import Finding, Verdict

Json = dict[str, Any]
Form = Literal["brief", "evidence", "json"]


def show(
    slug: str,
    store_url: str | None,
    trusting: TrustOptions,
    *,
    generation: int | None,
    form: Form,
) -> None:
    """Show a passport: "brief" on two screens, "evidence" all of it, "json" as it is served.

    Raises UnknownSlugError.

    Exit 1 where it must not be relied on, or where the generation served does not follow the one seen before.
    """
    opened = open_registry(read_settings(store=store_url), trusting, moment(None))
    caution(opened)
    reader = opened.reader if generation is None else opened.reader.at_generation(generation)
    row = row_named(reader, slug)
    document = orjson.loads(reader.passport(row.slug))
    finding = opened.qualified(RegistryLog(reader).check(row.slug))
    if form == "json":
        terminal.document(document)
    else:
        shown = _show_all if form == "evidence" else _show_brief
        shown(document["passport"], row, finding, _before(reader, row.previous))
    if not finding.verdict.good and finding.verdict is not Verdict.UNPINNED:
        sys.exit(1)


def _before(reader: Reader, previous: str | None) -> Json | None:
    """The version before this one; None for the first."""
    if previous is None:
        return None
    before: Json = orjson.loads(reader.object(previous))["passport"]
    return before


def _show_brief(passport: Json, row: ShardRow, finding: Finding, before: Json | None) -> None:
    parts = [*brief(passport, row, finding)]
    if before is not None:
        changes = changes_between(before["unfragile"], passport["unfragile"])
        parts.append(changed_part(changes, before["signedAt"], row.slug))
    terminal.lines(laid_out(parts, terminal.reading_width()))
    terminal.OUT.print()
    terminal.say(foot(passport["unfragile"], terminal.reading_width()))


def _show_all(passport: Json, row: ShardRow, finding: Finding, before: Json | None) -> None:
    for title, pairs in passport_pairs(passport, row, finding):
        terminal.pairs(pairs, title=title)
        terminal.OUT.print()
    if before is None:
        return
    found = changes_between(before["unfragile"], passport["unfragile"])
    title = f"changed since the version signed at {before['signedAt']}"
    if not found:
        terminal.say(f"{title}: nothing of substance")
        return
    show_changes(found, title)
