"""How far to trust an artifact, and how that was computed."""

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import Field

from schemas.base import Frozen
from schemas.passport.scalars import (
    DISTINCT,
    OMISSIBLE,
    Count,
    Decimal,
    Instant,
    Line,
    Percent,
    Ratio,
    Text,
    Texts,
    Whole,
)
from schemas.registry import Status

SignalName = Literal["stars", "forks", "weekly_downloads", "model_downloads", "model_likes", "tokens_week", "rank"]
"""The figure that a popularity signal is read from."""

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


class Signal(Frozen):
    """One popularity signal, and what it is worth."""

    name: SignalName
    value: Ratio


class ScoreBasis(Frozen):
    """What the score rests on, and the scores that are possible as long as some components have no data."""

    signals: Annotated[tuple[Signal, ...], Field(max_length=7)]
    """Popularity signals that exist; adoption is the mean of their values."""
    checks: Count
    """How many checks of quality apply."""
    unmet: Texts
    """Those of them that are not met."""
    without_data: Annotated[tuple[Literal["adoption", "match_graph"], ...], Field(max_length=2), DISTINCT]
    """Components whose value is only that of the format's prior or floor."""
    score_min: Annotated[Whole, Field(ge=0, le=100)]
    score_max: Annotated[Whole, Field(ge=0, le=100)]


class AvailabilityInputs(Frozen):
    """What availability was computed from."""

    providers_up: Count | None
    best_uptime_percent: Percent | None
    tool_calls_succeed: Decimal | None


class ProvenanceInputs(Frozen):
    """What provenance was computed from."""

    publishers: Count
    """Origins that gave evidence."""
    facts: Count
    corroborated: Count
    """Facts that more than one origin states."""
    conflicts: Count


class OpennessInputs(Frozen):
    """What openness was computed from."""

    licence: Text | None
    unrestricted: bool | None
    """Whether that licence restricts nobody's use; None where none is stated."""
    open_weights: bool | None
    on_request: bool
    """Whether access to the weights is known to be granted on request only."""
    card: bool
    """Whether the card of its maker was read."""


class CurrencyInputs(Frozen):
    """What currency was computed from."""

    last_scraped_at: Instant
    status: Status
    days_left: Annotated[Whole, Field(ge=-400_000, le=4_000_000)] | None
    """Days from the signature to the announced end; None where none is announced."""


class SafetyInputs(Frozen):
    """What the assessment of safety statements was computed from."""

    limits_of_card: Count | None
    """How many sentences of its card state a limit; None where there is no card."""


_Inputs = TypeVar("_Inputs", bound=Frozen)


class Dimension(Frozen, Generic[_Inputs]):
    """One dimension of the assessment."""

    value: Ratio | None
    """From 0 to 1; None where there are no data."""
    inputs: _Inputs


class Assessment(Frozen):
    """Five dimensions to decide by, each recomputable from the passport alone."""

    availability: Dimension[AvailabilityInputs]
    provenance: Dimension[ProvenanceInputs]
    openness: Dimension[OpennessInputs]
    currency: Dimension[CurrencyInputs]
    safety_statements: Dimension[SafetyInputs]


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
    score_basis: Annotated[ScoreBasis | None, OMISSIBLE] = None
    assessment: Annotated[Assessment | None, OMISSIBLE] = None
