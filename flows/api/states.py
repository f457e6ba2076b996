"""What several answers of the API have: the state of the registry, and how refusals are described."""

from collections.abc import Iterable
from typing import Any

from flows.api.models import ListedPassport, RegistryState
from flows.api.problems import PROBLEM
from flows.client.answers import FoundPassport
from flows.client.registry import Registry

REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status, text in (
        (404, "There is no such passport, capability or file."),
        (410, "Changes since then are no longer retained."),
        (413, "The body is too large."),
        (422, "A parameter or the body is not as described."),
        (429, "Too many requests: wait as long as Retry-After says."),
        (503, "The store does not answer, or is not what was signed."),
    )
}
"""Status → how OpenAPI describes the refusal."""


def state_of(registry: Registry) -> RegistryState:
    """Return the state of a registry."""
    standing = registry.standing()
    return RegistryState(
        generation=registry.generation,
        published_at=registry.published_at,
        verdict=standing.verdict,
        good=standing.verdict.good,
        reason=standing.reason,
        trust=registry.trust.basis,
        recorded_at=registry.recorded_at,
    )


def listed(found: Iterable[FoundPassport]) -> tuple[ListedPassport, ...]:
    """Return what was found as the API gives it."""
    return tuple(ListedPassport(passport=one.passport, age=one.age) for one in found)
