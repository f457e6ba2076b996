"""What the demo replays: a few of OpenRouter's listings, as they were recorded."""

import json
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

SOURCE = "openrouter"
"""The source that is replayed."""

RECORDED_AT = datetime(2026, 4, 22, 8, 12, 12, 969_000, tzinfo=UTC)
"""Time of observation of every record in the recording; the demo's clock is fixed there."""


def models() -> list[dict[str, Any]]:
    """Return OpenRouter's list as it was recorded, newest first, each model in the shape of the API's `Model`."""
    records: list[dict[str, Any]] = json.loads(_text("openrouter_models.json"))
    return records


def endpoints() -> dict[str, dict[str, Any]]:
    """Return model id → recorded answer of `/models/<author>/<slug>/endpoints`; most models have none."""
    answers: dict[str, dict[str, Any]] = json.loads(_text("openrouter_endpoints.json"))
    return answers


def facets() -> dict[str, Any]:
    """Return the invented answers about all models: lists of ids by query, and what is answered at other paths."""
    answers: dict[str, Any] = json.loads(_text("openrouter_facets.json"))
    return answers


def _text(name: str) -> str:
    return files("flows.demo").joinpath(name).read_text("utf-8")
