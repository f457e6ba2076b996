"""Merges the partitions of a crawl into the last good listings of each of its sources."""

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, Self

from flows.ingest.crawl_partitions import IngestedCrawl
from flows.ingest.partitions import PackedPartitions, PartitionWriter, SourceLines
from flows.ingest.renames import RecordIndex, RenameCorrections
from flows.publish.publication import SourcePart, SourceParts
from flows.registry.published import PublishedState, ServedLines
from pipelines.lifecycle.absence import is_gone, proving_observations
from pipelines.lifecycle.update import CrawlScope, Update, updated
from pipelines.merge.facets import Facets
from pipelines.normalise.roll import read_roll, roll_of
from pipelines.registry.slots import EVERY_SLOT, shard_count, shard_index, slots_of
from schemas.crawl import AdmittedLine
from schemas.listing import Listing, Quarantined
from schemas.sources import BY_NAME, FACETS, ROLLS, SOURCE_NAMES, TEXTS


@dataclass(slots=True)
class ReplacedRepositories:
    """Repositories that one crawl found deleted and recreated under the same name, such as a/x, by id in lower case.

    Texts (cards, licences, …) are records of their own, so those of the deleted repository must be dropped as well.
    """

    refused: set[str] = field(default_factory=set)
    """Recreated, but not yet accepted: the absence of the deleted repository is not confirmed."""
    replaced: set[str] = field(default_factory=set)
    """Recreated, and accepted in place of the deleted repository."""

    def note(self, result: Update) -> None:
        """Add what the update of one partition found."""
        self.refused |= {one.id.lower() for one in result.refused}
        self.replaced |= {one.lower() for one in result.replaced}

    def without_theirs(self, lines: Iterable[AdmittedLine], source: str) -> Iterator[AdmittedLine]:
        """Leave out the last good texts of replaced repositories; lines of sources without texts pass unchanged."""
        return (line for line in lines if source not in TEXTS or line.raw.id.lower() not in self.replaced)

    def only_new(self, lines: Iterable[AdmittedLine], scope: CrawlScope) -> Iterator[AdmittedLine]:
        """Leave out crawled texts of refused repositories, and those of replaced ones from before this crawl began.

        Lines of sources without texts pass unchanged.
        """
        for line in lines:
            old = line.raw.id.lower() in self.replaced and line.raw.observed_at < scope.began_at
            if scope.source not in TEXTS or not (old or line.raw.id.lower() in self.refused):
                yield line


@dataclass(slots=True)
class Listings:
    """The listings of every source, as this run would publish them."""

    lines: dict[str, SourceLines]
    changed: dict[str, SourceParts] = field(default_factory=dict)
    """Source → its listings as they are to be published, for each source that a crawl of this run changed."""
    refused: list[Quarantined] = field(default_factory=list)
    unread: set[tuple[str, str]] = field(default_factory=set)
    """Source and id of each crawled record that could not be read: its last good listing stays, but is not counted."""
    rolls: dict[str, dict[str | None, Listing]] = field(default_factory=dict)
    """Cache of `roll`: source → date → roll. Most missing listings refer to the same few rolls."""
    facets_read: Facets | None = None
    """Cache of `facets`."""

    def copied(self) -> Self:
        """Return a copy that can be changed without changing this one; its caches are empty."""
        return replace(
            self,
            lines=dict(self.lines),
            changed=dict(self.changed),
            refused=[*self.refused],
            unread={*self.unread},
            rolls={},
            facets_read=None,
        )

    def read(self, source: str, slots: range = EVERY_SLOT) -> Iterator[AdmittedLine]:
        """Yield the records of a source whose slugs have these slots."""
        lines = self.lines.get(source)
        return lines.read(slots) if lines else iter(())

    def roll(self, source: str, observed_at: str | None) -> Listing | None:
        """Return the roll of a source that was observed at this time, None where there is none."""
        if source in ROLLS and source not in self.rolls:
            self.rolls[source] = {line.raw.observed_at: line.listing for line in self.read(ROLLS[source])}
        return self.rolls.get(source, {}).get(observed_at)

    def facets(self) -> Facets:
        """Return the answers about all models of the seller."""
        if self.facets_read is None:
            self.facets_read = Facets(line.listing for source in FACETS for line in self.read(source))
        return self.facets_read


def served_listings(served: PublishedState) -> Listings:
    """Return the last good listings of every source, read from the served generation."""
    return Listings({source: ServedLines(served, source) for source in served.sources})


