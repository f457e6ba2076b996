"""Reads one raw record into a Listing, or quarantines it with stage, field and reason."""

from collections.abc import Callable
from typing import Literal

from pipelines.errors import PipelineError, PlacedError
from pipelines.extraction.record import read_proposals
from pipelines.normalise.github import read_code
from pipelines.normalise.huggingface.card import read_card
from pipelines.normalise.huggingface.licence import read_licence
from pipelines.normalise.huggingface.repository import read_repository
from pipelines.normalise.modelsdev import read_entry
from pipelines.normalise.openrouter.endpoints import read_endpoints
from pipelines.normalise.openrouter.models import read_model
from pipelines.normalise.openrouter.roll import read_roll
from pipelines.normalise.validate import validate
from schemas.listing import Listing, Quarantined, RawListing

Stage = Literal["normalise", "validate", "enrich", "issue", "sign", "verify"]

READERS: dict[str, Callable[[RawListing], Listing]] = {
    "openrouter": read_model,
    "openrouter-endpoints": read_endpoints,
    "openrouter-roll": read_roll,
    "huggingface": read_repository,
    "huggingface-card": read_card,
    "huggingface-licence": read_licence,
    "modelsdev": read_entry,
    "github": read_code,
    "extraction": read_proposals,
}
"""Source → what reads its records."""


FAULTS = (PipelineError, LookupError, ValueError, TypeError, ArithmeticError, RecursionError)
"""What stops a record, and never its batch: a step refuses it, or fails on it."""


def admit(raw: RawListing) -> Listing | Quarantined:
    """Read one record and check that it holds together, or say what is wrong with it."""
    stage: Stage = "normalise"
    try:
        listing = READERS[raw.source](raw)
        stage = "validate"
        validate(listing)
    except FAULTS as error:
        return refusal(raw, stage, error, raw.body)
    return listing


def refusal(what: RawListing | Listing, stage: Stage, error: Exception, raw: str) -> Quarantined:
    """Put a record aside with the step, place and reason that stopped it."""
    pointer, reason = "", f"{type(error).__name__}: {error}"
    if isinstance(error, PlacedError):
        pointer, reason = error.pointer, error.reason
    return Quarantined(
        stage=stage, source=what.source, id=what.id, field=pointer, reason=reason, observed_at=what.observed_at, raw=raw
    )
