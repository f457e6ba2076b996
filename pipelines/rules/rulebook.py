"""Reads the tables of capabilities, failure modes and issuing once, and checks them: unknown keys are refused."""

import hashlib
from functools import lru_cache
from typing import Self

from pydantic import model_validator

from pipelines.rules.capabilities import CapabilityTable
from pipelines.rules.failure_modes import LIMIT, FailureMode, FailureModeTable, MergedModes
from pipelines.rules.issuing import IssuingTable, RiskRule
from pipelines.rules.tables import RulesError, read_table, rules_document, use_tables
from schemas.base import Frozen

PARSED = ("capabilities.toml", "issuing.toml")
"""Tables that this module reads beside that of failure modes; modules beside it read the others."""


class Rulebook(Frozen):
    """The tables that this module reads, and the digest of all tables."""

    capabilities: CapabilityTable
    failure_modes: FailureModeTable
    issuing: IssuingTable
    sha256: str
    """SHA-256 of `rules_document()`."""

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        known = {mode.id for mode in self.failure_modes.failure_mode if not mode.stated}
        for capability in self.capabilities.capability:
            if unknown := set(capability.limits) - known:
                raise ValueError(f"capability {capability.name!r} names no class-level failure mode: {unknown}")
        return self


def rule_at(locator: str) -> FailureMode | MergedModes | RiskRule | None:
    """The rule that evidence of method "class" points to ("/failure_modes/confabulation"); None where there is none."""
    return _rules_by_place().get(locator)


@lru_cache(maxsize=1)
def _rules_by_place() -> dict[str, FailureMode | MergedModes | RiskRule]:
    book = rulebook()
    modes = {f"/failure_modes/{mode.id}": mode for mode in book.failure_modes.failure_mode if not mode.stated}
    merged = {f"/merged/{one.id}": one for one in book.failure_modes.merged}
    return {**modes, **merged, **{f"/risk/{risk.id}": risk for risk in book.issuing.risk}}


@lru_cache(maxsize=1)
def stated_limits() -> dict[str, FailureMode]:
    """Failure modes that a text can state, by their names in facts: "confabulation" for "limit:confabulation"."""
    modes = (mode for mode in rulebook().failure_modes.failure_mode if mode.stated)
    return {
        name.removeprefix(LIMIT): mode for mode in modes for name in (*mode.all, *mode.any) if name.startswith(LIMIT)
    }


def use_rules(document: bytes) -> None:
    """Use these rules in this process, before any are read; raise RulesError afterwards, or where they cannot be read.

    They are given as `rules_document` writes them.
    """
    use_tables(document)
    try:
        rulebook()
    except (ValueError, KeyError) as error:
        raise RulesError(f"the rules cannot be read by this version: {error}") from error


@lru_cache(maxsize=1)
def failure_modes() -> FailureModeTable:
    """Return the table of failure modes, read once; who shows remedies needs no other."""
    return FailureModeTable.model_validate(read_table("failure_modes.toml"), strict=False)


@lru_cache(maxsize=1)
def rulebook() -> Rulebook:
    """Return the tables, read once; raise pydantic.ValidationError that names the wrong row and field."""
    tables = {name.removesuffix(".toml"): read_table(name) for name in PARSED}
    sha256 = hashlib.sha256(rules_document()).hexdigest()
    return Rulebook.model_validate({**tables, "failure_modes": failure_modes(), "sha256": sha256}, strict=False)
