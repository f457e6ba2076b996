"""Makes records of the Hub, and cards, of an invented model."""

import json
from typing import Any

from schemas.listing import Fact, Listing, RawListing
from tests.support.listings import admitted, raw_body

REPOSITORY = "HeronLab/Heron-7B"

RECORD: dict[str, Any] = {
    "_id": "64f5fd954d3b1dd311d30e28",
    "id": REPOSITORY,
    "author": "HeronLab",
    "modelId": REPOSITORY,
    "sha": "d04e592bb4f6aa9cfee91e2e20afa771667e1d4b",
    "private": False,
    "disabled": False,
    "gated": False,
    "createdAt": "2026-01-05T09:30:00.000Z",
    "lastModified": "2026-02-01T10:00:00.000Z",
    "downloads": 4200,
    "likes": 17,
    "trendingScore": 3,
    "library_name": "transformers",
    "pipeline_tag": "text-generation",
    "tags": ["transformers", "safetensors", "en", "sv", "marsh", "license:apache-2.0", "region:us"],
}


def repository(
    *, asked_as: str | None = None, formerly: tuple[str, ...] = (), succeeds: str | None = None, **changes: Any
) -> Listing:
    notes = {"asked_as": asked_as, "formerly": formerly, "succeeds": succeeds}
    return admitted(repository_raw(**changes).model_copy(update=notes))


def repository_raw(**changes: Any) -> RawListing:
    """Return the record as the Hub sends it; a change of None leaves the field out."""
    made = {key: value for key, value in {**RECORD, **changes}.items() if value is not None}
    return raw_body(json.dumps(made, sort_keys=True), id=str(made["id"]), source="huggingface")


def absence(asked: str = REPOSITORY, status: int = 401) -> Listing:
    return admitted(absence_raw(asked, status))


def absence_raw(asked: str = REPOSITORY, status: int = 401) -> RawListing:
    made = {"asked": asked, "error": "Invalid username or password.", "status": status}
    return raw_body(json.dumps(made), id=asked, source="huggingface")


def moved(asked: str = REPOSITORY, found: str = "HeronLab/Heron-7B-Chat") -> Listing:
    """Return the observation that a repository was renamed."""
    return answer_of(asked, found, RECORD["_id"], RECORD["_id"])


def replaced(asked: str = REPOSITORY) -> Listing:
    """Return the observation that another repository has the name now."""
    return answer_of(asked, asked, "b" * 24, RECORD["_id"])


def answer_of(asked: str, found: str, found_id: str, sought_id: str) -> Listing:
    made = {"asked": asked, "found": found, "found_id": found_id, "sought_id": sought_id}
    return admitted(raw_body(json.dumps(made), id=asked, source="huggingface"))


def card(text: str, of: str = REPOSITORY) -> Listing:
    return admitted(raw_body(text, id=of, source="huggingface-card"))


def fenced(yaml: str, text: str = "") -> str:
    return f"---\n{yaml}\n---\n{text}"


def facts(listing: Listing) -> dict[str, Fact]:
    return {fact.name: fact for fact in reversed(listing.facts)}
