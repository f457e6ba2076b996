"""Splits one crawl into partitions on disk, and counts what its gate judges."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from flows.ingest.crawl_file import CrawlOutcome
from flows.ingest.partitions import PartitionWriter
from pipelines.lifecycle.crawl_checks import FillCounts
from pipelines.registry.slots import shard_count
from pipelines.rules.gates import Gate
from schemas.crawl import AdmittedLine, QuarantinedLine
from schemas.listing import Quarantined

MOST_WHOLE = 5_000
"""How many refused records of a crawl are retained with their raw body; later ones are retained without it."""


@dataclass(slots=True)
class IngestedCrawl:
    """One crawl on disk, split by slot of the slug: one `PartitionWriter` for each source of records in it."""

    outcome: CrawlOutcome
    spools: dict[str, PartitionWriter] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    """Source of records → how many were admitted."""
    fill_counts: FillCounts = field(default_factory=FillCounts)
    """What the records of the crawl's main source state, for its gate; its other sources (cards, …) are not counted."""
    refused: list[Quarantined] = field(default_factory=list)
    slugs: set[str] = field(default_factory=set)
    """Slugs of the admitted records; empty after a crawl of the whole source, where nobody needs them."""


FaultOf = Callable[[AdmittedLine], str | None]
"""Returns why a record cannot be believed although it was read; None where it can."""


def partition(
    outcome: CrawlOutcome, folder: Path, *, whole: bool, gate: Gate | None = None, fault_of: FaultOf = lambda _: None
) -> IngestedCrawl:
    """Split a crawl's records by slot below `folder`, quarantine those with a fault, and count what its gate judges.

    `whole`: it is of the whole source, so its slugs are not collected. Without a `gate` no values are counted.
    `fault_of` returns why a record that was read cannot be believed, None where it can.
    """
    fill_counts = FillCounts(gate.rated if gate else frozenset())
    ingested, count = IngestedCrawl(outcome, fill_counts=fill_counts), shard_count(outcome.report.admitted)
    for line in outcome.lines():
        if isinstance(line, QuarantinedLine):
            ingested.refused.append(_retained(line.quarantined, len(ingested.refused)))
            continue
        if reason := fault_of(line):
            refused = Quarantined.of(line.raw, "validate", reason, raw=line.raw.body)
            ingested.refused.append(_retained(refused, len(ingested.refused)))
            continue
        source, listing = line.raw.source, line.listing
        if source not in ingested.spools:
            ingested.spools[source] = PartitionWriter(folder / source, count)
        ingested.spools[source].add(listing.slug, line.model_dump_json().encode())
        ingested.counts[source] += 1
        if source == outcome.report.source:
            ingested.fill_counts.note(listing)
        if not whole:
            ingested.slugs.add(listing.slug)
    for spool in ingested.spools.values():
        spool.close()
    return ingested


def _retained(refused: Quarantined, already: int) -> Quarantined:
    """Return a refused record, without its raw body after the first `MOST_WHOLE`: a broken source refuses thousands."""
    return refused if already < MOST_WHOLE else refused.model_copy(update={"raw": ""})
