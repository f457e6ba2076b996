"""Requests and answers of the API that are not passports themselves."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from flows.trust.trusted_keys import TrustBasis
from schemas.base import Frozen, Sha256, Slug
from schemas.registry import Cause, Status
from schemas.search import INTEGRAL, IndexedPassport, PassportFilter, SortKey
from schemas.verdict import Age, Verdict

MOST_LISTED = 200
Limit = Annotated[int, Field(ge=1, le=MOST_LISTED), INTEGRAL]
Words = Annotated[str, StringConstraints(min_length=1, max_length=400)]


class FilterQuery(PassportFilter):
    """A filter given as parameters of an address; built at once, as FastAPI wraps it when the application is made."""

    model_config = ConfigDict(strict=False, defer_build=False)


class PassportsQuery(FilterQuery):
    """Which passports to list, in which order, from where on."""

    order: SortKey = "slug"
    cursor: Annotated[str, StringConstraints(max_length=1000)] | None = None
    """`next_cursor` of the page before."""
    limit: Limit = 50


class SearchQuery(FilterQuery):
    """What to search for."""

    q: Words
    limit: Limit = 20


class CapabilityQuery(FilterQuery):
    """From where on to list the passports of a capability."""

    order: SortKey = "score"
    cursor: Annotated[str, StringConstraints(max_length=1000)] | None = None
    limit: Limit = 50


class ResolveRequest(Frozen):
    """A task in words, and which models may be named; built at once, likewise."""

    model_config = ConfigDict(defer_build=False)

    task: Words
    where: PassportFilter = PassportFilter()
    limit: Limit = 10


class RegistryState(Frozen):
    """The generation that an answer is from, and whether it is to be relied on as a whole."""

    generation: int
    published_at: str
    verdict: Verdict
    good: bool
    reason: str
    trust: TrustBasis
    """Why the server trusts the key: verify passports yourself where you cannot trust the server."""
    recorded_at: str | None
    """Null; of the demo's recording the time by which everything here is judged fresh, in the place of today's."""


class ListedPassport(Frozen):
    """A passport as the signed search index has it, and its age now."""

    passport: IndexedPassport
    age: Age | None


class ListAnswer(Frozen):
    """Passports in order."""

    registry: RegistryState
    total: int
    """How many the filter selects."""
    passports: tuple[ListedPassport, ...]
    next_cursor: str | None


class SearchAnswer(Frozen):
    """Passports with the words of a search, the best first."""

    registry: RegistryState
    passports: tuple[ListedPassport, ...]


class FittingModel(Frozen):
    """A model that fits a task."""

    passport: IndexedPassport
    age: Age | None
    likeness: float
    """How like the task is to what the model is for, 0 to 1."""
    uris: tuple[str, ...]
    """What the task calls for and the model has, the best first."""


class ResolveAnswer(Frozen):
    """Models that fit a task, the best first."""

    registry: RegistryState
    task: str
    models: tuple[FittingModel, ...]


class VerifyAnswer(Frozen):
    """The verdict on a passport."""

    registry: RegistryState
    slug: Slug | None
    """None where a document was given."""
    verdict: Verdict
    good: bool
    reason: str
    age: Age | None


class ComparedPassport(Frozen):
    """A passport that is compared, with its verdict."""

    slug: Slug
    verdict: Verdict
    good: bool
    age: Age | None
    sha256: Sha256


class ComparedValues(Frozen):
    """A fact of each compared passport, in their order."""

    name: str
    differs: bool
    values: tuple[Any, ...]


class CompareAnswer(Frozen):
    """Passports side by side."""

    registry: RegistryState
    passports: tuple[ComparedPassport, ...]
    facts: tuple[ComparedValues, ...]
    """Those that differ first."""


class Change(Frozen):
    """One passport that a generation serves otherwise than the one before."""

    generation: int
    at: str
    change: str
    slug: Slug
    cause: Cause | None
    status: Status | None
    object: Sha256 | None


class ChangesAnswer(Frozen):
    """What changed, the oldest first."""

    registry: RegistryState
    changes: tuple[Change, ...]
    next_skip: int | None
    """`skip` of the next request with the same `since`; None where these are all."""


class CapabilityAnswer(ListAnswer):
    """The passports that have a capability."""

    uri: str


class Health(Frozen):
    """Whether the registry can be served and relied on."""

    status: str
    """"ok" or "degraded"."""
    registry: RegistryState
    passports: int
    counts: dict[str, int]
    pointer_expires_at: str
