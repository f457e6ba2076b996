"""Proves served passports by the records and the rules that they were made from, which the store keeps."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from typing import Any

import orjson

from flows.former_rules import FormerRules
from flows.reader import Reader
from flows.sealed import TamperedError
from flows.store.base import MissingKeyError
from pipelines.join import HUB, SELLER
from pipelines.reproof import Mismatch, mismatches
from pipelines.rule_tables import RulesError
from pipelines.rulebook import rulebook
from pipelines.shards import EVERY_SLOT, shard_index, slots_of
from pipelines.slugs import hub_slug
from schemas.listing import RawListing
from schemas.registry import SourceRef
from schemas.verdict import Finding, Verdict

CHANGED_AT = "/trust/maintenance/updated_at"
RULES = "/provenance/rules_sha256"
MOST_NAMED = 3
"""Mismatches that a finding names."""
_PARTS_KEPT = 8
"""Parts of sources' listings that are in memory at once."""

Part = dict[str, list[RawListing]]
"""Id → records, of one part of a source: a record, and where it was missed the answer that there is none."""


class Prover:
    """Finds a passport's evidence again; of each generation's sources only the parts that are needed are read.

    Passports that were made by other rules than this version's are held to those, in a process of their own.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._parts: OrderedDict[tuple[int, str, int], Part] = OrderedDict()
        self._former = FormerRules()

    def close(self) -> None:
        """End the process that works by other rules, if there is one."""
        self._former.close()

    def prove(self, slug: str) -> Finding:
        """Judge the passport that is served under a slug by its evidence; it must have been found good before."""
        row = self._reader.row(slug)
        if row is None:
            return Finding(Verdict.NOT_IN_SNAPSHOT, f"{slug}: no such passport in {self._reader}")
        passport = orjson.loads(self._reader.object(row.object))["passport"]
        then = self._reader.at_generation(row.generation)
        records = list(self._records(slug, passport["unfragile"]["artifact"]["model"], then))
        found = self._mismatches(passport, records, then)
        changed = passport["unfragile"]["trust"]["maintenance"]["updated_at"]
        if changed != row.last_changed:
            found.append(Mismatch(CHANGED_AT, f"the registry says {row.last_changed}, not {changed}"))
        if not found:
            shown = len(passport["unfragile"]["evidence"])
            return Finding(Verdict.OK, f"all {shown:,} pieces of evidence found again, and the rules give the same")
        named = "; ".join(f"{mismatch.path}: {mismatch.reason}" for mismatch in found[:MOST_NAMED])
        more = f"; and {len(found) - MOST_NAMED:,} more" if len(found) > MOST_NAMED else ""
        return Finding(Verdict.EVIDENCE_MISMATCH, named + more)

    def _mismatches(self, passport: dict[str, Any], records: list[RawListing], then: Reader) -> list[Mismatch]:
        """Hold a passport to the rules that it names, which must be those of the generation that issued it."""
        named, issued_by = passport["unfragile"]["provenance"]["rules_sha256"], then.snapshot.rules_sha256
        gates = then.snapshot.lifetimes
        if named != issued_by:
            return [Mismatch(RULES, f"{then} was made by the rules {issued_by}, not {named}")]
        if named == rulebook().sha256:
            return mismatches(passport, records, gates=gates)
        try:
            return self._former.mismatches(named, then.rules, passport, records, gates=gates)
        except (RulesError, MissingKeyError, TamperedError) as error:
            return [Mismatch(RULES, f"it was made by other rules, and {error}")]

    def _records(self, slug: str, model: dict[str, Any], then: Reader) -> Iterator[RawListing]:
        """The records that a passport names, as they were when it was made."""
        refs = {ref.source: ref for ref in then.snapshot.sources}
        named: dict[str, list[str]] = defaultdict(list)
        for record in model["records"]:
            named[record["source"]].append(record["id"])
        for source, ids in named.items():
            for record_id in dict.fromkeys(ids) if source in refs else ():
                for index in _places(source, record_id, slug, refs[source]):
                    yield from self._part(then, refs[source], index).get(record_id, ())

    def _part(self, then: Reader, ref: SourceRef, index: int) -> Part:
        key = (then.generation, ref.source, index)
        if key not in self._parts:
            self._parts[key] = _read(then, ref, index)
        self._parts.move_to_end(key)
        while len(self._parts) > _PARTS_KEPT:
            self._parts.popitem(last=False)
        return self._parts[key]


def _places(source: str, record_id: str, slug: str, ref: SourceRef) -> Iterator[int]:
    """The parts of a source in which a record can lie: by its own slug where that is known, else any."""
    if source.startswith(HUB):
        yield shard_index(hub_slug(record_id), ref.count)
    elif source.startswith(SELLER) and not source.endswith("-roll"):
        yield shard_index(slug, ref.count)
    else:
        yield from range(ref.count)


def _read(then: Reader, ref: SourceRef, index: int) -> Part:
    slots = slots_of(index, ref.count) if ref.count > 1 else EVERY_SLOT
    lines = (orjson.loads(line)["raw"] for line in then.source_listings(ref.source, slots))
    part: Part = defaultdict(list)
    for raw in map(RawListing.model_validate, lines):
        part[raw.id].append(raw)
    return part
