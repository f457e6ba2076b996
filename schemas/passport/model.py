"""Facts and figures of a model: `artifact.model` of a passport."""

from typing import Annotated, Literal

from pydantic import model_validator

from schemas.base import Frozen
from schemas.passport.facets import DataHandling, Popularity, Reasoning, ToolCallSuccess
from schemas.passport.scalars import OMISSIBLE, Count, Date, Decimal, Line, Month, Percent, Text, Texts, TimeOfDay


class PriceCondition(Frozen):
    """When a price holds: all conditions that are present must be met."""

    min_prompt_tokens: Annotated[Count | None, OMISSIBLE] = None
    """Prompts of at least so many tokens."""
    utc_start: Annotated[TimeOfDay | None, OMISSIBLE] = None
    """From this time of day, with utc_end."""
    utc_end: Annotated[TimeOfDay | None, OMISSIBLE] = None
    """Up to this time of day, with utc_start."""

    @model_validator(mode="after")
    def _says_something(self) -> "PriceCondition":
        if not self.model_fields_set:
            raise ValueError("states no condition: leave the key `when` out instead")
        if ("utc_start" in self.model_fields_set) != ("utc_end" in self.model_fields_set):
            raise ValueError("names one end of a time window: give both utc_start and utc_end")
        return self


class ModelPrice(Frozen):
    """What one unit of use costs."""

    kind: Line
    """The source's name of the price: "prompt", "completion", "image", …"""
    usd: Decimal
    """US dollars for one unit, exact."""
    unit: Line
    """What is counted: "prompt token", "request", …"""
    when: Annotated[PriceCondition | None, OMISSIBLE] = None
    """When this price holds instead of the unconditional one of its kind."""


class Offer(Frozen):
    """One form in which the source sells the model."""

    id: Text
    """The source's id, e.g. "qwen/qwq-32b:free"."""
    variant: Line
    """The part of the id after the colon; "standard" where there is none."""
    name: Text
    free: bool
    context_tokens: Count | None
    max_output_tokens: Count | None
    expires_on: Date | None
    """Announced last day of this offer."""
    prices: tuple[ModelPrice, ...]


class ModelProvider(Frozen):
    """One endpoint that runs the model, as the source last reported it."""

    name: Text
    tag: Text
    """The source's id of the endpoint."""
    status: Literal["up", "degraded", "down", "unknown"]
    quantization: Text | None
    """Number format of the weights; None when not stated."""
    context_tokens: Count | None
    max_output_tokens: Count | None
    uptime_percent: Percent | None
    """Share of requests that succeeded in the 30 minutes before the scrape."""
    prices: tuple[ModelPrice, ...]
    supported_parameters: Annotated[Texts | None, OMISSIBLE] = None
    """Request parameters that this endpoint supports, which can be fewer than the listing states."""


class BaseModel(Frozen):
    """A model that this one was made from."""

    id: Text
    """Repository on the Hugging Face Hub."""
    relation: Line
    """What was made of it: "finetune", "adapter", "quantized", "merge"; "base" where only the base is named."""


class Benchmark(Frozen):
    """One figure that a model's maker declares for it."""

    task: Text | None
    dataset: Text | None
    metric: Text
    value: Text
    """Digit for digit as declared."""


class SourceRecord(Frozen):
    """One record that the passport was made from."""

    source: Line
    id: Text
    joined_by: Literal["own", "stated", "name"]
    """Why it is of this model. "own": it names the passport or belongs to the record that does; "stated": a source
    states that both are the same model; "name": only their names agree."""


class Model(Frozen):
    """Facts and figures as the sources state them; None where none does."""

    listing_id: Text
    """The source's id of the model, e.g. "qwen/qwq-32b"."""
    canonical_slug: Text | None
    """The source's permanent name of exactly this version."""
    aliases: Texts
    """Other ids of the source for the same model."""
    huggingface_id: Text | None
    licence: Text | None
    open_weights: bool | None
    context_tokens: Count | None
    """Most tokens of input and output together."""
    max_output_tokens: Count | None
    input_modalities: Texts
    output_modalities: Texts
    parameters: Texts
    """Request parameters that the listing states as supported."""
    knowledge_cutoff: Date | Month | None
    """A day, or a month where no day is stated."""
    released_on: Date | None
    """Day that a source calls its release."""
    expires_on: Date | None
    """Day on which the source will stop offering the model, as it announces."""
    prices: tuple[ModelPrice, ...]
    """Of the base model; empty when none is known, as with routers."""
    offers: tuple[Offer, ...]
    providers: tuple[ModelProvider, ...]
    listed_on: Date | None = None
    """Day since which the source that names the passport has listed it."""
    parameter_count: Count | None = None
    """Number of weights: of its files, else of a sentence of its card or description, else of its name."""
    gated: Text | None = None
    """How access to the weights is granted, where they are gated."""
    base_models: Annotated[tuple[BaseModel, ...] | None, OMISSIBLE] = None
    languages: Annotated[Texts | None, OMISSIBLE] = None
    """Languages that its maker declares, as codes; "multilingual" where no single one is."""
    benchmarks: Annotated[tuple[Benchmark, ...] | None, OMISSIBLE] = None
    popularity: Popularity | None = None
    data_handling: DataHandling | None = None
    tool_call_success: ToolCallSuccess | None = None
    use_cases: Annotated[Texts | None, OMISSIBLE] = None
    """Use cases for which its seller lists it: "programming"."""
    reasoning: Reasoning | None = None
    successor: Text | None = None
    """The model that a source names as the one to use instead."""
    records: Annotated[tuple[SourceRecord, ...] | None, OMISSIBLE] = None
    """Records that the passport was made from."""
    training_data: Annotated[Texts | None, OMISSIBLE] = None
    """Addresses of what it was trained on, as its card links them."""
    sampling_rate_hz: Annotated[Count | None, OMISSIBLE] = None
    """Sampling rate that its audio must have."""
    casing: Annotated[Literal["cased", "uncased"] | None, OMISSIBLE] = None
    """Whether it tells upper from lower case."""
    max_sequence_tokens: Annotated[Count | None, OMISSIBLE] = None
    """Longest input in tokens, as its card states it."""
