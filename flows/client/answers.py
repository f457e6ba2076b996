"""What a registry's client answers: passports with their verdicts, matches, comparisons, changes."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

import orjson

from flows.errors import FlowError
from pipelines.freshness import SignedDates, age_by_dates
from pipelines.views.comparison import ComparedFact
from schemas.base import Sha256
from schemas.passport.document import Passport
from schemas.registry import Cause, Status
from schemas.search import IndexedPassport
from schemas.verdict import Age, Finding, Verdict


class NotReliableError(FlowError):
    """A passport is not one to rely on; `finding` has the verdict and the reason."""

    def __init__(self, slug: str, finding: Finding) -> None:
        super().__init__(f"{slug}: {finding.verdict}: {finding.reason}")
        self.slug, self.finding = slug, finding


@dataclass(frozen=True)
class VerifiedPassport:
    """A passport that a trusted key signed and the registry names, and whether it may be relied on now."""

    slug: str
    finding: Finding
    document: dict[str, Any] = field(repr=False)
    """The signed content: the `passport` object of the served envelope."""
    sha256: Sha256
    """Hash of the envelope, by which the registry names it."""
    generation: int
    """The generation that it was read from."""

    @property
    def verdict(self) -> Verdict:
        """The answer of verification, as `passports verify` gives it."""
        return self.finding.verdict

    @property
    def good(self) -> bool:
        """Whether it may be relied on."""
        return self.finding.verdict.good

    @property
    def age(self) -> Age | None:
        """How old it is by its signed dates; None where it states too few."""
        return self.finding.age

    @property
    def statement(self) -> dict[str, Any]:
        """What it states: the `unfragile` object."""
        found: dict[str, Any] = self.document["unfragile"]
        return found

    @cached_property
    def typed(self) -> Passport:
        """The signed content as a pydantic model."""
        return Passport.model_validate_json(orjson.dumps(self.document))

    def reliable(self) -> "VerifiedPassport":
        """Return the passport itself; raise NotReliableError unless it may be relied on."""
        if not self.good:
            raise NotReliableError(self.slug, self.finding)
        return self


class FoundPassport(NamedTuple):
    """A passport that a search or a filter found, as the signed search index has it."""

    passport: IndexedPassport
    age: Age | None
    """How old it is now by its signed dates."""


class FoundPage(NamedTuple):
    """Some of the passports that a filter selects, and where the next ones begin."""

    found: tuple[FoundPassport, ...]
    next_cursor: str | None


class ResolvedModel(NamedTuple):
    """A model that fits a task, and why."""

    passport: IndexedPassport
    age: Age | None
    likeness: float
    """How like the task is to what the model is for, 0 to 1."""
    uris: tuple[str, ...]
    """The capabilities and purposes that the task calls for and the model has, the best first."""


class Comparison(NamedTuple):
    """Passports side by side."""

    passports: tuple[VerifiedPassport, ...]
    facts: tuple[ComparedFact, ...]
    """Those that differ first."""


class RegistryChange(NamedTuple):
    """One passport that a generation serves otherwise than the one before."""

    generation: int
    at: str
    """When the generation was made."""
    change: str
    """"added", "changed" or "removed"."""
    slug: str
    cause: Cause | None
    status: Status | None
    object: Sha256 | None


def found_passport(row: IndexedPassport, at: datetime) -> FoundPassport:
    """Return a row of the search index with its age at an instant."""
    dates = SignedDates(row.status, row.signed_at, row.expires_at, row.due_after, row.stale_after)
    return FoundPassport(row, age_by_dates(dates, at))
