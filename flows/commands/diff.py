"""`passports diff`."""

import sys
from collections.abc import Sequence

from flows.audit.opened import Opened, TrustOptions, open_registry
from flows.commands import terminal
from flows.commands.options import moment
from flows.config.settings import read_settings
from flows.registry.history import VersionStep, steps
from flows.registry.unknown_slug import row_named
from pipelines.formats.text import amount
from pipelines.passport.changes import ValueChange
from pipelines.views.changes import in_words

MOST_SHOWN = 40
"""Most changes of one version that are shown; `diff --json` has all."""


def diff(slug: str, store_url: str | None, trusting: TrustOptions, *, as_json: bool) -> None:
    """Show the versions of a passport, newest first: when, why, and what changed; raise UnknownSlugError.

    Exit 1 where the generation served does not follow the one seen before.
    """
    opened = open_registry(read_settings(store=store_url), trusting, moment(None))
    caution(opened)
    reader = opened.reader
    slug = row_named(reader, slug).slug
    found = list(steps(reader, slug))
    if as_json:
        terminal.document({"slug": slug, "versions": [_record(step) for step in found]})
    else:
        for step in found:
            _show(step)
    if opened.departure:
        sys.exit(1)


def caution(opened: Opened) -> None:
    """Print, beside an answer, why not to rely on it: a rollback, or a key that only the registry vouches for."""
    if opened.departure:
        terminal.error(f"{opened.departure.verdict}: {opened.departure.reason}")
    elif opened.trust.from_store:
        terminal.note(opened.trust.origin)


def _record(step: VersionStep) -> dict[str, object]:
    row = step.version.row
    return {
        "generation": row.generation,
        "signed_at": step.version.passport["signedAt"],
        "cause": row.cause,
        "object": row.object,
        "changes": None if step.changes is None else [change._asdict() for change in step.changes],
    }


def _show(step: VersionStep) -> None:
    row, passport = step.version.row, step.version.passport
    title = f"generation {row.generation}, signed at {passport['signedAt']}: {row.cause.replace('_', ' ')}"
    if step.changes is None:
        first = row.cause == "first_seen"
        terminal.say(f"{title}{'' if first else '; the version before it is no longer stored'}")
    elif not step.changes:
        terminal.say(f"{title}; nothing of substance changed")
    else:
        show_changes(step.changes, title)
    terminal.OUT.print()


def show_changes(changes: Sequence[ValueChange], title: str) -> None:
    """Show the first MOST_SHOWN changes from one version to the next."""
    terminal.say(title)
    for change in changes[:MOST_SHOWN]:
        terminal.say(f"  {in_words(change)}")
    if len(changes) > MOST_SHOWN:
        left = amount(len(changes) - MOST_SHOWN, "more change")
        terminal.note(f"and {left}: `passports diff --json` shows all")
