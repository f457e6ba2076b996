"""Summarises a run in a few lines, for a terminal and for Prefect's pages alike."""

import re
from collections import Counter
from collections.abc import Iterable

from pipelines.formats.text import amount, clean
from schemas.crawl import CrawlReport, ListQuery
from schemas.run import Accounting, Published, RunReport

MARKUP = re.compile(r"[\\`*\[\]<>&|~]")
"""Characters that Markdown or HTML reads as markup within a line."""
LONGEST_REASON = 300
MOST_NAMED = 10
"""Most unknown fields and values that the summary names; the report holds all."""


def summary_lines(report: RunReport, published: Published | None) -> list[tuple[str, str]]:
    """Name and figure of everything that a person wants to know after a run."""
    lines = [("run", f"{report.run} ({report.flow}): {report.state}")]
    lines += [(f"gate closed: {breach.source}", f"{breach.gate}: {breach.reason}") for breach in report.breaches]
    lines += [(f"accepted: {breach.source}", f"{breach.gate}: {breach.reason}") for breach in report.waived]
    lines += [(f"crawl {crawl.source}", _crawl(crawl)) for crawl in report.crawls]
    if counted := report.accounting:
        lines.append(("listings", f"{counted.listings:,} = {_parts(counted)}"))
        causes = Counter(report.issued).most_common()
        issued = ", ".join(f"{count:,} {cause.replace('_', ' ')}" for cause, count in causes) or "none"
        lines.append(("issued", f"{issued}; {report.unchanged:,} unchanged, {report.absent:,} no longer listed"))
    lines += [
        (f"not updated: {source}", f"its last good listings are of {at}") for source, at in report.not_renewed.items()
    ]
    unread = {
        name: count for crawl in report.crawls for name, count in (crawl.leftovers | crawl.unknown_values).items()
    }
    if unread:
        lines.append(
            ("not understood", ", ".join(f"{name} ({count})" for name, count in sorted(unread.items())[:MOST_NAMED]))
        )
    if report.quarantined:
        by_source = Counter(refused.source for refused in report.quarantined).most_common()
        lines.append(("quarantined", ", ".join(f"{amount(n, 'record')} of {source}" for source, n in by_source)))
    if published:
        written = ", ".join(f"{count:,} {step}" for step, count in published.written.items()) or "nothing"
        lines.append(("published", f"generation {published.generation}: wrote {written}"))
    return lines


def as_markdown(lines: Iterable[tuple[str, str]]) -> str:
    """The lines as a Markdown table. Names and reasons come from sources, so their markup is escaped."""
    cells = ((_cell(name), _cell(value)) for name, value in lines)
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in cells)])


def change_rows(report: RunReport) -> list[dict[str, str]]:
    """One row for each passport that was issued."""
    return [{"slug": change.slug, "cause": change.cause} for change in report.changes]


def quarantine_rows(report: RunReport) -> list[dict[str, str]]:
    """One row for each quarantined record, without the raw record, which is in the run report."""
    return [
        {
            "source": refused.source,
            "listing": clean(refused.id),
            "stage": refused.stage,
            "field": clean(refused.field) or "(record)",
            "reason": clean(refused.reason)[:LONGEST_REASON],
        }
        for refused in report.quarantined
    ]


def _parts(counted: Accounting) -> str:
    """What became of the listings that name passports; records of other sources are not among them."""
    parts = (
        (counted.passports, amount(counted.passports, "passport")),
        (counted.offers_merged, f"{amount(counted.offers_merged, 'offer')} merged"),
        (counted.aliases, amount(counted.aliases, "alias", "aliases")),
        (counted.joined, f"{counted.joined:,} joined"),
        (counted.quarantined, f"{counted.quarantined:,} quarantined"),
    )
    return " + ".join(words for count, words in parts if count) or "0 passports"


def _cell(text: str) -> str:
    return MARKUP.sub(lambda found: f"&#{ord(found[0])};", " ".join(clean(text).split()))


def _crawl(crawl: CrawlReport) -> str:
    again = f", {crawl.retries:,} tried again" if crawl.retries else ""
    part = f", only {_query(crawl.query)}" if crawl.query and crawl.query.is_part else ""
    changes = ", changes alone" if crawl.scope == "changes" else ""
    crawled = f"{amount(crawl.listings, 'listing')} in {amount(crawl.requests, 'request')}"
    return f"{crawled}{again}{part}{changes}"


def _query(query: ListQuery) -> str:
    words = (("by {}", query.author), ("for {}", query.task), ("{:,} at most", query.limit))
    return ", ".join(word.format(value) for word, value in words if value is not None)
