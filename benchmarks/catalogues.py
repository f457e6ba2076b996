"""Reads what two catalogues by others state of a model's capabilities: models.dev and LiteLLM's table.

models.dev states or denies most; LiteLLM seldom denies one, so a capability that it does not mention is no answer.
The recordings are in the folder PASSPORTS_RECORDINGS (or beside the checkout).
"""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Truth = Mapping[str, Any]
Reads = Callable[[Truth], bool | None]
Answers = Mapping[str, Mapping[str, bool]]
"""OpenRouter's id → capability → whether the catalogue states or denies it; a missing one is no answer."""

MODELS_DEV: dict[str, Reads] = {
    "tool calling": lambda t: t["tool_call"],
    "extended reasoning": lambda t: t["reasoning"],
    "structured output": lambda t: t.get("structured_output"),
    "image understanding": lambda t: "image" in t["modalities"]["input"] and "text" in t["modalities"]["output"],
    "document input": lambda t: "pdf" in t["modalities"]["input"],
    "audio input": lambda t: "audio" in t["modalities"]["input"],
    "audio output": lambda t: "audio" in t["modalities"]["output"],
    "video understanding": lambda t: "video" in t["modalities"]["input"],
    "image generation": lambda t: "image" in t["modalities"]["output"],
    "long context": lambda t: 128_000 <= t["limit"]["context"] < 1_000_000,
    "very long context": lambda t: t["limit"]["context"] >= 1_000_000,
    "prompt caching": lambda t: "cache_read" in t["cost"] if "cost" in t else None,
}
"""Capability → how to read it from an entry of models.dev."""

LITELLM: dict[str, Reads] = {
    "multi-turn chat": lambda t: t["mode"] in ("chat", "responses"),
    "tool calling": lambda t: t.get("supports_function_calling"),
    "extended reasoning": lambda t: t.get("supports_reasoning"),
    "structured output": lambda t: t.get("supports_response_schema"),
    "image understanding": lambda t: t.get("supports_vision"),
    "document input": lambda t: t.get("supports_pdf_input"),
    "audio input": lambda t: t.get("supports_audio_input"),
    "audio output": lambda t: t.get("supports_audio_output"),
    "video understanding": lambda t: t.get("supports_video_input"),
    "parallel tool calling": lambda t: t.get("supports_parallel_function_calling"),
    "prompt caching": lambda t: t.get("supports_prompt_caching"),
    "web search": lambda t: t.get("supports_web_search"),
}
"""Capability → how to read it from a row of LiteLLM."""

SPOKEN_OF = tuple(dict.fromkeys((*MODELS_DEV, *LITELLM)))
"""Capabilities that at least one of them can state, in the order of the tables."""


def recordings() -> Path:
    """Return the folder of the recordings."""
    named = os.environ.get("PASSPORTS_RECORDINGS")
    return (Path(named) if named else Path(__file__).resolve().parents[2] / "shared") / "data"


def models_dev() -> dict[str, Any]:
    """Return the recorded file of models.dev: section → its models."""
    sections: dict[str, Any] = json.loads(next((recordings() / "modelsdev").glob("api_*.json")).read_bytes())
    return sections


def litellm() -> dict[str, Any]:
    """Return the recorded table of LiteLLM: id → row, without the first row, which explains the fields."""
    rows: dict[str, Any] = json.loads(next((recordings() / "litellm").glob("*.json")).read_bytes())
    return {name: row for name, row in rows.items() if name != "sample_spec"}


def answers(entries: Mapping[str, Truth], reads: Mapping[str, Reads]) -> dict[str, dict[str, bool]]:
    """Return id → capability → answer of its entry, leaving out None, which is no answer."""
    read = {entry_id: {name: ask(entry) for name, ask in reads.items()} for entry_id, entry in entries.items()}
    return {
        key: {name: bool(answer) for name, answer in of_entry.items() if answer is not None}
        for key, of_entry in read.items()
    }


def two_sided(answers_of: Answers) -> set[str]:
    """Return the capabilities that a catalogue both states and denies: only of those does its yes mean something."""
    stated = {(name, answer) for of_one in answers_of.values() for name, answer in of_one.items()}
    return {name for name, _ in stated if {(name, True), (name, False)} <= stated}


def first_of(first: Answers, second: Answers) -> dict[str, dict[str, bool]]:
    """Return one answer for each id and capability: that of `first`, else that of `second`."""
    return {key: {**second.get(key, {}), **first.get(key, {})} for key in sorted({*first, *second})}
