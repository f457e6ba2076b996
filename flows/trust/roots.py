"""Reads the roots of trust of a store, from a trusted version to the newest, each checked by the one before."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from flows.config.given_files import read_file, why_unread
from flows.config.signing_key import KeySettingError, SigningKeyError
from flows.registry.signed_files import TamperedError, tampered
from flows.store.base import Store, TooLargeError, find
from pipelines.registry.layout import root_key
from pipelines.signing.keys import KeyRing, Signer, is_key_id, public_key_of
from pipelines.signing.roots import (
    MAX_ROOT_BYTES,
    MOST_VERSIONS,
    RootError,
    SignedRoot,
    endorsed,
    follow,
    read_root,
    trusted_root,
)
from schemas.root import ROLES, Role, RootRef


class RootChain(NamedTuple):
    """The versions of a root from the trusted one to the newest, each following from the one before."""

    newest: SignedRoot
    versions: Mapping[int, SignedRoot]
    """Version → root, of every version from the trusted one on."""

    @property
    def thumbprints(self) -> Mapping[int, str]:
        """Version → thumbprint."""
        return {version: one.ref.thumbprint for version, one in self.versions.items()}

    @property
    def ref(self) -> RootRef:
        """The version and thumbprint of the newest."""
        return self.newest.ref

    @property
    def keys(self) -> KeyRing:
        """The keys that the newest root names."""
        return KeyRing.of_root(self.newest.root)


def chain_from(store: Store, first: SignedRoot) -> RootChain:
    """Return the versions that follow a trusted root in a store; raise TamperedError for one that does not follow."""
    last, versions = first, {first.ref.version: first}
    for _ in range(MOST_VERSIONS):
        key = root_key(last.ref.version + 1)
        raw = _stored(store, key)
        if raw is None:
            return RootChain(last, versions)
        try:
            last = follow(last, raw)
        except RootError as error:
            raise tampered(store, key, f"cannot be trusted: {error}") from None
        versions[last.ref.version] = last
    remedy = f"trust a newer one: `passports keys export` of its publisher writes version {last.ref.version} or later"
    raise TamperedError(
        f"{store.name}: more than {MOST_VERSIONS} versions of the root follow the trusted one: {remedy}"
    )


def roots_between(store: Store, before: RootRef | None, until: RootRef) -> list[SignedRoot]:
    """Return the versions of a root from one (None: from the first) to another, each following from the one before.

    Raises TamperedError where one is missing, does not follow, or the first or last is another than is asked for.
    """
    found: list[SignedRoot] = []
    named = {one.version: one for one in (before, until) if one}
    for version in range(before.version if before else 1, until.version + 1):
        key = root_key(version)
        raw = _stored(store, key)
        if raw is None:
            raise tampered(store, key, "is missing")
        try:
            found.append(follow(found[-1], raw) if found else trusted_root(raw))
        except RootError as error:
            raise tampered(store, key, f"cannot be trusted: {error}") from None
        if named.get(version, found[-1].ref) != found[-1].ref:
            raise tampered(store, key, "is another root than a signed snapshot names")
    return found


def pinned_chain(store: Store, pin: str) -> RootChain:
    """Return the chain from the root that a user trusts, given as a file or as a thumbprint.

    Raises SigningKeyError where there is no such root, and TamperedError.
    """
    path = Path(pin)
    if not is_key_id(pin) or path.exists():
        return chain_from(store, read_root_file(path))
    for version in range(1, MOST_VERSIONS + 1):
        raw = _stored(store, root_key(version))
        if raw is None:
            break
        try:
            first = trusted_root(raw)
        except RootError as error:
            raise tampered(store, root_key(version), str(error)) from None
        if first.ref.thumbprint == pin:
            return chain_from(store, first)
    there = f"it has {version - 1} versions, all with others" if version > 1 else f"it has no {root_key(1)}"
    remedy = "pass the thumbprint or the file that its publisher states, with --root or PASSPORTS_ROOT"
    raise SigningKeyError(f"{store.name}: no root has the thumbprint {pin} ({there}): {remedy}")


def endorsed_chain(store: Store, keys: KeyRing) -> RootChain | None:
    """Return the chain from a first root that one of these keys has signed; None where there is no such root.

    So readers who trust the one key that a store had before its first root need no new one.
    """
    try:
        raw = _stored(store, root_key(1))
        first = trusted_root(raw) if raw else None
    except (RootError, TamperedError):
        return None
    return chain_from(store, first) if first and endorsed(first, keys) else None


def first_named(store: Store) -> KeyRing:
    """Return the keys that the first root of a store names, trusted or not; none where it has no root.

    A key that was revoked since is found here by its thumbprint, and no longer among the published keys.
    """
    try:
        raw = _stored(store, root_key(1))
        root = read_root(raw).root if raw else None
    except (RootError, TamperedError):
        root = None
    return KeyRing(public_key_of(key.public_key) for role in ROLES for key in root.keys_of(role)) if root else KeyRing()


def stated_chain(store: Store) -> RootChain | None:
    """Return the chain that a store itself states, trusted or not; None where it has no root."""
    raw = _stored(store, root_key(1))
    if raw is None:
        return None
    try:
        return chain_from(store, trusted_root(raw))
    except RootError as error:
        raise tampered(store, root_key(1), str(error)) from None


def read_root_file(path: Path) -> SignedRoot:
    """Return the root in a user's file, which its own keys have signed; raise SigningKeyError."""
    try:
        return trusted_root(read_file(path, max_bytes=MAX_ROOT_BYTES + 1))
    except OSError as error:
        named = "name a file of a root of trust, or give its thumbprint"
        raise KeySettingError(f"{path} {why_unread(error, named)}") from None
    except RootError as error:
        raise KeySettingError(f"{path}: {error}") from None


def ensure_may_sign(chain: RootChain, signer: Signer, role: Role, at: str) -> None:
    """Raise SigningKeyError unless the newest root lets this key sign in a role at an instant (a timestamp)."""
    key = chain.keys.role_key(signer.key_id, role)
    if key and key.state != "revoked" and key.valid_from <= at < key.valid_until:
        return
    state = f"calls it {key.state}, valid from {key.valid_from} until {key.valid_until}" if key else "does not name it"
    remedy = "sign with a key that `passports keys list` shows as active, or have a new root signed: docs/roots.md"
    raise SigningKeyError(
        f"the key {signer.key_id} may not sign {role}: root version {chain.ref.version} {state}: {remedy}"
    )


def _stored(store: Store, key: str) -> bytes | None:
    try:
        blob = find(store, key, max_bytes=MAX_ROOT_BYTES)
    except TooLargeError:
        raise tampered(store, key, f"is larger than the {MAX_ROOT_BYTES} bytes that a root may have") from None
    return blob.body if blob else None
