"""Proves served passports by the records that they were made from, which the store keeps."""

from collections import defaultdict
from functools import lru_cache

import orjson

from flows.reader import Reader
from pipelines.gates import Gates
from pipelines.reproof import mismatches
from schemas.crawl import AdmittedLine
from schemas.listing import RawListing
from schemas.verdict import Finding, Verdict

MOST_NAMED = 3
"""Mismatches that a finding names."""
_GENERATIONS_KEPT = 4


class Prover:
    """Finds a passport's evidence again; each generation's sources are read once."""

    def __init__(self, reader: Reader, gates: Gates) -> None:
        self._reader, self._gates = reader, gates
        self._records = lru_cache(_GENERATIONS_KEPT)(self._read_records)

    def prove(self, slug: str) -> Finding:
        """Judge the passport that is served under a slug by its evidence; it must have been found good before."""
        row = self._reader.row(slug)
        if row is None:
            return Finding(Verdict.NOT_IN_SNAPSHOT, f"{slug}: no such passport in {self._reader}")
        passport = orjson.loads(self._reader.object(row.object))["passport"]
        found = mismatches(passport, self._records(row.generation)[slug], gates=self._gates)
        if not found:
            shown = len(passport["unfragile"]["evidence"])
            return Finding(Verdict.OK, f"all {shown:,} pieces of evidence found again, and the rules give the same")
        named = "; ".join(f"{mismatch.path}: {mismatch.reason}" for mismatch in found[:MOST_NAMED])
        more = f"; and {len(found) - MOST_NAMED:,} more" if len(found) > MOST_NAMED else ""
        return Finding(Verdict.EVIDENCE_MISMATCH, named + more)

    def _read_records(self, generation: int) -> dict[str, list[RawListing]]:
        """Read what a generation was made from: slug → its records."""
        then = self._reader.at_generation(generation)
        records: dict[str, list[RawListing]] = defaultdict(list)
        for ref in then.snapshot.sources:
            for line in then.source_listings(ref.source):
                admitted = AdmittedLine.model_validate_json(line)
                records[admitted.listing.slug].append(admitted.raw)
        return records
