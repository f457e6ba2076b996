"""Splits one crawl into partitions on disk, and counts what its gate judges."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from flows.ingest.crawl_file import CrawlOutcome
from flows.ingest.partitions import PartitionWriter
from pipelines.lifecycle.crawl_checks import Filled
from pipelines.registry.slots import shard_count
from pipelines.rules.gates import Gate
from schemas.crawl import QuarantinedLine
from schemas.listing import Quarantined

MOST_WHOLE = 5_000
"""Refused records of a crawl that are kept as they came."""


@dataclass(slots=True)
class IngestedCrawl:
    """What one crawl brought, cut by slot: a spool for each source of records."""

    outcome: CrawlOutcome
    spools: dict[str, PartitionWriter] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    """Source of records → how many there are."""
    filled: Filled = field(default_factory=Filled)
    """What the source's own records state, for its gate."""
    refused: list[Quarantined] = field(default_factory=list)
    slugs: set[str] = field(default_factory=set)
    """Of the records themselves; only kept where single ones were asked for."""


def partition(outcome: CrawlOutcome, folder: Path, *, whole: bool, gate: Gate | None = None) -> IngestedCrawl:
    """Read a crawl once: cut it by slot and count what its gate asks for, where it is to be judged."""
    filled = Filled(gate.rated if gate else frozenset())
    taken, count = IngestedCrawl(outcome, filled=filled), shard_count(outcome.report.admitted)
    for line in outcome.lines():
        if isinstance(line, QuarantinedLine):
            taken.refused.append(_retained(line.quarantined, len(taken.refused)))
            continue
        source, listing = line.raw.source, line.listing
        if source not in taken.spools:
            taken.spools[source] = PartitionWriter(folder / source, count)
        taken.spools[source].add(listing.slug, line.model_dump_json().encode())
        taken.counts[source] += 1
        if source == outcome.report.source:
            taken.filled.note(listing)
        if not whole:
            taken.slugs.add(listing.slug)
    for spool in taken.spools.values():
        spool.close()
    return taken


def _retained(refused: Quarantined, already: int) -> Quarantined:
    """Keep the first as they came, of the others only what was wrong: a source that breaks refuses by the thousand."""
    return refused if already < MOST_WHOLE else refused.model_copy(update={"raw": ""})
