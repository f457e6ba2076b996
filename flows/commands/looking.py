"""`passports status` and `passports show`."""

import sys
from typing import Any

import orjson

from flows import terminal
from flows.ages import Ages, SourceAge, ages_of, shown
from flows.commands.comparing import caution, show_changes
from flows.commands.verifying import moment
from flows.gatefile import gates_of
from flows.opened import TrustOptions, open_registry
from flows.reader import Reader
from flows.reading import passport_pairs
from flows.settings import read_settings
from flows.targets import unknown_slug
from flows.trusting import Trust
from pipelines.difference import differences

LONGEST_LISTING = 40
"""Passports that `status` names; `--json` names all."""
NAMED = ("slug", "source", "age", "status", "last_scraped_at", "hours_ago")
"""What `status` tells of a passport."""


def status(store_url: str | None, trusting: TrustOptions, at: str | None, *, as_json: bool) -> None:
    """Show the age of sources and passports; exit 1 when something must not be relied on, or readers refuse it all."""
    settings = read_settings(store=store_url)
    opened = open_registry(settings, trusting, moment(at))
    ages = ages_of(opened.reader, gates_of(settings), moment(at), watched=settings.sources)
    departed = [f"{opened.departure.verdict}: {opened.departure.reason}"] if opened.departure else []
    complaints = [*ages.stale, *ages.frozen, *departed]
    if as_json:
        _answer(ages, complaints, opened.trust)
    else:
        _show_ages(ages, complaints)
        if opened.trust.from_store:
            terminal.note(opened.trust.origin)
    if complaints:
        sys.exit(1)


def _answer(ages: Ages, complaints: list[str], trust: Trust) -> None:
    passports = [{name: record[name] for name in NAMED} for record in (p._asdict() for p in ages.passports)]
    terminal.document({
        "generation": ages.generation,
        "trusted": trust.origin,
        "trust": trust.basis,
        "sources": [source._asdict() for source in ages.sources],
        "ages": ages.counts,
        "passports": passports,
        "complaints": complaints,
    })  # fmt: skip


def _show_ages(ages: Ages, complaints: list[str]) -> None:
    terminal.rows([_coloured(source._asdict(), "age") for source in ages.sources], SourceAge._fields[:-1])
    listed = shown(ages.passports)
    if listed:
        terminal.OUT.print()
        records = [_coloured(_coloured(p._asdict(), "age"), "status") for p in listed[:LONGEST_LISTING]]
        terminal.rows(records, NAMED)
    summary = ", ".join(f"{count:,} {age}" for age, count in ages.counts.items())
    terminal.OUT.print(f"\n{len(ages.passports):,} passports in generation {ages.generation}: {summary}")
    if len(listed) > LONGEST_LISTING:
        terminal.note(f"{len(listed) - LONGEST_LISTING:,} more are not shown: --json names all")
    for complaint in complaints:
        terminal.note(complaint)


def show(
    slug: str, store_url: str | None, trusting: TrustOptions, *, generation: int | None = None, as_json: bool
) -> None:
    """Show a passport for reading, or as it is served; raise UnknownSlugError.

    Exit 1 where the registry does not go on from what was seen of it before.
    """
    opened = open_registry(read_settings(store=store_url), trusting, moment(None))
    caution(opened)
    reader = opened.reader if generation is None else opened.reader.at_generation(generation)
    row = reader.row(slug)
    if row is None:
        raise unknown_slug(slug, (row.slug for row in reader.rows()))
    document = orjson.loads(reader.passport(slug))
    if as_json:
        terminal.document(document)
    else:
        finding = opened.qualified(reader.check(slug))
        for title, pairs in passport_pairs(document["passport"], row, finding):
            terminal.pairs(pairs, title=title)
            terminal.OUT.print()
        _show_changes(reader, document["passport"], row.previous)
    if opened.departure:
        sys.exit(1)


def _show_changes(reader: Reader, passport: dict[str, Any], previous: str | None) -> None:
    if previous is None:
        return
    before = orjson.loads(reader.object(previous))["passport"]
    found = differences(before["unfragile"], passport["unfragile"])
    title = f"changed since the version signed at {before['signedAt']}"
    if not found:
        terminal.say(f"{title}: nothing of substance")
        return
    show_changes(found, title)


def _coloured(record: dict[str, object], name: str) -> dict[str, object]:
    return {**record, name: terminal.coloured(str(record[name]))}
