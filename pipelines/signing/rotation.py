"""Makes the next version of a root of trust: with another key of a role, a revoked key, or other root keys."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from pipelines.signing.keys import jwk, public_key_id
from pipelines.signing.roots import RootError
from schemas.root import ROLES, Role, RoleKey, TrustRoot
from schemas.times import instant, timestamp

KEY_LIFE = timedelta(days=400)
"""How long a new key may sign, and a root is in force: a year, and a month to replace it in."""
OVERLAP = timedelta(days=7)
"""How long a retired key may still sign, so that publishers can be given the new one."""
_ALWAYS = "1970-01-01T00:00:00.000Z"


def x_of(public_key: bytes) -> str:
    """Return a public key as roots write it."""
    return jwk(public_key)["x"]


def first_root(
    now: datetime,
    *,
    root_keys: Iterable[bytes],
    threshold: int,
    keys: Mapping[Role, bytes],
    before: bytes | None,
) -> TrustRoot:
    """Return version 1, naming a key for each role.

    `before` is the one key of a store without a root, None for a new store: it stays valid for all that it signed, and
    where it is not the registry's key it may sign the registry for as long as `OVERLAP`.
    """
    named = {role: [_new(public_key, now)] for role, public_key in keys.items()}
    if before is not None:
        for role in ("passports", "registry"):
            others = [key for key in named[role] if key.public_key != x_of(before)]
            until = now + (OVERLAP if others else KEY_LIFE)
            old = RoleKey(
                public_key=x_of(before),
                valid_from=_ALWAYS,
                valid_until=timestamp(until),
                state="retired" if others else "active",
            )
            named[role] = [old, *others]
    return TrustRoot(
        version=1,
        issued_at=timestamp(now),
        expires_at=timestamp(now + KEY_LIFE),
        threshold=threshold,
        root_keys=tuple(map(x_of, root_keys)),
        **{role: tuple(found) for role, found in named.items()},
    )


def next_version(root: TrustRoot, now: datetime) -> TrustRoot:
    """Return a draft of the next version with the same keys, to be changed and then signed."""
    dates = {"issued_at": timestamp(now), "expires_at": timestamp(now + KEY_LIFE)}
    return root.model_copy(update={"version": root.version + 1, **dates})


def with_root_keys(root: TrustRoot, root_keys: Iterable[bytes], threshold: int) -> TrustRoot:
    """Return a draft with other root keys; the old ones must sign it too."""
    return _checked(root, root_keys=tuple(map(x_of, root_keys)), threshold=threshold)


def with_key(root: TrustRoot, role: Role, public_key: bytes, now: datetime) -> TrustRoot:
    """Return a draft in which a new key signs for a role; its active ones are retired after `OVERLAP`."""
    if x_of(public_key) in (key.public_key for key in root.keys_of(role)):
        raise RootError(f"the root names the {role} key {public_key_id(x_of(public_key))} already: give a new key")
    end = timestamp(now + OVERLAP)
    retired = [
        _changed(key, state="retired", valid_until=max(min(key.valid_until, end), _after(key.valid_from)))
        if key.state == "active"
        else key
        for key in root.keys_of(role)
    ]
    return _checked(root, **{role: (*retired, _new(public_key, now))})


def with_revoked(root: TrustRoot, key_id: str, last_good: int) -> TrustRoot:
    """Return a draft in which a key is revoked in all its roles; raise RootError where no role has it."""
    changed: dict[str, tuple[RoleKey, ...]] = {}
    for role in ROLES:
        keys = root.keys_of(role)
        if key_id in (public_key_id(key.public_key) for key in keys):
            changed[role] = tuple(
                _changed(key, state="revoked", last_good=last_good) if public_key_id(key.public_key) == key_id else key
                for key in keys
            )
    if not changed:
        raise RootError(f"the root has no key {key_id}: `passports keys list` shows those that it has")
    return _checked(root, **changed)


def unusable_roles(root: TrustRoot, now: datetime) -> list[Role]:
    """Return the roles that no active key may sign for at an instant."""
    at = timestamp(now)

    def signs(key: RoleKey) -> bool:
        return key.state == "active" and key.valid_from <= at < key.valid_until

    return [role for role in ROLES if not any(map(signs, root.keys_of(role)))]


def _new(public_key: bytes, now: datetime) -> RoleKey:
    begin, end = timestamp(now), timestamp(now + KEY_LIFE)
    return RoleKey(public_key=x_of(public_key), valid_from=begin, valid_until=end, state="active")


def _after(at: str) -> str:
    return timestamp(instant(at) + timedelta(milliseconds=1))


def _changed(key: RoleKey, **changes: object) -> RoleKey:
    return RoleKey.model_validate({**key.model_dump(), **changes})


def _checked(root: TrustRoot, **changes: object) -> TrustRoot:
    """Return a changed root, after the checks of its type, which a mere copy does not make."""
    try:
        return TrustRoot.model_validate({**dict(root), **changes})
    except ValueError as error:
        raise RootError(f"such a root is not valid: {error}") from None
