"""`passports status` and `passports show`."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import orjson

from flows import terminal
from flows.commands.verifying import moment
from flows.gatefile import gates_of
from flows.reader import Reader
from flows.reading import passport_pairs, source_rows
from flows.settings import read_settings
from flows.store import open_store
from flows.targets import unknown_slug
from flows.trusting import trust_for
from pipelines.difference import differences
from pipelines.freshness import AGES, Age, age_of

LONGEST_LISTING = 40
"""Passports that `status` names; `--json` names all."""
LONGEST_CHANGE = 30
BAD_AGES: tuple[Age, ...] = ("expired", "stale")


def status(store_url: str | None, key_file: Path | None, at: str | None, *, as_json: bool) -> None:
    """Show the age of sources and passports; exit 1 when something is stale."""
    reader, now, gates = _open(store_url, key_file, at), moment(at), gates_of(read_settings())
    gate = gates["openrouter"]
    aged = [(age_of(row.status, row.last_scraped_at, gate, now), row) for row in reader.rows()]
    aged.sort(key=lambda pair: (AGES.index(pair[0]), pair[1].last_scraped_at, pair[1].slug))
    counts = Counter(age for age, _ in aged)
    records: list[dict[str, object]] = [
        {"slug": row.slug, "age": age, "status": row.status, "last_scraped_at": row.last_scraped_at}
        for age, row in aged
    ]
    sources = source_rows(reader.snapshot, gates, now)
    if as_json:
        answer = {"generation": reader.generation, "sources": sources, "ages": counts, "passports": records}
        terminal.document(answer)
    else:
        terminal.rows([_coloured(source, "age") for source in sources], sources[0].keys() if sources else ())
        shown = [record for record in records if record["age"] != "fresh" or record["status"] != "active"]
        if shown:
            terminal.OUT.print()
            terminal.rows([_coloured(_coloured(r, "age"), "status") for r in shown[:LONGEST_LISTING]], shown[0].keys())
        summary = ", ".join(f"{counts[age]:,} {age}" for age in AGES if counts[age])
        terminal.OUT.print(f"\n{len(records):,} passports in generation {reader.generation}: {summary}")
        if len(shown) > LONGEST_LISTING:
            terminal.note(f"{len(shown) - LONGEST_LISTING:,} more are not shown: --json names all")
    if any(counts[age] for age in BAD_AGES):
        sys.exit(1)


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
    records = [
        {"what": change.path, "from": _value(change.before), "to": _value(change.after)}
        for change in found[:LONGEST_CHANGE]
    ]
    terminal.rows(records, ("what", "from", "to"), title=title)
    if len(found) > LONGEST_CHANGE:
        terminal.note(f"{len(found) - LONGEST_CHANGE:,} more changes are not shown")


def _value(value: object) -> str:
    return "-" if value is None else value if isinstance(value, str) else json.dumps(value)


def _open(store_url: str | None, key_file: Path | None, at: str | None) -> Reader:
    settings = read_settings(store=store_url)
    store = open_store(settings.store)
    return Reader(store, trust_for(settings, store, key_file).keys, moment(at))


def _coloured(record: dict[str, object], name: str) -> dict[str, object]:
    return {**record, name: terminal.coloured(str(record[name]))}
