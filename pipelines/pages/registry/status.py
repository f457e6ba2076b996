"""The page of the registry's state: sources, runs, freshness, growth and announced ends."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from heapq import nsmallest
from typing import Final, NamedTuple

from pipelines.pages.site import Site
from pipelines.pages.summary import Summary
from pipelines.pages.templating import render
from pipelines.pages.words import QUOTE, line
from pipelines.registry.layout import page_key
from pipelines.views.charts import Layer, stacked_columns
from schemas.registry import Snapshot
from schemas.run import RunReport
from schemas.sources import ROLLS
from schemas.times import instant, timestamp

MOST_DAYS: Final = 14
MOST_ENDS: Final = 60
MOST_BARS: Final = 60
FEWEST_BARS: Final = 12
_SHADES: Final = 5
_STATUSES: Final = ("active", "deprecated", "delisted")


class Figures:
    """What the page counts over all passports."""

    def __init__(self) -> None:
        self.scraped: dict[str, Counter[str]] = defaultdict(Counter)
        """Source → day → passports whose record of it is of that day."""
        self.ends: list[tuple[str, str, str]] = []
        """Announced last day, name and slug, the first ones."""

    def add(self, summary: Summary) -> None:
        """Count a passport."""
        for source, day in summary.scraped.items():
            self.scraped[source][day] += 1
        if summary.ends and summary.status != "delisted":
            self.ends = nsmallest(MOST_ENDS, [*self.ends, (summary.ends, summary.name, summary.slug)])


class SourceLine(NamedTuple):
    """A source with the dates by which its lag is judged."""

    source: str
    listings: int
    scraped_at: str
    due_after: str
    stale_after: str


class RunLine(NamedTuple):
    """A run."""

    run: str
    key: str
    flow: str
    state: str
    started_at: str
    issued: str
    unchanged: int
    quarantined: int
    refused: list[str]
    """The first quarantined records, in words."""
    breaches: list[str]


class Cell(NamedTuple):
    """A cell of the heat map."""

    passports: int
    shade: int
    """0 for none, 1 to 5 the more passports there are."""


def status_page(
    site: Site, snapshot: Snapshot, history: Sequence[Snapshot], runs: Iterable[tuple[str, RunReport]], figures: Figures
) -> bytes:
    """Return the page; `history` is oldest first, `runs` are given as key and report, newest first."""
    bars = history[-MOST_BARS:]
    ahead = max(0, FEWEST_BARS - len(bars))  # of a young registry, so that one bar is no wall
    layers = [Layer([*(one.counts.get(status, 0) for one in bars), *[0] * ahead]) for status in _STATUSES]
    chart = stacked_columns([*(one.created_at[:10] for one in bars), *[""] * ahead], layers)
    days = sorted({day for counts in figures.scraped.values() for day in counts})[-MOST_DAYS:]
    values = {
        "site": site,
        "root": "./",
        "key": "status",
        "snapshot": snapshot,
        "sources": [_source(snapshot, index) for index in range(len(snapshot.sources))],
        "runs": [_run(key, report) for key, report in runs],
        "chart": chart,
        "statuses": _STATUSES,
        "history": list(reversed(bars)),
        "days": days,
        "heat": _heat(figures, days),
        "ends": [(day, name, page_key(slug)) for day, name, slug in figures.ends],
    }
    return render("status.html", values)


def _source(snapshot: Snapshot, index: int) -> SourceLine:
    ref = snapshot.sources[index]
    lifetime, scraped = snapshot.lifetimes.get(ref.source), instant(ref.last_scraped_at)
    due = timestamp(scraped + lifetime.refresh_after) if lifetime else ""
    stale = timestamp(scraped + lifetime.stale_after) if lifetime else ""
    name = f"{ref.source} (list of ids)" if ref.source in ROLLS.values() else ref.source
    return SourceLine(name, ref.listings, ref.last_scraped_at, due, stale)


def _run(key: str, report: RunReport) -> RunLine:
    issued = ", ".join(f"{count:,} {cause.replace('_', ' ')}" for cause, count in report.issued.items() if count)
    refused = [f"{one.source} {one.id}: {one.field} {one.reason}" for one in report.quarantined[:3]]
    return RunLine(
        report.run,
        key,
        report.flow,
        report.state,
        report.started_at,
        issued or "none",
        report.unchanged,
        len(report.quarantined),
        [line(text, QUOTE) for text in refused],
        [line(f"{one.source}: {one.reason}", QUOTE) for one in report.breaches],
    )


def _heat(figures: Figures, days: Sequence[str]) -> list[tuple[str, list[Cell]]]:
    most = max((count for counts in figures.scraped.values() for count in counts.values()), default=1)
    return [
        (source, [Cell(counts[day], -(-counts[day] * _SHADES // most)) for day in days])
        for source, counts in sorted(figures.scraped.items())
    ]
