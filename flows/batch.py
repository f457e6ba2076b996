"""A batch: what the crawls brought, judged by the gates, and joined with the last good listings of the rest."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from flows.crawl import CrawlOutcome
from flows.state import Served, added, replaced
from pipelines.gates import Gates, check, check_one
from pipelines.merge import Gathered, account, collision, gather
from schemas.crawl import AdmittedLine
from schemas.listing import Listing, Quarantined
from schemas.run import Accounting, Breach


class Batch(NamedTuple):
    """Listings that are ready to become passports."""

    lines: dict[str, list[AdmittedLine]]
    """Source → its listings from now on: the last good ones of every source."""
    gathered: Gathered
    quarantined: tuple[Quarantined, ...]
    accounting: Accounting


def breaches_of(outcomes: Iterable[CrawlOutcome], served: Served, gates: Gates, *, whole: bool) -> list[Breach]:
    """Judge crawls of whole sources by their gates, or crawls of single listings by whether they came."""
    found = []
    for outcome in outcomes:
        report = outcome.report
        listings = [line.listing for line in outcome.admitted if line.listing.source == report.source]
        judged = (
            check(report, listings, gates[report.source], last_good=served.last_good(report.source))
            if whole
            else check_one(report)
        )
        found += [Breach(source=breach.source, gate=breach.gate, reason=breach.reason) for breach in judged]
        if not (listings or judged):
            reason = "no listing could be read: see the quarantine"
            found.append(Breach(source=report.source, gate="admitted", reason=reason))
    return found


def batch_of(outcomes: Sequence[CrawlOutcome], served: Served, *, whole: bool, before: Served | None = None) -> Batch:
    """Join what came with what every source last brought; count where each listing went.

    A `whole` crawl replaces its source's listings and concerns every model; one of single listings replaces those, and
    concerns the models that they are of. What another run has put there since `before` was served stays where it was
    seen later.
    """
    came = [line for outcome in outcomes for line in outcome.admitted]
    lines = _joined(came, served, before or served, whole=whole)
    concerned = None if whole else {line.listing.slug for line in came}
    refused = tuple(line.quarantined for outcome in outcomes for line in outcome.quarantined)
    listings = [
        line.listing
        for group in lines.values()
        for line in group
        if concerned is None or line.listing.slug in concerned
    ]
    gathered = gather(listings, served.owners)
    quarantined = (*refused, *_collided(gathered, lines, served))
    in_list = sum(1 for refusal in refused if not refusal.source.endswith("-endpoints"))
    return Batch(_without(lines, gathered.collisions), gathered, quarantined, account(gathered, in_list, listings))


def _joined(
    came: Sequence[AdmittedLine], served: Served, before: Served, *, whole: bool
) -> dict[str, list[AdmittedLine]]:
    lines = dict(served.lines)
    for source in {line.raw.source for line in came}:
        new = (line for line in came if line.raw.source == source)
        latest = sorted((*added(source, before, served), *new), key=lambda line: line.raw.observed_at)
        lines[source] = replaced([] if whole else served.lines.get(source, []), latest)
    return lines


def _collided(gathered: Gathered, lines: dict[str, list[AdmittedLine]], served: Served) -> list[Quarantined]:
    raws = {(line.raw.source, line.raw.id): line.raw for group in lines.values() for line in group}
    owners = served.owners | {subject.slug: subject.primary.base_id for subject in gathered.subjects}
    return [
        collision(listing, owners[listing.slug], raws[listing.source, listing.id]) for listing in gathered.collisions
    ]


def _without(lines: dict[str, list[AdmittedLine]], collisions: Iterable[Listing]) -> dict[str, list[AdmittedLine]]:
    lost = {(listing.source, listing.id) for listing in collisions}
    return {
        source: [line for line in group if (line.raw.source, line.raw.id) not in lost]
        for source, group in lines.items()
    }
