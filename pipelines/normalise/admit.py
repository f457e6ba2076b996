"""Reads one raw record into a Listing, or quarantines it with stage, field and reason."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import cast

from pipelines.errors import PipelineError, PlacedError
from pipelines.normalise.validate import validate
from schemas.listing import Listing, Quarantined, RawListing, Stage
from schemas.sources import BY_NAME

Reader = Callable[[RawListing], Listing]


@cache
def reader_of(source: str) -> Reader:
    """Return the function that reads a source's records, imported from where the source's row names it.

    Imported when its first record is read: a crawl is of one source, and often of records that were read before.
    """
    module, _, function = BY_NAME[source].reader.partition(":")
    return cast("Reader", getattr(import_module(module), function))


FAULTS = (PipelineError, LookupError, ValueError, TypeError, ArithmeticError, RecursionError)
"""Errors that stop one record and never its batch: a step refuses the record, or fails on it."""


def admit(raw: RawListing) -> Listing | Quarantined:
    """Read one record and validate it, or quarantine it with the reason."""
    stage: Stage = "normalise"
    try:
        listing = reader_of(raw.source)(raw)
        stage = "validate"
        validate(listing)
    except FAULTS as error:
        return refusal(raw, stage, error, raw.body)
    return listing


def refusal(what: RawListing | Listing, stage: Stage, error: Exception, raw: str) -> Quarantined:
    """Quarantine a record with the stage, field and reason of the error that stopped it."""
    pointer, reason = "", f"{type(error).__name__}: {error}"
    if isinstance(error, PlacedError):
        pointer, reason = error.pointer, error.reason
    return Quarantined.of(what, stage, reason, field=pointer, raw=raw)
