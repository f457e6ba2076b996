"""Computes all parts of `trust` that follow from the rest of a passport and the date of its signature."""

from datetime import datetime
from typing import Any

from pipelines.scoring.assessment import assess
from pipelines.scoring.counts import CountedPassport, Json
from pipelines.scoring.score import evaluate, rank_breakdown, score, score_basis

RECOMPUTED = ("score", "rank_breakdown", "score_basis", "assessment")
"""Their keys."""


def recompute(unfragile: Json, *, signed_at: datetime) -> dict[str, Any]:
    """Recompute score, breakdown, basis and assessment of a passport; return each by its key in `trust`."""
    evaluated = evaluate(CountedPassport(unfragile))
    breakdown = rank_breakdown(evaluated, signed_at=signed_at)
    return {
        "score": score(breakdown),
        "rank_breakdown": breakdown,
        "score_basis": score_basis(evaluated, breakdown),
        "assessment": assess(evaluated.passport, signed_at=signed_at),
    }
