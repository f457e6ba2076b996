"""Computes the trust score, from the passport alone: `score_of(passport)` recomputes that of any signed passport.

Score = round(100 · Σ weight · component), half up. Components are between 0 and 1, rounded to two decimals first.

adoption     mean over the popularity signals that exist of log(1 + n) / log(1 + reference), at most 1 each; a place
             in an order of models is worth 1 - ((place - 1) / models) to the power of 0.7; .05 when there is no
             signal, and never less
quality      of the checks that apply (`pipelines.scoring.quality`), the share that the passport meets
ecosystem    log(1 + places) / log(1 + 20), at most 1; places: origins of evidence, the Hub where a
             repository there is named, and providers; each counts once
match_graph  Beta posterior mean of observed outcomes: (2 + successes) / (8 + matches), so .25 without any
freshness    0.5 to the power of (age / 14 days), age from the last good scrape to the signature

A component without data still has a value: `score_basis` names it, and the scores that it leaves possible.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pipelines.scoring.counts import CountedPassport, Json, hundredths, share_of
from pipelines.scoring.quality import applied_checks, quality
from schemas.times import instant

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
"""Signal of `trust.community` → the count that scores 1: about the largest seen on the hubs."""

TOKENS_UNIT, TOKENS_REFERENCE = 10**6, 10**7
"""Tokens of a week are counted in millions; ten trillion of them score 1: twice the most in the week to 2026-07-12."""
PLACE_EXPONENT = 0.7
"""Makes a place worth what its tokens are worth, where the seller stops publishing tokens: after the fiftieth place."""

ECOSYSTEM_REFERENCE = 20
PRIOR_SUCCESSES, PRIOR_MATCHES = 2, 8
FRESHNESS_HALF_LIFE = timedelta(days=14)


class Evaluated(NamedTuple):
    """What score and its basis both rest on."""

    passport: CountedPassport
    signals: dict[str, float]
    """Each popularity signal that exists, from 0 to 1."""
    checks: dict[str, bool]
    """Each check of quality that applies, and whether it is met."""


def evaluate(passport: CountedPassport) -> Evaluated:
    """Find the popularity signals of a passport, and make the checks of quality that apply to it."""
    return Evaluated(passport, popularity_signals(passport), applied_checks(passport))


def rank_breakdown(evaluated: Evaluated, *, signed_at: datetime) -> dict[str, Any]:
    """Every component and the weights, as the passport shows them."""
    unfragile = evaluated.passport.unfragile
    model = unfragile["artifact"]["type"] == "model"
    return {
        "adoption": adoption(evaluated.signals),
        "quality": quality(evaluated.checks),
        "ecosystem": ecosystem(evaluated.passport),
        "match_graph": match_graph(unfragile["trust"]["observed_outcomes"]),
        "freshness": freshness(unfragile["trust"]["maintenance"]["last_scraped_at"], signed_at),
        "weights": dict(MODEL_WEIGHTS if model else OTHER_WEIGHTS),
    }


def score(breakdown: Json) -> int:
    """The score of a breakdown; computed in whole numbers (hundredths times hundredths), so that it rounds exactly."""
    weights = breakdown["weights"]
    total: int = sum([round(100 * weight) * round(100 * breakdown[name]) for name, weight in weights.items()])
    return (total + 50) // 100


def score_of(passport: Json) -> int:
    """Recompute a signed passport's score from itself alone; `passport` is the object that holds `unfragile`."""
    return score(
        rank_breakdown(evaluate(CountedPassport(passport["unfragile"])), signed_at=instant(passport["signedAt"]))
    )


def score_basis(evaluated: Evaluated, breakdown: Json) -> dict[str, Any]:
    """What the score rests on: its popularity signals, its unmet checks, and the components without data.

    `score_min` and `score_max` are the scores that those components leave possible: each of them from 0 to 1, adoption
    from its floor.
    """
    passport, signals, applied = evaluated
    least = {} if signals else {"adoption": ADOPTION_FLOOR}
    least |= {} if passport.unfragile["trust"]["observed_outcomes"]["matches"] else {"match_graph": 0}
    return {
        "signals": [{"name": name, "value": hundredths(mark)} for name, mark in signals.items()],
        "checks": len(applied),
        "unmet": [name for name, met in applied.items() if not met],
        "without_data": list(least),
        "score_min": score({**breakdown, **least}),
        "score_max": score({**breakdown, **dict.fromkeys(least, 1)}),
    }


def adoption(signals: Mapping[str, float]) -> float | int:
    """How widely the model is used, from 0.05 to 1, by the popularity signals that exist."""
    marks = signals.values()
    return hundredths(max(ADOPTION_FLOOR, sum(marks) / len(marks)) if marks else ADOPTION_FLOOR)


def popularity_signals(passport: CountedPassport) -> dict[str, float]:
    """Each popularity signal that exists, from 0 to 1; a place counts only where no tokens are published."""
    community = passport.unfragile["trust"]["community"]
    found = {
        name: share_of(community[name], reference)
        for name, reference in ADOPTION_REFERENCES.items()
        if community[name] is not None
    }
    used = passport.model.get("popularity")
    if used and used["tokens_week"] is not None:
        found["tokens_week"] = share_of(used["tokens_week"] / TOKENS_UNIT, TOKENS_REFERENCE)
    elif used:
        found["rank"] = 1 - min(1.0, max(0, used["rank"] - 1) / max(1, used["of"])) ** PLACE_EXPONENT
    return found


def ecosystem(passport: CountedPassport) -> float | int:
    """In how many independent places the model appears, on a logarithmic scale up to 1."""
    return hundredths(share_of(len(passport.places), ECOSYSTEM_REFERENCE))


def match_graph(outcomes: Json) -> float | int:
    """The expected success rate after the observed outcomes, from a prior of one success in four."""
    successes = outcomes["matches"] * outcomes["success_rate"]
    return hundredths((PRIOR_SUCCESSES + successes) / (PRIOR_MATCHES + outcomes["matches"]))


def freshness(last_scraped_at: str, signed_at: datetime) -> float | int:
    """How recent the last good scrape was when the passport was signed: 1 at once, half after 14 days."""
    age = max(timedelta(0), signed_at - instant(last_scraped_at))
    return hundredths(2 ** -(age / FRESHNESS_HALF_LIFE))
