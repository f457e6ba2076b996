"""`passports status`: how old every source and passport is."""

import sys

from flows.audit.opened import TrustOptions, open_registry
from flows.commands import terminal
from flows.commands.options import moment
from flows.config.settings import gates_of, read_settings
from flows.trust.trusted_keys import TrustedKeys
from pipelines.formats.text import amount
from pipelines.views.ages import Ages, Generation, ages_of, shown

LONGEST_LISTING = 40
"""Most passports that `status` names; `--json` names all."""
SOURCE_COLUMNS = {
    "source": "source", "age": "age", "last crawl": "last_scraped_at", "h ago": "hours_ago", "due h": "refresh_after_h",
    "stale h": "stale_after_h", "listings": "listings",
}  # fmt: skip
PASSPORT_COLUMNS = {"slug": "slug", "age": "age", "status": "status", "h ago": "hours_ago"}
"""Column → field of a SourceAge or PassportAge."""
NAMED = ("slug", "source", "age", "status", "last_scraped_at", "hours_ago")
"""Fields of a passport that `status --json` has."""


def status(store_url: str | None, trusting: TrustOptions, at: str | None, *, as_json: bool) -> None:
    """Show the age of sources and passports; exit 1 when something is stale, the pointer expired or was rolled back."""
    settings = read_settings(store=store_url)
    opened = open_registry(settings, trusting, moment(at))
    reader = opened.reader
    served = Generation(reader.pointer, reader.snapshot, reader.rows())
    ages = ages_of(served, gates_of(settings), moment(at), watched=settings.sources)
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


def _answer(ages: Ages, complaints: list[str], trust: TrustedKeys) -> None:
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
    terminal.rows([_row(source._asdict(), SOURCE_COLUMNS) for source in ages.sources], SOURCE_COLUMNS)
    listed = shown(ages.passports)
    if listed:
        terminal.OUT.print()
        records = [_row(p._asdict(), PASSPORT_COLUMNS) for p in listed[:LONGEST_LISTING]]
        terminal.rows(records, PASSPORT_COLUMNS)
    summary = ", ".join(f"{count:,} {age}" for age, count in ages.counts.items())
    terminal.OUT.print(f"\n{amount(len(ages.passports), 'passport')} in generation {ages.generation}: {summary}")
    if len(listed) > LONGEST_LISTING:
        terminal.note(f"{len(listed) - LONGEST_LISTING:,} more are not shown: --json shows all")
    for complaint in complaints:
        terminal.note(complaint)


def _row(record: dict[str, object], columns: dict[str, str]) -> dict[str, object]:
    """Return what the columns show of a record, short enough for 80 columns."""
    return {column: _short(field, record[field]) for column, field in columns.items()}


def _short(field: str, value: object) -> object:
    if field in {"age", "status"}:
        return terminal.coloured(str(value))
    if field == "last_scraped_at":
        return str(value)[:16].replace("T", " ")
    return f"{value:,.0f}" if isinstance(value, float | int) else value
