"""Whose word counts for a reader: a key file, our own key, or at last the store's own keys, and which it was."""

from pathlib import Path
from typing import NamedTuple

from flows.keyfile import SigningKeyError, find_key, read_key_ring
from flows.sealed import EmptyStoreError
from flows.settings import Settings
from flows.store.base import Store, find
from flows.store.keys import JWKS_KEY, POINTER_KEY
from pipelines.keys import KeyFormatError, KeyRing

MAX_JWKS_BYTES = 2**20


class Trust(NamedTuple):
    """Keys that are believed, and why."""

    keys: KeyRing
    origin: str
    """A sentence for the person who asks."""
    from_store: bool
    """Whether the keys came from the store that they judge: then it is only shown to be of one piece."""


def trust_for(settings: Settings, store: Store | None, key_file: Path | None) -> Trust:
    """Choose the keys; raise SigningKeyError where there are none."""
    if key_file:
        return Trust(read_key_ring(key_file), f"keys from {key_file}", from_store=False)
    if own := find_key(settings):
        return Trust(KeyRing([own.signer.public_key]), f"our own key {own.signer.key_id}", from_store=False)
    if store and not store.exists(POINTER_KEY):
        raise EmptyStoreError(f"nothing published yet at {store.name}: run `passports refresh`")
    jwks = find(store, JWKS_KEY, max_bytes=MAX_JWKS_BYTES) if store else None
    if jwks is None or store is None:
        raise SigningKeyError("no key to trust: pass --key FILE with the issuer's public key (JWK or JWK Set)")
    try:
        keys = KeyRing.from_jwks(jwks.body.decode())
    except (KeyFormatError, UnicodeDecodeError) as error:
        raise SigningKeyError(f"{store.name}: {JWKS_KEY}: {error}") from None
    origin = f"keys from {store.name} itself: this shows that it is of one piece, not who published it (pass --key)"
    return Trust(keys, origin, from_store=True)
