"""Holds passports to the rules that they were made by, where those are not this version's: in a process that has them.

What follows from rules is kept in many places of a process once it has been worked out, so other rules take another
process.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any

from pipelines.audit.mismatches import Mismatch, mismatches
from pipelines.rules.gates import Lifetimes
from pipelines.rules.rulebook import use_rules
from pipelines.rules.tables import RulesError
from schemas.listing import RawListing


class FormerRules:
    """One process, which works by one set of rules at a time; nothing is started before it is needed."""

    def __init__(self) -> None:
        self._sha256 = ""
        self._process: ProcessPoolExecutor | None = None

    def mismatches(
        self,
        sha256: str,
        rules: Callable[[], bytes],
        passport: dict[str, Any],
        records: list[RawListing],
        *,
        gates: Lifetimes,
    ) -> list[Mismatch]:
        """List what a passport says and its records, by its rules, do not; raise RulesError for unreadable rules.

        `sha256` names the rules, `rules` gives them where they have to be read.
        """
        if self._process is None or sha256 != self._sha256:
            self.close()
            self._process, self._sha256 = self._started(rules()), sha256
        return self._process.submit(mismatches, passport, records, gates=dict(gates)).result()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.shutdown()
            self._process = None

    def _started(self, rules: bytes) -> ProcessPoolExecutor:
        process = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        try:
            process.submit(use_rules, rules).result()
        except (RulesError, BrokenProcessPool) as error:
            process.shutdown()
            raise RulesError(f"{error}: use the version of passports that made it") from None
        return process