def update_listings(
    before: Listings, one: IngestedCrawl, served: PublishedState, folder: Path, *, whole: bool
) -> Listings:
    """Return the listings with those of a crawl in place of the last good ones; `before` is not changed.

    After a crawl of a `whole` source, records that it did not bring are marked as missing.
    """
    listings = before.copied()
    report, recreated = one.outcome.report, ReplacedRepositories()
    for source in sorted(one.spools, key=SOURCE_NAMES.index):  # repositories before their texts, which depend on them
        everything = whole and BY_NAME[source].lists_everything
        unread = frozenset(refusal.id for refusal in one.refused if refusal.source == source)
        listings.unread |= {(source, record) for record in unread}
        scope = CrawlScope(source, everything, report.started_at, report.finished_at, unread)
        parts = _update_source(listings, _Brought(served, one.spools[source]), scope, folder / source, recreated)
        listings.changed[source] = SourceParts(parts, _scraped_at(served, scope, whole=whole))
    _drop_texts(listings, one, served, folder, recreated)
    if whole and report.source in ROLLS:
        _record_roll(listings, one, served, folder)
    return listings


def _drop_texts(
    listings: Listings, one: IngestedCrawl, served: PublishedState, folder: Path, recreated: ReplacedRepositories
) -> None:
    """Drop the texts of replaced repositories from those sources of texts that this crawl has no record of.

    `update_listings` did so for the sources that it has records of.
    """
    for source in TEXTS if recreated.replaced else ():
        last = served.sources.get(source)
        if last is not None and source not in one.spools:
            nothing = PartitionWriter(folder / f"no {source}", 1)
            nothing.close()
            scope = CrawlScope(
                source, whole=False, began_at=one.outcome.report.started_at, ended_at=one.outcome.report.finished_at
            )
            parts = _update_source(listings, _Brought(served, nothing), scope, folder / source, recreated)
            listings.changed[source] = SourceParts(parts, last.last_scraped_at)


def _scraped_at(served: PublishedState, scope: CrawlScope, *, whole: bool) -> str:
    """Return when the last whole crawl of a source began, or this one if it is the first.

    A crawl of single listings does not count, as it does not renew the others.
    """
    last = served.sources.get(scope.source)
    if last is None:
        return scope.began_at
    return max(served.scraped_at(scope.source) or scope.began_at, scope.began_at) if whole else last.last_scraped_at


class _Brought(NamedTuple):
    """The published state, and the new records of one source."""

    served: PublishedState
    spool: PartitionWriter


def _update_source(
    listings: Listings, brought: _Brought, scope: CrawlScope, folder: Path, recreated: ReplacedRepositories
) -> tuple[SourcePart, ...]:
    """Merge one source, partition by partition, into `listings`; then rewrite the partitions of renamed records."""
    served, spool = brought
    last = served.last_good(scope.source) or 0
    count = max(spool.count, shard_count(last))
    written, parts = PackedPartitions(folder, count), []
    followed = BY_NAME[scope.source].permanent_id is not None
    with RecordIndex(folder / "whereabouts.sqlite") if followed else nullcontext() as whereabouts:
        for index in range(count):
            slots = slots_of(index, count)
            before = recreated.without_theirs(served.lines(scope.source, slots), scope.source)
            came = recreated.only_new(spool.read(slots), scope)
            result = updated(before, came, scope)
            written.write(index, result.lines)
            parts.append(_part(written, index, result.lines))
            recreated.note(result)
            listings.refused += result.refused
            if whereabouts:
                whereabouts.note(result.lines)
        corrections = RenameCorrections(whereabouts.moves() if whereabouts else ())
    for index in sorted({shard_index(slug, count) for slug in corrections.slugs}):
        lines = list(corrections.applied(written.read(slots_of(index, count))))
        written.write(index, lines)
        parts[index] = _part(written, index, lines)
    listings.lines[scope.source] = written
    return tuple(parts)


def _part(written: PackedPartitions, index: int, lines: list[AdmittedLine]) -> SourcePart:
    there = sum(1 for line in lines if line.missing_since is None)
    return SourcePart(index, written.count, written.path(index).read_bytes, there)


def _record_roll(listings: Listings, ingested: IngestedCrawl, served: PublishedState, folder: Path) -> None:
    """Store the roll of this crawl, and retain the earlier ones that prove the absence of a listing still missing."""
    report = ingested.outcome.report
    ids, url, needed = [], "", {report.finished_at}
    for line in listings.read(report.source):
        if line.missing_since is None:
            ids.append(line.raw.id)
            url = line.raw.url
        else:
            needed.update(proving_observations(line))
    ids += [refusal.id for refusal in ingested.refused if refusal.source == report.source]
    raw = roll_of(report.source, ids, url=url, observed_at=report.finished_at)
    source = ROLLS[report.source]
    lines = {line.raw.id: line for line in served.lines(source) if line.raw.id in needed}
    lines[raw.id] = AdmittedLine(raw=raw, listing=read_roll(raw))
    written = PackedPartitions(folder / source, 1)
    written.write(0, [lines[observed_at] for observed_at in sorted(lines)])
    listings.lines[source] = written
    listings.changed[source] = SourceParts((_part(written, 0, list(lines.values())),), report.started_at)


def present(lines: Iterator[AdmittedLine]) -> Iterator[Listing]:
    """Yield the listings whose absence is not confirmed."""
    return (line.listing for line in lines if not is_gone(line))
