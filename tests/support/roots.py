"""Root keys, keys of roles, and roots that name them, at fixed dates."""

from typing import Any

from pipelines.signing.keys import Signer, jwk
from pipelines.signing.roots import SignedRoot, unsigned
from schemas.root import RoleKey, TrustRoot

ALWAYS, NEVER = "2020-01-01T00:00:00.000Z", "2030-01-01T00:00:00.000Z"
DATED = "2026-06-01T00:00:00.000Z"


def signer(name: str) -> Signer:
    """Return the signer whose seed is a name, filled up."""
    return Signer(name.encode().ljust(32, b"."))


ROOT, SECOND_ROOT, THIRD_ROOT = signer("root"), signer("second root"), signer("third root")
PASSPORTS, REGISTRY, REVOCATIONS = signer("passports"), signer("registry"), signer("revocations")


def x(one: Signer) -> str:
    """Return a public key as roots write it."""
    return jwk(one.public_key)["x"]


def role_key(one: Signer, **changes: Any) -> RoleKey:
    return RoleKey.model_validate(
        {"public_key": x(one), "valid_from": ALWAYS, "valid_until": NEVER, "state": "active", **changes}
    )


def root(version: int = 1, keys: tuple[Signer, ...] = (ROOT,), **changes: Any) -> TrustRoot:
    return TrustRoot(
        **{
            "version": version,
            "issued_at": DATED,
            "expires_at": NEVER,
            "threshold": 1,
            "root_keys": tuple(map(x, keys)),
            "passports": (role_key(PASSPORTS),),
            "registry": (role_key(REGISTRY),),
            "revocations": (role_key(REVOCATIONS),),
            **changes,
        }
    )


def signed(made: TrustRoot, *signers: Signer) -> SignedRoot:
    out = unsigned(made)
    for one in signers or (ROOT,):
        out = out.signed_with(one)
    return out
