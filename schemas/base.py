"""Base class of the frozen pydantic models, and the plain types that they share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

SLUG_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,199}$"
SHA256_PATTERN = r"^[0-9a-f]{64}$"
TIMESTAMP_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$"
POINTER_PATTERN = r"^(/([^~/]|~[01])*)*$"

Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN)]
"""Name of a passport in URLs and keys: lower case, digits, dot, underscore, hyphen; at most 200."""

Sha256 = Annotated[str, StringConstraints(pattern=SHA256_PATTERN)]
"""SHA-256 in lower-case hexadecimal."""

Timestamp = Annotated[str, StringConstraints(pattern=TIMESTAMP_PATTERN)]
"""UTC with milliseconds and Z, as `schemas.times.timestamp` prints it."""

Pointer = Annotated[str, StringConstraints(pattern=POINTER_PATTERN)]
"""A JSON Pointer (RFC 6901); "" is the whole document."""


class Frozen(BaseModel):
    """A model whose instances never change; it refuses unknown fields and converts no types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class Stored(Frozen):
    """A frozen model that stored files write some fields of under an older name; either name is read."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)
