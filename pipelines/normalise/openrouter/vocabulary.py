"""The words that OpenRouter's API document knows; others are retained, counted and shown."""

from typing import Literal

from pipelines.normalise.prices import PRICE_UNITS

INPUT_MODALITIES = ("text", "image", "file", "audio", "video")
OUTPUT_MODALITIES = ("text", "image", "embeddings", "audio", "video", "rerank", "speech", "transcription")
PARAMETERS = (
    "frequency_penalty",
    "include_reasoning",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "min_p",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "reasoning",
    "reasoning_effort",
    "repetition_penalty",
    "response_format",
    "seed",
    "stop",
    "structured_outputs",
    "temperature",
    "tool_choice",
    "tools",
    "top_a",
    "top_k",
    "top_logprobs",
    "top_p",
    "verbosity",
    "web_search_options",
)

REASONING_EFFORTS = ("max", "xhigh", "high", "medium", "low", "minimal", "none")
QUANTIZATIONS = (
    "int4", "int8", "fp4", "mxfp4", "nvfp4", "fp6", "fp8", "mxfp8", "fp16", "bf16", "fp32", "unknown",
)  # fmt: skip
ENDPOINT_STATUSES: dict[object, Literal["up", "degraded", "unknown"]] = {
    0: "up",
    -1: "degraded",
    -2: "degraded",
    -3: "degraded",
    -5: "degraded",
    -10: "degraded",
}
"""Status code → our word for it. The document lists the codes without explanation; 0 is the healthy one."""

VOCABULARY = frozenset(
    [f"input:{word}" for word in INPUT_MODALITIES]
    + [f"output:{word}" for word in OUTPUT_MODALITIES]
    + [f"parameter:{word}" for word in PARAMETERS]
    + [f"price:{word}" for word in PRICE_UNITS]
    + [f"reasoning_effort:{word}" for word in REASONING_EFFORTS]
    + ["price_condition:min_prompt_tokens", "price_condition:utc_window"]
)
"""Every known fact name with a group; `pipelines/rules/` maps each one, or explains why it is no capability."""

GROUPS = frozenset(name.partition(":")[0] for name in VOCABULARY)
"""Groups of facts whose names contain a word of the source."""

UNREAD_FIELDS = frozenset(
    [
        "/links",  # navigation inside the API
        "/default_parameters",  # sampling defaults: settings of a call, no claim about the model
        "/benchmarks",  # third parties' daily ranks: they change without the model changing
        "/architecture/modality",  # the two modality lists in one word
        "/alias_target/name",  # repeated in the target's own record
        "/reasoning/supports_max_tokens",  # a setting of a call
        "/pricing/discount",  # already deducted: recorded prices are round before it, not after
    ]
)
"""Known fields of a model that are left out on purpose, each with its reason."""

UNREAD_ENDPOINT_FIELDS = frozenset(
    [
        "/created",  # the model's, as the list states it
        "/description",  # likewise
        "/architecture",  # likewise
        "/endpoints/name",  # provider and model in one text
        "/endpoints/model_id",  # the model's
        "/endpoints/model_name",  # likewise
        "/endpoints/max_prompt_tokens",  # the context is read
        "/endpoints/supports_implicit_caching",  # shown by the price of a cached prompt token
        "/endpoints/supports_voice_cloning",  # no claim of ours rests on it
        "/endpoints/latency_last_30m",  # a figure of the last half hour
        "/endpoints/throughput_last_30m",  # likewise
        "/endpoints/uptime_last_5m",  # that of the last half hour is read
        "/endpoints/uptime_last_1d",  # likewise
        "/endpoints/pricing/discount",  # already deducted: recorded prices are round before it, not after
    ]
)
"""Known fields of an endpoints record that are left out on purpose, each with its reason."""
