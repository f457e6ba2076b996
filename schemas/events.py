"""What a publication does to keys and revocations, beside issuing passports: for the log, and to show."""

from typing import Literal

from schemas.base import Frozen, Slug, Timestamp
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


class RootEvent(Frozen):
    """A version of the root of trust is in force."""

    kind: Literal["root"] = "root"
    version: int
    thumbprint: Thumbprint


class RevocationEvent(Frozen):
    """A passport was revoked."""

    kind: Literal["revocation"] = "revocation"
    slug: Slug
    revoked_at: Timestamp
    reason: Reason
    number: int
    """The list of revocations that first has it."""


Event = RootEvent | KeyEvent | RevocationEvent
