"""How far to trust an artifact, and how that was computed."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Frozen
from schemas.passport.scalars import DISTINCT, OMISSIBLE, Count, Instant, Line, Ratio, Text, Texts, Whole
from schemas.registry import Status

Risk = Literal["low", "moderate", "high"]
"""How much of the user's data or systems is exposed by using the artifact."""


class RankWeights(Frozen):
    """How much each component of the score counts."""

    adoption: Ratio
    quality: Ratio
    ecosystem: Ratio
    match_graph: Ratio
    freshness: Ratio


class RankBreakdown(Frozen):
    """Components of the score, which is the sum of weight times component, in percent, rounded."""

    adoption: Ratio
    quality: Ratio
    ecosystem: Ratio
    match_graph: Ratio
    freshness: Ratio
    weights: RankWeights


class ObservedOutcomes(Frozen):
    """What was observed when the artifact was chosen and used."""

    matches: Count
    success_rate: Ratio
    avg_confidence: Ratio
    top_intents: Texts
    last_matched_at: Instant | None


class Maintenance(Frozen):
    """Whether the artifact is still listed, and when that was observed."""

    status: Status
    updated_at: Instant
    """When the passport's substance last changed."""
    last_scraped_at: Instant
    """When the response that contained its listing arrived."""
    last_commit: Instant | None


class Community(Frozen):
    """Signals of popularity; None for each that no source gives."""

    stars: Count | None
    forks: Count | None
    weekly_downloads: Count | None
    model_downloads: Count | None
    """In 30 days, as the Hugging Face Hub counts them."""
    model_likes: Count | None


class SourceFreshness(Frozen):
    """How fresh one source was when the passport was signed."""

    source: Line
    last_scraped_at: Instant
    due_after: Instant
    """From then on it should have been scraped again."""
    stale_after: Instant
    """From then on what it states must not be relied on."""
    verdict: Literal["fresh", "due", "stale"]


class Freshness(Frozen):
    """How fresh each source was at one instant."""

    evaluated_at: Instant
    sources: Annotated[tuple[SourceFreshness, ...], Field(min_length=1)]


class Coverage(Frozen):
    """How many of the values that apply to the artifact, and that a buyer asks for, are stated."""

    stated: Count
    of: Count


class Trust(Frozen):
    """How far to trust the artifact, and why."""

    score: Annotated[Whole, Field(ge=0, le=100)]
    verified: bool
    """Whether the builder's identity has been verified."""
    data_access_risk: Risk
    permissions: Annotated[tuple[Text, ...], Field(max_length=10), DISTINCT]
    """What a caller needs in order to use the artifact."""
    failure_modes: Annotated[tuple[Text, ...], Field(max_length=12), DISTINCT]
    """How the artifact can fail."""
    rank_breakdown: RankBreakdown
    observed_outcomes: ObservedOutcomes
    maintenance: Maintenance
    community: Community
    freshness: Annotated[Freshness | None, OMISSIBLE] = None
    coverage: Annotated[Coverage | None, OMISSIBLE] = None
