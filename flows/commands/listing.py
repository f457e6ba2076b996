"""`passports list`."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, get_args

from flows.audit.opened import TrustOptions, open_registry
from flows.commands import terminal
from flows.commands.diff import caution
from flows.commands.options import COLUMNS, moment
from flows.config.settings import gates_of, read_settings
from flows.errors import SettingsError
from pipelines.formats.text import amount
from pipelines.rules.gates import Gates
from pipelines.views.ages import age_of_row, source_of
from schemas.registry import ShardRow, Status
from schemas.sources import HUB, SELLER
from schemas.verdict import Age

DATES = ("first_seen", "last_seen", "last_scraped_at", "last_changed")
"""Columns of dates."""

Record = dict[str, str | int]
"""Column → value, of one passport."""


class RowQuery(NamedTuple):
    """Which passports to list, in which order, and what of them to show."""

    words: tuple[str, ...]
    """In slug or listing's id, in any case of letters; all of them."""
    statuses: tuple[str, ...]
    """One of these; empty for any."""
    ages: tuple[str, ...]
    sources: tuple[str, ...]
    sort: str
    """A column, with "-" before it for the descending order."""
    columns: str
    """Columns, separated by commas."""
    limit: int | None

    def fits(self, record: Record) -> bool:
        """Whether a passport is wanted."""
        text = f"{record['slug']} {record['listing_id']}".lower()
        chosen = ((self.statuses, "status"), (self.ages, "age"), (self.sources, "source"))
        return all(word.lower() in text for word in self.words) and all(
            record[column] in values for values, column in chosen if values
        )


def list_passports(
    wanted: RowQuery, store_url: str | None, trusting: TrustOptions, at: str | None, *, as_json: bool
) -> None:
    """List the passports that a store serves; raise SettingsError for a column that there is none of."""
    columns = _known("--columns", (name.strip() for name in wanted.columns.split(",")), COLUMNS)
    [order] = _known("--sort", [wanted.sort.removeprefix("-")], COLUMNS)
    _known("--status", wanted.statuses, get_args(Status))
    _known("--age", wanted.ages, get_args(Age))
    _known("--source", wanted.sources, (SELLER, HUB))
    settings, now = read_settings(store=store_url), moment(at)
    opened = open_registry(settings, trusting, now)
    caution(opened)
    records = list(_records(opened.reader.rows(), gates_of(settings), now))
    found = [record for record in records if wanted.fits(record)]
    found.sort(key=lambda record: (record[order], record["slug"]), reverse=wanted.sort.startswith("-"))
    shown = found[: wanted.limit]
    if as_json:
        terminal.document(
            {
                "generation": opened.reader.generation,
                "trusted": opened.trust.origin,
                "trust": opened.trust.basis,
                "of": len(records),
                "found": len(found),
                "passports": shown,
            }
        )
        return
    if shown:
        terminal.rows(({name: _short(name, record[name]) for name in columns} for record in shown), columns)
    terminal.note(f"{len(shown):,} shown, {len(found):,} found, of {amount(len(records), 'passport')}")


def _records(rows: Iterable[ShardRow], gates: Gates, at: datetime) -> Iterable[Record]:
    """Yield the columns of each row."""
    for row in rows:
        made = {"age": age_of_row(row, gates, at), "source": source_of(row)}
        yield {name: made[name] if name in made else getattr(row, name) for name in COLUMNS}


def _short(column: str, value: str | int) -> object:
    """Return what people are shown of a value: a date to the minute; --json has all of it."""
    if column in {"age", "status"}:
        return terminal.coloured(str(value))
    return str(value)[:16].replace("T", " ") if column in DATES else value


def _known(option: str, given: Iterable[str], known: tuple[str, ...]) -> list[str]:
    """Return the values given to an option; raise SettingsError for one that is not known."""
    found = list(given)
    if unknown := [value for value in found if value not in known]:
        raise SettingsError(f"{option}: there is no {unknown[0][:100]!r}; choose from {', '.join(known)}")
    return found
