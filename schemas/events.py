"""What a publication does to keys and revocations, beside issuing passports: for the log, and to show."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Frozen, Sha256, Slug, Timestamp
from schemas.revocations import Reason
from schemas.root import KeyState, Role, Thumbprint


class KeyEvent(Frozen):
    """A key of a role was named by a new root, or has another state or other dates in it."""

    kind: Literal["key"] = "key"
    root: int
    """Version of the root that says so."""
    role: Role
    key_id: Thumbprint
    state: KeyState | Literal["removed"]
    last_good: int | None
    """Of a revoked key: the last generation that it signed rightly."""


class EndorsementEvent(Frozen):
    """The first root was signed by a key of the time before it, whose readers follow it therefore."""

    kind: Literal["endorsed"] = "endorsed"
    root: int
    key_id: Thumbprint


class RootEvent(Frozen):
    """A version of the root of trust is in force."""

    kind: Literal["root"] = "root"
    version: int
    thumbprint: Thumbprint


class RevocationEvent(Frozen):
    """A passport was revoked."""

    kind: Literal["revoked"] = "revoked"
    slug: Slug
    object: Sha256
    revoked_at: Timestamp
    reason: Reason
    number: int
    """The list of revocations that first has it."""


class RevocationListEvent(Frozen):
    """A list of revocations is in force."""

    kind: Literal["revocations"] = "revocations"
    number: int
    sha256: Sha256
    """Of its signed file."""


Event = KeyEvent | EndorsementEvent | RootEvent | RevocationEvent | RevocationListEvent


class LoggedAt(Frozen):
    """Place of an entry of the public log, and the generation that the entry names."""

    index: Annotated[int, Field(ge=0)]
    generation: Annotated[int, Field(ge=1)]
