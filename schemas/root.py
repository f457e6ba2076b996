"""The root of trust: which keys sign what, in which time, and which keys name the next root."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.base import Frozen, Timestamp

Role = Literal["passports", "registry", "revocations"]
"""What a key signs: "passports"; "registry", that is snapshots and pointer; "revocations", the list of revoked ones."""

KeyState = Literal["active", "retired", "revoked"]
"""State of a key: it signs; it signs no more, and what it signed stays valid; it was in other hands."""

Thumbprint = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""SHA-256 in base64url: of a public key as a JWK (RFC 7638), or of a root in canonical form."""

PublicKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""An Ed25519 public key, the "x" of its JWK: 32 bytes in base64url."""

MOST_ROOT_KEYS = 16
MOST_ROLE_KEYS = 64
"""Keys of one role, retired and revoked ones included: five years of monthly rotations."""


class RoleKey(Frozen):
    """One key of a role."""

    public_key: PublicKey
    valid_from: Timestamp
    valid_until: Timestamp
    """From then on it signs nothing; what it signed before stays valid."""
    state: KeyState
    last_good: Annotated[int, Field(ge=0)] | None = None
    """Of a revoked key: the last generation that it signed while it was in the right hands; 0 where there is none."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.valid_until <= self.valid_from:
            raise ValueError("valid_until must be later than valid_from")
        if (self.last_good is None) == (self.state == "revoked"):
            raise ValueError("a revoked key states last_good, the last generation that it signed rightly, and no other")
        return self


RootKeys = Annotated[tuple[PublicKey, ...], Field(min_length=1, max_length=MOST_ROOT_KEYS)]
RoleKeys = Annotated[tuple[RoleKey, ...], Field(min_length=1, max_length=MOST_ROLE_KEYS)]


class TrustRoot(Frozen):
    """One version of the root of trust: the content of `registry/root/<version>.json`."""

    version: Annotated[int, Field(ge=1, le=10**6)]
    issued_at: Timestamp
    expires_at: Timestamp
    """From then on readers call the registry frozen, as a newer root may be withheld from them."""
    threshold: Annotated[int, Field(ge=1, le=MOST_ROOT_KEYS)]
    """How many of `root_keys` must sign this root and the next one."""
    root_keys: RootKeys
    passports: RoleKeys
    registry: RoleKeys
    revocations: RoleKeys

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.expires_at <= self.issued_at:
            raise ValueError("expires_at must be later than issued_at")
        if len(set(self.root_keys)) < len(self.root_keys):
            raise ValueError("root_keys names a key twice")
        if self.threshold > len(self.root_keys):
            raise ValueError("threshold is higher than the number of root_keys")
        for role in ROLES:
            named = [key.public_key for key in self.keys_of(role)]
            if len(set(named)) < len(named):
                raise ValueError(f"{role} names a key twice")
            if set(named) & set(self.root_keys):
                raise ValueError(f"{role} names a root key: root keys sign only roots")
        return self

    def keys_of(self, role: Role) -> tuple[RoleKey, ...]:
        """Return the keys of a role."""
        return {"passports": self.passports, "registry": self.registry, "revocations": self.revocations}[role]


ROLES: tuple[Role, ...] = ("passports", "registry", "revocations")


class RootRef(Frozen):
    """The root that was in force when a snapshot was made."""

    version: Annotated[int, Field(ge=1)]
    thumbprint: Thumbprint
