"""The artifact that a passport is about, and its capabilities."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from schemas.base import Frozen, Slug
from schemas.passport.model import Model
from schemas.passport.scalars import (
    DISTINCT,
    OMISSIBLE,
    ArtifactId,
    Count,
    Ratio,
    StartingPrice,
    Text,
    Texts,
    Url,
)
from schemas.registry import Status

ArtifactType = Literal[
    "agent", "api", "app", "benchmark", "cli", "dataset", "extension", "finetune", "framework", "mcp",
    "model", "platform", "product", "prompt", "repo", "skill", "template", "webapp", "workflow",
]  # fmt: skip
"""What kind of thing an artifact is."""

PricingModel = Literal["paid", "free", "open_source", "usage", "freemium", "unknown"]
"""How it is paid for."""

CapabilityCategory = Literal[
    "planning-reasoning", "text-generation-language", "code-generation-editing", "tool-use-integration",
    "safety-moderation", "image-visual", "data-processing-analysis", "search-retrieval", "automation-workflow",
]  # fmt: skip
"""Kind of capability; the first of a capability's kinds begins its URI."""

Category = Annotated[str, StringConstraints(max_length=100, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
"""Category that an artifact is listed in: "chatbots-assistants"."""

CapabilityId = Annotated[
    str, StringConstraints(max_length=300, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*__cap_(0|[1-9][0-9]*)$")
]
"""The artifact's id, "__cap_" and a running number."""

PurposeId = Annotated[str, StringConstraints(max_length=100, pattern=r"^[a-z]+(-[a-z]+)*$")]
"""Id of a purpose in the closed vocabulary: "code-editing"."""

PurposeUri = Annotated[str, StringConstraints(max_length=500, pattern=r"^purpose://[a-z0-9]+(\.[a-z0-9]+)*$")]
"""Name of a purpose, the same on every artifact that has it."""

CapabilityUri = Annotated[str, StringConstraints(max_length=500, pattern=r"^capability://[a-z0-9]+(\.[a-z0-9]+)*$")]
"""Name of a capability, the same on every artifact that has it."""


class Pricing(Frozen):
    """How the artifact is paid for, and from what price on; exact prices are in `Model.prices`."""

    model: PricingModel
    free: bool
    starting_price: StartingPrice | None
    """Of one prompt token, in US dollars; None where it is free or not known."""

    @model_validator(mode="after")
    def _costs_nothing_when_free(self) -> "Pricing":
        if self.free and self.starting_price is not None:
            raise ValueError("is free and has a starting_price: that must be null")
        return self


class Artifact(Frozen):
    """The model or other thing that the passport is about, as its listing names it."""

    id: ArtifactId
    """Source and slug: "openrouter-qwen-qwq-32b"."""
    slug: Slug
    name: Text
    """Verbatim from the listing."""
    type: ArtifactType
    url: Url
    """Where the source lists it."""
    page_url: Url
    """Its page in this registry."""
    categories: tuple[Category, ...]
    tags: Texts
    pricing: Pricing
    status: Status
    """The same as `Maintenance.status`."""
    verified: bool
    """Whether the builder's identity has been verified; the same as `Trust.verified`."""
    model: Annotated[Model | None, OMISSIBLE] = None


class Capability(Frozen):
    """One thing that the artifact can do."""

    id: CapabilityId
    uri: CapabilityUri
    name: Text
    description: Text
    intents: Texts
    """Requests of somebody who needs it, in their words."""
    best_for: Texts
    limitations: Texts
    requires: Texts
    input_types: Texts
    output_types: Texts
    categories: Annotated[tuple[CapabilityCategory, ...], Field(min_length=1), DISTINCT]
    """The main one first; the URI begins with it."""
    confidence: Ratio | None
    """How certain it is that the artifact has the capability; None where nothing was compared, as `basis` says."""
    basis: Annotated[Text | None, OMISSIBLE] = None
    """What the confidence rests on: "stated", or a comparison with its counts."""
    matches: Count
    """How often the artifact was chosen for this capability and the outcome observed."""
    success_rate: Ratio
    """Share of those matches that succeeded; 0 while there are none."""

    @model_validator(mode="after")
    def _explains_a_missing_confidence(self) -> "Capability":
        if self.confidence is None and self.basis is None:
            raise ValueError("has no confidence and no basis: say what the claim rests on")
        return self


class Purpose(Frozen):
    """One thing that the artifact is made or used for."""

    id: PurposeId
    uri: PurposeUri
    name: Text
    description: Text
    category: CapabilityCategory
    """The URI begins with it."""
    intents: Texts
    """Requests of somebody who needs it, in their words."""
