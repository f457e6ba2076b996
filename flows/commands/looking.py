"""`passports status` and `passports show`."""

import sys
from pathlib import Path
from typing import Any

import orjson

from flows import terminal
from flows.ages import Ages, SourceAge, ages_of, shown
from flows.commands.comparing import show_changes
from flows.commands.verifying import moment
from flows.gatefile import gates_of
from flows.reader import Reader
from flows.reading import passport_pairs
from flows.settings import read_settings
from flows.store import open_store
from flows.targets import unknown_slug
from flows.trusting import trust_for
from pipelines.difference import differences

LONGEST_LISTING = 40
"""Passports that `status` names; `--json` names all."""
NAMED = ("slug", "source", "age", "status", "last_scraped_at", "hours_ago")
"""What `status` tells of a passport."""


def status(store_url: str | None, key_file: Path | None, at: str | None, *, as_json: bool) -> None:
    """Show the age of sources and passports; exit 1 when something must not be relied on, or readers refuse it all."""
    settings = read_settings()
    ages = ages_of(_open(store_url, key_file, at), gates_of(settings), moment(at), watched=settings.sources)
    (_answer if as_json else _show_ages)(ages)
    if ages.stale or ages.frozen:
        sys.exit(1)


def _answer(ages: Ages) -> None:
    passports = [{name: record[name] for name in NAMED} for record in (p._asdict() for p in ages.passports)]
    terminal.document({
        "generation": ages.generation,
        "sources": [source._asdict() for source in ages.sources],
        "ages": ages.counts,
        "passports": passports,
        "complaints": [*ages.stale, *ages.frozen],
    })  # fmt: skip


def _show_ages(ages: Ages) -> None:
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
    for complaint in (*ages.stale, *ages.frozen):
        terminal.note(complaint)


def show(
    slug: str, store_url: str | None, key_file: Path | None, *, generation: int | None = None, as_json: bool
) -> None:
    """Show a passport for reading, or as it is served; raise UnknownSlugError."""
    reader = _open(store_url, key_file, None)
    reader = reader if generation is None else reader.at_generation(generation)
    row = reader.row(slug)
    if row is None:
        raise unknown_slug(slug, (row.slug for row in reader.rows()))
    raw = reader.passport(slug)
    if as_json:
        terminal.document(orjson.loads(raw))
        return
    passport = orjson.loads(raw)["passport"]
    finding = reader.check(slug)
    for title, pairs in passport_pairs(passport, row, finding):
        terminal.pairs(pairs, title=title)
        terminal.OUT.print()
    _show_changes(reader, passport, row.previous)


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


def _open(store_url: str | None, key_file: Path | None, at: str | None) -> Reader:
    settings = read_settings(store=store_url)
    store = open_store(settings.store)
    return Reader(store, trust_for(settings, store, key_file).keys, moment(at))


def _coloured(record: dict[str, object], name: str) -> dict[str, object]:
    return {**record, name: terminal.coloured(str(record[name]))}
