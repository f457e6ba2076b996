"""Takes in what a crawl brought: cut by slot, and put beside the last good listings of each source of records."""

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
from pipelines.normalise.openrouter.roll import read_roll, roll_of
from pipelines.registry.slots import EVERY_SLOT, shard_count, shard_index, slots_of
from schemas.crawl import AdmittedLine
from schemas.listing import Listing, Quarantined
from schemas.sources import BY_NAME, ROLLS, SOURCE_NAMES, TEXTS


@dataclass(slots=True)
class ReplacedRepositories:
    """Those of one crawl, by their ids in lower case."""

    refused: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)

    def note(self, result: Update) -> None:
        """Note what was found out of the records of a part."""
        self.refused |= {one.id.lower() for one in result.refused}
        self.replaced |= {one.lower() for one in result.replaced}

    def without_theirs(self, lines: Iterable[AdmittedLine], source: str) -> Iterator[AdmittedLine]:
        """Leave out of the last good texts those of what was replaced."""
        return (line for line in lines if source not in TEXTS or line.raw.id.lower() not in self.replaced)

    def only_new(self, lines: Iterable[AdmittedLine], look: CrawlScope) -> Iterator[AdmittedLine]:
        """Leave out of the texts that came those of what was refused, and what is older than what took a place."""
        for line in lines:
            old = line.raw.id.lower() in self.replaced and line.raw.observed_at < look.began_at
            if look.source not in TEXTS or not (old or line.raw.id.lower() in self.refused):
                yield line


@dataclass(slots=True)
class Listings:
    """The listings of every source from now on."""

    lines: dict[str, SourceLines]
    changed: dict[str, SourceParts] = field(default_factory=dict)
    """Sources of records that a crawl brought something of."""
    refused: list[Quarantined] = field(default_factory=list)
    unread: set[tuple[str, str]] = field(default_factory=set)
    """Sources and ids of records that came and could not be read: their last good ones stand, and are not counted."""
    rolls: dict[str, dict[str | None, Listing]] = field(default_factory=dict)
    """Source → its rolls by their dates, once they were asked for: there is one for most of what is missing."""

    def copied(self) -> Self:
        """The same listings, to be changed."""
        return replace(
            self,
            lines=dict(self.lines),
            changed=dict(self.changed),
            refused=[*self.refused],
            unread={*self.unread},
            rolls={},
        )

    def read(self, source: str, slots: range = EVERY_SLOT) -> Iterator[AdmittedLine]:
        """Give a source's records of these slots."""
        lines = self.lines.get(source)
        return lines.read(slots) if lines else iter(())

    def roll(self, source: str, observed_at: str | None) -> Listing | None:
        """The roll of a source by its date."""
        if source in ROLLS and source not in self.rolls:
            self.rolls[source] = {line.raw.observed_at: line.listing for line in self.read(ROLLS[source])}
        return self.rolls.get(source, {}).get(observed_at)


def served_listings(served: PublishedState) -> Listings:
    """The listings that every source last brought, as they are served."""
    return Listings({source: ServedLines(served, source) for source in served.sources})


def update_listings(
    before: Listings, one: IngestedCrawl, served: PublishedState, folder: Path, *, whole: bool
) -> Listings:
    """Put what a crawl brought in the place of what its source last brought; `before` stays as it is."""
    stock = before.copied()
    report, strangers = one.outcome.report, ReplacedRepositories()
    for source in sorted(one.spools, key=SOURCE_NAMES.index):  # records before the texts that lie in them
        everything = whole and BY_NAME[source].lists_everything
        unread = frozenset(refusal.id for refusal in one.refused if refusal.source == source)
        stock.unread |= {(source, record) for record in unread}
        look = CrawlScope(source, everything, report.started_at, report.finished_at, unread)
        parts = _update_source(stock, _Brought(served, one.spools[source]), look, folder / source, strangers)
        stock.changed[source] = SourceParts(parts, _scraped_at(served, look, whole=whole))
    _drop_texts(stock, one, served, folder, strangers)
    if whole and report.source in ROLLS:
        _record_roll(stock, one, served, folder)
    return stock


