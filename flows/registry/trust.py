"""Chooses the keys that a reader trusts: those named, else the remembered one, our own, or at last the store's own."""

from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from flows.config.given_files import GivenFileError, is_url, read_given
from flows.config.settings import Settings
from flows.config.signing_key import SigningKeyError, find_key, read_key_ring
from flows.registry.reader import Reader
from flows.registry.signed_files import EmptyStoreError
from flows.store.base import Store, find
from flows.store.open import canonical_store
from pipelines.registry.layout import JWKS_KEY, POINTER_KEY
from pipelines.signing.keys import KeyFormatError, KeyRing, is_key_id

MAX_JWKS_BYTES = 2**20
MOST_NAMED = 4
NO_KEY = "no key to trust: pass --key FILE with the issuer's public key (JWK or JWK Set)"

TrustBasis = Literal["key", "own", "first_use", "first_use_now", "store"]
"""Why keys are trusted: "key", the user named them; "own", this machine signs with it; "first_use", it was pinned on
first use; "first_use_now", it is pinned by this use; "store", the store that they judge publishes them."""


class TrustedKeys(NamedTuple):
    """Trusted keys, and why they are trusted."""

    keys: KeyRing
    origin: str
    """Where the keys are from, for the user to read."""
    basis: TrustBasis

    @property
    def from_store(self) -> bool:
        """Whether the keys are the store's own: they show that it is consistent, not who published it."""
        return self.basis == "store"


def trusted_keys(settings: Settings, store: Store | None, key: str | None, *, pinned: str | None = None) -> TrustedKeys:
    """Return the keys of `key` (a file or a thumbprint), or else the `pinned` key, our own, or those of the store.

    Raises SigningKeyError where there are none, and EmptyStoreError.
    """
    if key:
        return _named(settings, store, key)
    if pinned and store:
        origin = f"the key {pinned} of {store.name}, remembered at first use"
        changed = "it was remembered at first use; if its publisher states that the key was changed, pass --key"
        return TrustedKeys(_published_key(store, pinned, changed), origin, "first_use")
    if own := find_key(settings):
        return TrustedKeys(KeyRing([own.signer.public_key]), f"our own key {own.signer.key_id}", "own")
    if store is None:
        raise SigningKeyError(NO_KEY)
    return _of_store(store, _published(store))


def trusted_reader(settings: Settings, store: Store, at: datetime) -> Reader:
    """Return a reader of the generation that a store serves, with the keys that are trusted where none is named."""
    return Reader(store, trusted_keys(settings, store, None).keys, at)


def _named(settings: Settings, store: Store | None, key: str) -> TrustedKeys:
    if is_url(key):
        return _fetched(key)
    path = Path(key)
    if is_key_id(key) and not path.exists():
        if store is None:
            raise SigningKeyError(f"the key {key} is given only by its thumbprint: pass --store too, or --key FILE")
        keys = _published_key(store, key, "pass the thumbprint of its publisher's key, or --key FILE")
        return TrustedKeys(keys, f"the key {key}", "key")
    keys = read_key_ring(path)
    if store and path.resolve().is_relative_to(canonical_store(settings.store)):
        return _of_store(store, keys)
    return TrustedKeys(keys, f"keys from {path}", "key")


def _fetched(url: str) -> TrustedKeys:
    try:
        return TrustedKeys(KeyRing.from_jwks(read_given(url).decode()), f"keys from {url}", "key")
    except (GivenFileError, UnicodeDecodeError, KeyFormatError) as error:
        raise SigningKeyError(f"--key {url}: {error}") from None


def _of_store(store: Store, keys: KeyRing) -> TrustedKeys:
    return TrustedKeys(
        keys, f"keys from {store.name} itself: this shows that it is intact, not who published it", "store"
    )


def _published_key(store: Store, key_id: str, remedy: str) -> KeyRing:
    """Return the key with this thumbprint out of those that a store publishes: no other key can have the thumbprint."""
    keys = _published(store)
    if key_id not in keys.key_ids:
        others = ", ".join(sorted(keys.key_ids)[:MOST_NAMED]) or "none"
        raise SigningKeyError(f"{store.name}: {JWKS_KEY} does not have the key {key_id} (it has {others}): {remedy}")
    return keys.only(key_id)


def _published(store: Store) -> KeyRing:
    """Return the keys that a store publishes."""
    if not store.exists(POINTER_KEY):
        raise EmptyStoreError(f"nothing published yet at {store.name}: run `passports refresh`")
    jwks = find(store, JWKS_KEY, max_bytes=MAX_JWKS_BYTES)
    if jwks is None:
        raise SigningKeyError(NO_KEY)
    try:
        return KeyRing.from_jwks(jwks.body.decode())
    except (KeyFormatError, UnicodeDecodeError) as error:
        raise SigningKeyError(f"{store.name}: {JWKS_KEY}: {error}") from None
