"""Checks passports by the rules that they were made by, where those are not this version's, in a separate process.

What is derived from rules is cached in many places of a process, so other rules need another process.
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
    """One process at a time, with one set of rules, started when first needed."""

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
        """Return the statements of a passport that its records, by its rules, do not support.

        `sha256` is the hash of the rules; `rules` returns their bytes and is called when a process starts. Raise
        RulesError for rules that this version cannot read.
        """
        if self._process is None or sha256 != self._sha256:
            self.close()
            self._process, self._sha256 = self._started(rules()), sha256
        return self._process.submit(mismatches, passport, records, gates=dict(gates)).result()

    def close(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.shutdown()
            self._process = None

    def _started(self, rules: bytes) -> ProcessPoolExecutor:
        process = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        try:
            process.submit(use_rules, rules).result()
        except (RulesError, BrokenProcessPool) as error:
            process.shutdown()
            raise RulesError(f"{error}: check with the version of passports that issued it") from None
        return process
