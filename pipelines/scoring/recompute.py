"""Computes all parts of `trust` that follow from the rest of a passport and the date of its signature."""

from datetime import datetime
from typing import Any

from pipelines.scoring.assessment import assess
from pipelines.scoring.counts import Json
from pipelines.scoring.score import rank_breakdown, score, score_basis

RECOMPUTED = ("score", "rank_breakdown", "score_basis", "assessment")
"""Their keys."""


def recompute(unfragile: Json, *, signed_at: datetime) -> dict[str, Any]:
    """Recompute score, breakdown, basis and assessment of a passport; return each by its key in `trust`."""
    breakdown = rank_breakdown(unfragile, signed_at=signed_at)
    return {
        "score": score(breakdown),
        "rank_breakdown": breakdown,
        "score_basis": score_basis(unfragile, breakdown),
        "assessment": assess(unfragile, signed_at=signed_at),
    }
