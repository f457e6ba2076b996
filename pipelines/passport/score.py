"""Computes the trust score, from the passport alone: `score_of(passport)` recomputes that of any signed passport.

Score = round(100 · Σ weight · component), half up. Components are between 0 and 1, rounded to two decimals first.

adoption     mean over the popularity signals that exist of log(1 + n) / log(1 + reference), at most 1 each;
             .05 when there are none, and never less
quality      the share of `QUALITY_CHECKS` that the passport meets
ecosystem    log(1 + places) / log(1 + 20), at most 1; places: publishers with evidence, the Hub where a
             repository there is named, and providers; each counts once
match_graph  Beta posterior mean of observed outcomes: (2 + successes) / (8 + matches), so .25 without any
freshness    0.5 to the power of (age / 14 days), age from the last good scrape to the signature
"""

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from schemas.passport.evidence import WITHOUT_SOURCE
from schemas.sources import HUB
from schemas.times import instant

Json = Mapping[str, Any]

MODEL_WEIGHTS = {"adoption": 0.35, "quality": 0.2, "ecosystem": 0.1, "match_graph": 0.3, "freshness": 0.05}
OTHER_WEIGHTS = {"adoption": 0.25, "quality": 0.25, "ecosystem": 0.1, "match_graph": 0.3, "freshness": 0.1}
"""Measured on published passports: the weights of models, and of every other type."""

ADOPTION_FLOOR = 0.05
ADOPTION_REFERENCES = {
    "stars": 100_000,
    "forks": 20_000,
    "weekly_downloads": 10_000_000,
    "model_downloads": 10_000_000,
    "model_likes": 10_000,
}
"""Signal → the count that scores 1: about the largest seen on the hubs."""

ECOSYSTEM_REFERENCE = 20
PRIOR_SUCCESSES, PRIOR_MATCHES = 2, 8
FRESHNESS_HALF_LIFE = timedelta(days=14)

QUALITY_CHECKS: tuple[tuple[str, Callable[[Json, Json], bool]], ...] = (
    ("states its context length", lambda _, model: model["context_tokens"] is not None),
    ("states its maximum output", lambda _, model: model["max_output_tokens"] is not None),
    ("states what it takes and gives", lambda _, model: bool(model["input_modalities"] and model["output_modalities"])),
    ("states a price or that it is free", lambda unfragile, _: _tells_its_price(unfragile)),
    ("states when its training data ends", lambda _, model: model["knowledge_cutoff"] is not None),
    ("states a licence", lambda _, model: model["licence"] is not None),
    ("names a public repository of the model", lambda _, model: model["huggingface_id"] is not None),
    ("names its providers", lambda _, model: bool(model["providers"])),
    ("its sources agree", lambda unfragile, _: not unfragile["conflicts"]),
    ("no end is announced", lambda unfragile, _: unfragile["artifact"]["status"] == "active"),
)
"""Description of each check, and its test: a function of `unfragile` and its `artifact.model`."""


def rank_breakdown(unfragile: Json, *, signed_at: datetime) -> dict[str, Any]:
    """Every component and the weights, as the passport shows them."""
    model = unfragile["artifact"]["type"] == "model"
    return {
        "adoption": adoption(unfragile["trust"]["community"]),
        "quality": quality(unfragile),
        "ecosystem": ecosystem(unfragile),
        "match_graph": match_graph(unfragile["trust"]["observed_outcomes"]),
        "freshness": freshness(unfragile["trust"]["maintenance"]["last_scraped_at"], signed_at),
        "weights": dict(MODEL_WEIGHTS if model else OTHER_WEIGHTS),
    }


def score(breakdown: Json) -> int:
    """The score of a breakdown; computed in whole numbers (hundredths times hundredths), so that it rounds exactly."""
    weights = breakdown["weights"]
    total: int = sum(round(100 * weight) * round(100 * breakdown[name]) for name, weight in weights.items())
    return (total + 50) // 100


def score_of(passport: Json) -> int:
    """Recompute a signed passport's score from itself alone; `passport` is the object that holds `unfragile`."""
    return score(rank_breakdown(passport["unfragile"], signed_at=instant(passport["signedAt"])))


def adoption(community: Json) -> float | int:
    """How widely the model is used, from 0.05 to 1, by the popularity signals that exist."""
    marks = [
        min(1.0, math.log1p(community[name]) / math.log1p(reference))
        for name, reference in ADOPTION_REFERENCES.items()
        if community[name] is not None
    ]
    return _hundredths(max(ADOPTION_FLOOR, sum(marks) / len(marks)) if marks else ADOPTION_FLOOR)


def quality(unfragile: Json) -> float | int:
    """The share of the checklist that the passport meets."""
    model = _model(unfragile)
    return _hundredths(sum(met(unfragile, model) for _, met in QUALITY_CHECKS) / len(QUALITY_CHECKS))


def ecosystem(unfragile: Json) -> float | int:
    """In how many independent places the model appears, on a logarithmic scale up to 1."""
    model = _model(unfragile)
    sources = {entry["source"] for entry in unfragile["evidence"] if entry["asserted_by"] not in WITHOUT_SOURCE}
    publishers = {source.partition("-")[0] for source in sources}
    publishers |= {HUB} if model["huggingface_id"] is not None else set()
    providers = {provider["name"] for provider in model["providers"]}
    places = len(publishers) + len(providers)
    return _hundredths(min(1.0, math.log1p(places) / math.log1p(ECOSYSTEM_REFERENCE)))


def match_graph(outcomes: Json) -> float | int:
    """The expected success rate after the observed outcomes, from a prior of one success in four."""
    successes = outcomes["matches"] * outcomes["success_rate"]
    return _hundredths((PRIOR_SUCCESSES + successes) / (PRIOR_MATCHES + outcomes["matches"]))


def freshness(last_scraped_at: str, signed_at: datetime) -> float | int:
    """How recent the last good scrape was when the passport was signed: 1 at once, half after 14 days."""
    age = max(timedelta(0), signed_at - instant(last_scraped_at))
    return _hundredths(2 ** -(age / FRESHNESS_HALF_LIFE))


def _tells_its_price(unfragile: Json) -> bool:
    """Whether a caller knows the cost: it is free, or has prices, and none for what it outputs is missing."""
    pricing = unfragile["artifact"]["pricing"]
    return bool(pricing["free"] or (_model(unfragile)["prices"] and pricing["model"] != "unknown"))


def _model(unfragile: Json) -> Json:
    model: Json = unfragile["artifact"]["model"]
    return model


def _hundredths(value: float) -> float | int:
    """Round to two decimals, half up; whole numbers become int, so that canonical JSON is the same in every library."""
    whole = math.floor(value * 100 + 0.5)
    return whole // 100 if whole % 100 == 0 else whole / 100