def _drop_texts(
    stock: Listings, one: IngestedCrawl, served: PublishedState, folder: Path, strangers: ReplacedRepositories
) -> None:
    """Let go of texts of repositories in whose place others lie, where none came in their place either."""
    for source in TEXTS if strangers.replaced else ():
        last = served.sources.get(source)
        if last is not None and source not in one.spools:
            nothing = PartitionWriter(folder / f"no {source}", 1)
            nothing.close()
            look = CrawlScope(
                source, whole=False, began_at=one.outcome.report.started_at, ended_at=one.outcome.report.finished_at
            )
            parts = _update_source(stock, _Brought(served, nothing), look, folder / source, strangers)
            stock.changed[source] = SourceParts(parts, last.last_scraped_at)


def _scraped_at(served: PublishedState, look: CrawlScope, *, whole: bool) -> str:
    """When a source was last looked through as a whole: single listings say nothing of the others."""
    last = served.sources.get(look.source)
    if last is None:
        return look.began_at
    return max(served.scraped_at(look.source) or look.began_at, look.began_at) if whole else last.last_scraped_at


class _Brought(NamedTuple):
    """What the sources last brought, and what one brings now."""

    served: PublishedState
    spool: PartitionWriter


def _update_source(
    stock: Listings, brought: _Brought, look: CrawlScope, folder: Path, strangers: ReplacedRepositories
) -> tuple[SourcePart, ...]:
    served, spool = brought
    last = served.last_good(look.source) or 0
    count = max(spool.count, shard_count(last))
    written, parts = PackedPartitions(folder, count), []
    followed = BY_NAME[look.source].permanent_id is not None
    with RecordIndex(folder / "whereabouts.sqlite") if followed else nullcontext() as whereabouts:
        for index in range(count):
            slots = slots_of(index, count)
            before = strangers.without_theirs(served.lines(look.source, slots), look.source)
            came = strangers.only_new(spool.read(slots), look)
            result = updated(before, came, look)
            written.write(index, result.lines)
            parts.append(_part(written, index, result.lines))
            strangers.note(result)
            stock.refused += result.refused
            if whereabouts:
                whereabouts.note(result.lines)
        corrections = RenameCorrections(whereabouts.moves() if whereabouts else ())
    for index in sorted({shard_index(slug, count) for slug in corrections.slugs}):
        lines = list(corrections.applied(written.read(slots_of(index, count))))
        written.write(index, lines)
        parts[index] = _part(written, index, lines)
    stock.lines[look.source] = written
    return tuple(parts)


def _part(written: PackedPartitions, index: int, lines: list[AdmittedLine]) -> SourcePart:
    there = sum(1 for line in lines if line.missing_since is None)
    return SourcePart(index, written.count, written.path(index).read_bytes, there)


def _record_roll(stock: Listings, taken: IngestedCrawl, served: PublishedState, folder: Path) -> None:
    """Keep the roll of this crawl, and those that first missed a listing that is still missing."""
    report = taken.outcome.report
    ids, url, needed = [], "", {report.finished_at}
    for line in stock.read(report.source):
        if line.missing_since is None:
            ids.append(line.raw.id)
            url = line.raw.url
        else:
            needed.update(proving_observations(line))
    ids += [refusal.id for refusal in taken.refused if refusal.source == report.source]
    raw = roll_of(report.source, ids, url=url, observed_at=report.finished_at)
    source = ROLLS[report.source]
    lines = {line.raw.id: line for line in served.lines(source) if line.raw.id in needed}
    lines[raw.id] = AdmittedLine(raw=raw, listing=read_roll(raw))
    written = PackedPartitions(folder / source, 1)
    written.write(0, [lines[observed_at] for observed_at in sorted(lines)])
    stock.lines[source] = written
    stock.changed[source] = SourceParts((_part(written, 0, list(lines.values())),), report.started_at)


def present(lines: Iterator[AdmittedLine]) -> Iterator[Listing]:
    """The listings that are not certainly gone."""
    return (line.listing for line in lines if not is_gone(line))
