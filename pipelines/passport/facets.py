"""Builds the parts of `artifact.model` on use and data: popularity, data handling, tool calls, use cases, reasoning."""

from collections.abc import Iterator
from decimal import Decimal

from pipelines.enrich.evidence import Document, from_claim
from pipelines.merge.agreement import agreeing
from pipelines.merge.facets import OF_PROVIDERS, RANK
from pipelines.merge.subject import Subject
from pipelines.normalise.facts import PROVIDER
from schemas.listing import Claim
from schemas.sources import BY_NAME

AT = "/artifact/model"
DATA, USED, CALLS, SET = f"{AT}/data_handling", f"{AT}/popularity", f"{AT}/tool_call_success", f"{AT}/reasoning"

DAY = 10
"""Characters of the day in an instant."""

REASONING = {
    "supported_efforts": "reasoning_efforts",
    "default_effort": "reasoning_default_effort",
    "default_enabled": "reasoning_default_enabled",
    "mandatory": "reasoning_mandatory",
}
"""Key of the block → the fact that it shows."""


def facet_blocks(subject: Subject) -> Document:
    """The blocks by key; each is null or empty where no source states anything of it."""
    return {
        "popularity": _popularity(subject),
        "data_handling": _data_handling(subject),
        "tool_call_success": _tool_calls(subject),
        "use_cases": sorted(subject.items("use_case")),
        "reasoning": _reasoning(subject),
    }


def facet_evidence(subject: Subject) -> Iterator[Document]:
    """Evidence of everything that the blocks state."""
    claims = subject.claims
    if RANK in claims:
        yield from_claim(f"{USED}/rank", claims[RANK])
        yield from_claim(f"{USED}/of", claims["usage_of"])
    if RANK in claims and "usage_tokens" in claims:
        yield _cited(from_claim(f"{USED}/tokens_week", claims["usage_tokens"]), subject.text("usage_as_of") or "")
    for key in ("zero_retention", "distillable"):
        for claim in (claims[key], *agreeing(subject, key)) if key in claims else ():
            yield from_claim(f"{DATA}/{key}", claim)
    for n, region in enumerate(sorted(subject.items("region"))):
        yield from_claim(f"{DATA}/regions/{n}", claims[f"region:{region}"])
    for n, name in enumerate(sorted(subject.items(PROVIDER))):
        yield from_claim(f"{DATA}/providers/{n}", claims[f"{PROVIDER}:{name}"])
    yield from _tool_call_evidence(subject)
    for n, use in enumerate(sorted(subject.items("use_case"))):
        yield from_claim(f"{AT}/use_cases/{n}", claims[f"use_case:{use}"])
    for key, fact in REASONING.items():
        if fact in claims:
            yield from_claim(f"{SET}/{key}", claims[fact])


def _popularity(subject: Subject) -> Document | None:
    rank = subject.claims.get(RANK)
    if rank is None:
        return None
    return {
        "rank": rank.fact.value,
        "of": subject.count("usage_of"),
        "tokens_week": subject.count("usage_tokens"),
        "as_of": rank.listing.observed_at,
        "tokens_as_of": subject.text("usage_as_of"),
        "period": "week",
    }


def _cited(entry: Document, as_of: str) -> Document:
    """Evidence with the citation that its source asks for, if it asks for one."""
    citation = BY_NAME[entry["source"]].citation
    return {**entry, "citation": citation.format(as_of[:DAY])} if citation else entry


def _data_handling(subject: Subject) -> Document | None:
    block: Document = {
        "zero_retention": subject.value("zero_retention"),
        "regions": sorted(subject.items("region")),
        "distillable": subject.value("distillable"),
        "providers": [_provider(subject, name) for name in sorted(subject.items(PROVIDER))],
    }
    return block if any(value not in (None, []) for value in block.values()) else None


def _provider(subject: Subject, name: str) -> Document:
    facts = {group: subject.value(f"{group}:{name}") for group in OF_PROVIDERS}
    return {"name": name, **facts, "datacenters": facts["datacenters"] or []}


def _bounds(subject: Subject) -> tuple[Claim, Claim | None] | None:
    """The claims of the highest share that is reached, and of the lowest that is missed; None where none is reached.

    A model that misses even the lowest may have made no calls at all. Answers of different moments can contradict each
    other; then nothing is stated.
    """
    reached = sorted(subject.items("tool_success_reached"), key=Decimal)
    missed = sorted(subject.items("tool_success_missed"), key=Decimal)
    if not reached or (missed and Decimal(missed[0]) <= Decimal(reached[-1])):
        return None
    lowest = subject.claims[f"tool_success_missed:{missed[0]}"] if missed else None
    return subject.claims[f"tool_success_reached:{reached[-1]}"], lowest


def _tool_calls(subject: Subject) -> Document | None:
    if (bounds := _bounds(subject)) is None:
        return None
    at_least, below = (claim and claim.fact.name.partition(":")[2] for claim in bounds)
    return {"at_least": at_least, "below": below}


def _tool_call_evidence(subject: Subject) -> Iterator[Document]:
    for key, claim in zip(("at_least", "below"), _bounds(subject) or (), strict=False):
        if claim:
            yield from_claim(f"{CALLS}/{key}", claim)


def _reasoning(subject: Subject) -> Document | None:
    block = {key: subject.value(fact) for key, fact in REASONING.items()}
    if all(value is None for value in block.values()):
        return None
    return {**block, "supported_efforts": block["supported_efforts"] or []}
