"""Revoked passports: the list that a registry signs, and a snapshot's reference to it."""

import re
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.base import Frozen, Sha256, Slug, Timestamp

MOST_REVOCATIONS = 50_000

_REASON = r"^[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]{1,300}$"
Reason = Annotated[str, StringConstraints(pattern=_REASON)]
"""A sentence in one line, without control characters, changes of direction and what has no width."""


def is_reason(text: str) -> bool:
    """Whether a text may be a `Reason`."""
    return re.fullmatch(_REASON, text) is not None and not text.isspace()


class Revocation(Frozen):
    """One revoked passport: every one of its slug that was signed up to `revoked_at`."""

    slug: Slug
    revoked_at: Timestamp
    reason: Reason
    object: Sha256
    """Hash of the passport that was served then."""
    payload: Sha256
    """Digest of its substance: it is not issued again with the same."""
    number: Annotated[int, Field(ge=1)]
    """The list that first had it."""


class RevocationList(Frozen):
    """The content of a file of `registry/revocations`: all revocations, those of the list before first."""

    number: Annotated[int, Field(ge=1)]
    issued_at: Timestamp
    revocations: Annotated[tuple[Revocation, ...], Field(min_length=1, max_length=MOST_REVOCATIONS)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        numbers = [one.number for one in self.revocations]
        if numbers != sorted(numbers) or numbers[-1] > self.number:
            raise ValueError("revocations are in the order of their lists, none of a later list than this one")
        return self

    def latest(self) -> Mapping[str, Revocation]:
        """Return slug → its last revocation."""
        return {one.slug: one for one in self.revocations}


class RevocationsRef(Frozen):
    """Reference from a snapshot to the list of revocations in force."""

    number: Annotated[int, Field(ge=1)]
    sha256: Sha256
    """Of the signed file."""
