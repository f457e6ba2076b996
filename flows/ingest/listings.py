"""Merges the partitions of a crawl into the last good listings of each of its sources."""

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from flows.ingest.crawl_partitions import IngestedCrawl
from flows.ingest.partitions import PackedPartitions, PartitionWriter, ServedLines, SourceLines
from flows.ingest.renames import RecordIndex, RenameCorrections
from flows.publish.publication import SourcePart, SourceParts
from flows.registry.published import PublishedState
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


def served_listings(served: PublishedState, folder: Path) -> Listings:
    """Return the last good listings of every source, read from the served generation; `folder` is for unpacking."""
    return Listings({source: ServedLines(served, source, folder / source) for source in served.sources})


def update_listings(
    before: Listings, one: IngestedCrawl, served: PublishedState, folder: Path, *, whole: bool
) -> Listings:
    """Return the listings with those of a crawl in place of the last good ones; `before` is not changed.

    After a crawl of a `whole` source, records that it did not bring are marked as missing.
    """
    work, report = _ListingsUpdate(before.copied(), one, served, folder), one.outcome.report
    for source in sorted(one.spools, key=SOURCE_NAMES.index):  # repositories before their texts, which depend on them
        everything = whole and BY_NAME[source].lists_everything
        unread = frozenset(refusal.id for refusal in one.refused if refusal.source == source)
        work.listings.unread |= {(source, record) for record in unread}
        scope = CrawlScope(source, everything, report.started_at, report.finished_at, unread)
        work.merge(one.spools[source], scope, _scraped_at(served, scope, whole=whole))
    work.drop_texts()
    if whole and report.source in ROLLS:
        work.record_roll()
    return work.listings


def _scraped_at(served: PublishedState, scope: CrawlScope, *, whole: bool) -> str:
    """Return when the last whole crawl of a source began, or this one if it is the first.

    A crawl of single listings does not count, as it does not renew the others.
    """
    last = served.sources.get(scope.source)
    if last is None:
        return scope.began_at
    return max(served.scraped_at(scope.source) or scope.began_at, scope.began_at) if whole else last.last_scraped_at


@dataclass(frozen=True)
class _ListingsUpdate:
    """The update of listings from one crawl: what it changes, what it reads, and the folder that it writes to."""

    listings: Listings
    ingested: IngestedCrawl
    served: PublishedState
    folder: Path
    recreated: ReplacedRepositories = field(default_factory=ReplacedRepositories)

    def merge(self, spool: PartitionWriter, scope: CrawlScope, scraped_at: str) -> None:
        """Merge the new records of one source, partition by partition; then rewrite those of renamed records."""
        folder, recreated = self.folder / scope.source, self.recreated
        last = self.served.last_good(scope.source) or 0
        count = max(spool.count, shard_count(last))
        written, parts = PackedPartitions(folder, count), []
        followed = BY_NAME[scope.source].permanent_id is not None
        with RecordIndex(folder / "whereabouts.sqlite") if followed else nullcontext() as whereabouts:
            for index in range(count):
                slots = slots_of(index, count)
                before = recreated.without_theirs(self.served.lines(scope.source, slots), scope.source)
                came = recreated.only_new(spool.read(slots), scope)
                result = updated(before, came, scope)
                written.write(index, result.lines)
                parts.append(_part(written, index, result.lines))
                recreated.note(result)
                self.listings.refused += result.refused
                if whereabouts:
                    whereabouts.note(result.lines)
            corrections = RenameCorrections(whereabouts.moves() if whereabouts else ())
        for index in sorted({shard_index(slug, count) for slug in corrections.slugs}):
            lines = list(corrections.applied(written.read(slots_of(index, count))))
            written.write(index, lines)
            parts[index] = _part(written, index, lines)
        self.listings.lines[scope.source] = written
        self.listings.changed[scope.source] = SourceParts(tuple(parts), scraped_at)

    def drop_texts(self) -> None:
        """Drop the texts of replaced repositories from those sources of texts that this crawl has no record of.

        `merge` did so for the sources that it has records of.
        """
        report = self.ingested.outcome.report
        for source in TEXTS if self.recreated.replaced else ():
            last = self.served.sources.get(source)
            if last is not None and source not in self.ingested.spools:
                nothing = PartitionWriter(self.folder / f"no {source}", 1)
                nothing.close()
                scope = CrawlScope(source, whole=False, began_at=report.started_at, ended_at=report.finished_at)
                self.merge(nothing, scope, last.last_scraped_at)

    def record_roll(self) -> None:
        """Store the roll of this crawl, and retain earlier ones that prove the absence of a listing still missing."""
        report = self.ingested.outcome.report
        ids, url, needed = [], "", {report.finished_at}
        for line in self.listings.read(report.source):
            if line.missing_since is None:
                ids.append(line.raw.id)
                url = line.raw.url
            else:
                needed.update(proving_observations(line))
        ids += [refusal.id for refusal in self.ingested.refused if refusal.source == report.source]
        raw = roll_of(report.source, ids, url=url, observed_at=report.finished_at)
        source = ROLLS[report.source]
        lines = {line.raw.id: line for line in self.served.lines(source) if line.raw.id in needed}
        lines[raw.id] = AdmittedLine(raw=raw, listing=read_roll(raw))
        written = PackedPartitions(self.folder / source, 1)
        written.write(0, [lines[observed_at] for observed_at in sorted(lines)])
        self.listings.lines[source] = written
        self.listings.changed[source] = SourceParts((_part(written, 0, list(lines.values())),), report.started_at)


def _part(written: PackedPartitions, index: int, lines: list[AdmittedLine]) -> SourcePart:
    there = sum(1 for line in lines if line.missing_since is None)
    return SourcePart(index, written.count, written.path(index).read_bytes, there)


def present(lines: Iterator[AdmittedLine]) -> Iterator[Listing]:
    """Yield the listings whose absence is not confirmed."""
    return (line.listing for line in lines if not is_gone(line))
