"""Checks served passports against the records and rules that they were made from, which the store retains."""

from typing import Any

import orjson

from flows.audit.former_rules import FormerRules
from flows.audit.stored_records import StoredRecords
from flows.registry.reader import Reader
from flows.registry.signed_files import TamperedError
from flows.store.base import MissingKeyError
from pipelines.audit.mismatches import Mismatch, mismatches, unfound
from pipelines.rules.rulebook import rulebook
from pipelines.rules.tables import RulesError
from schemas.listing import RawListing
from schemas.registry import ShardRow
from schemas.verdict import Finding, Verdict

CHANGED_AT = "/trust/maintenance/updated_at"
RULES = "/provenance/rules_sha256"
MOST_NAMED = 3
"""Most mismatches that a finding names."""


class Auditor:
    """Finds a passport's evidence again in the stored records, and whether records of its model were left out.

    A passport made by other rules than this version's is checked by those rules, in a separate process.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._shelf = StoredRecords()
        self._former = FormerRules()

    def close(self) -> None:
        """End the process that checks by other rules, if there is one."""
        self._former.close()

    def prove(self, slug: str) -> Finding:
        """Return the verdict on the evidence of the passport served under a slug, verified as good before."""
        row = self._reader.row(slug)
        if row is None:
            return Finding(Verdict.NOT_IN_SNAPSHOT, f"{slug}: no such passport in {self._reader}")
        passport, records, then = self._issued(row)
        found = self._mismatches(passport, records, then)
        changed = passport["unfragile"]["trust"]["maintenance"]["updated_at"]
        if changed != row.last_changed:
            found.append(Mismatch(CHANGED_AT, f"the registry says {row.last_changed}, not {changed}"))
        return _finding(passport, found, ", and the rules give the same result")

    def find(self, slug: str) -> Finding:
        """Return the verdict on whether the evidence is where it points, without running the rules: part of `prove`."""
        row = self._reader.row(slug)
        if row is None:
            return Finding(Verdict.NOT_IN_SNAPSHOT, f"{slug}: no such passport in {self._reader}")
        passport, records, then = self._issued(row)
        by_other_rules = _other_rules(passport, then)
        found = by_other_rules or unfound(passport["unfragile"], records, rules_sha256=then.snapshot.rules_sha256)
        return _finding(passport, found)

    def _issued(self, row: ShardRow) -> tuple[dict[str, Any], list[RawListing], Reader]:
        """Return a passport, the records that it can have been made from, and the generation that issued it."""
        passport = orjson.loads(self._reader.object(row.object))["passport"]
        then = self._reader.at_generation(row.generation)
        named = self._shelf.named(then, row.slug, passport["unfragile"]["artifact"]["model"]["records"])
        return passport, [*named, *self._shelf.beside(then, row.slug, named)], then

    def _mismatches(self, passport: dict[str, Any], records: list[RawListing], then: Reader) -> list[Mismatch]:
        """Check a passport by the rules that it names, which must be those of the generation that issued it."""
        if by_other_rules := _other_rules(passport, then):
            return by_other_rules
        named, gates = then.snapshot.rules_sha256, then.snapshot.lifetimes
        if named == rulebook().sha256:
            return mismatches(passport, records, gates=gates)
        try:
            return self._former.mismatches(named, then.rules, passport, records, gates=gates)
        except (RulesError, MissingKeyError, TamperedError) as error:
            return [Mismatch(RULES, f"the passport was made by other rules: {error}")]


def _other_rules(passport: dict[str, Any], then: Reader) -> list[Mismatch]:
    named, issued_by = passport["unfragile"]["provenance"]["rules_sha256"], then.snapshot.rules_sha256
    if named == issued_by:
        return []
    return [Mismatch(RULES, f"the passport names the rules {named}, but {then} was made by {issued_by}")]


def _finding(passport: dict[str, Any], found: list[Mismatch], further: str = "") -> Finding:
    if not found:
        shown = len(passport["unfragile"]["evidence"])
        return Finding(Verdict.OK, f"all {shown:,} entries of the evidence were found again{further}")
    named = "; ".join(f"{mismatch.path}: {mismatch.reason}" for mismatch in found[:MOST_NAMED])
    more = f"; and {len(found) - MOST_NAMED:,} more" if len(found) > MOST_NAMED else ""
    return Finding(Verdict.EVIDENCE_MISMATCH, named + more)
