"""Chooses the keys that a reader trusts: those named, else the remembered ones, our own, or at last the store's own.

Where a root of trust is named, remembered, or endorsed by a trusted key, it states which keys sign what.
"""

from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from flows.config.given_files import GivenFileError, is_url, read_given, shown
from flows.config.settings import Settings
from flows.config.signing_key import KeySettingError, SigningKeyError, find_key, read_key_ring
from flows.demo.config import demo_signer
from flows.registry.reader import Reader
from flows.registry.signed_files import EmptyStoreError
from flows.store.base import Store, find
from flows.store.open import canonical_store
from flows.trust.recording import MAX_JWKS_BYTES, is_read_by_demo_key
from flows.trust.roots import RootChain, endorsed_chain, first_named, pinned_chain, read_root_file, stated_chain
from flows.trust.seen import default_memory
from pipelines.registry.layout import JWKS_KEY, POINTER_KEY
from pipelines.signing.keys import KeyFormatError, KeyRing, is_key_id
from schemas.seen import SeenRegistry

MOST_NAMED = 4
NO_KEY = "no key to trust: pass --key FILE with the issuer's public key (JWK or JWK Set), or --root FILE with its root"
UNSEEN = SeenRegistry()

TrustBasis = Literal["root", "key", "own", "first_use", "first_use_now", "store"]
"""Why keys are trusted: "root", a root that the user named states them; "key", the user named them; "own", this machine
signs with it; "first_use", key or root was pinned on first use; "first_use_now", it is pinned by this use; "store", the
store that they judge publishes them."""


class TrustedKeys(NamedTuple):
    """Trusted keys, and why they are trusted."""

    keys: KeyRing
    origin: str
    """Where the keys are from, for the user to read."""
    basis: TrustBasis
    chain: RootChain | None = None
    """The root that states them; None where there is none."""

    @property
    def from_store(self) -> bool:
        """Whether the keys are the store's own: they show that it is consistent, not who published it."""
        return self.basis == "store"


def trusted_keys(
    settings: Settings, store: Store | None, key: str | None, *, root: str | None = None, known: SeenRegistry = UNSEEN
) -> TrustedKeys:
    """Return the keys of `root` or `key` (a file or a thumbprint each), or else pinned ones, our own, or the store's.

    The demo's recording is read by its own key. `known` is what is remembered of the store. Raises SigningKeyError
    where there are none, EmptyStoreError, and TamperedError where a root of the store does not follow from the trusted.
    """
    if root := root or (None if key else settings.root):
        return _rooted(settings, store, root)
    if key:
        return _named(settings, store, key)
    if store and (remembered := _remembered(store, known)):
        return remembered
    if store and is_read_by_demo_key(store, settings, known):
        return _of_store(store, KeyRing([demo_signer().public_key]))
    if own := find_key(settings):
        trust = TrustedKeys(KeyRing([own.signer.public_key]), f"our own key {own.signer.key_id}", "own")
        return _endorsed(store, trust) if store else trust
    if store is None:
        raise SigningKeyError(NO_KEY)
    chain = stated_chain(store)
    return _of_store(store, chain.keys if chain else _published(store), chain)


def remembered_keys(settings: Settings, store: Store) -> KeyRing:
    """Return the keys that this user trusts for the settings' store, by root, memory or own key; raise likewise."""
    return trusted_keys(settings, store, None, known=default_memory().of(canonical_store(settings.store))).keys


def _rooted(settings: Settings, store: Store | None, root: str) -> TrustedKeys:
    path = Path(root)
    if store is None:
        return TrustedKeys(KeyRing.of_root(read_root_file(path).root), f"the root of trust in {root}", "root")
    chain = pinned_chain(store, root)
    if path.exists() and path.resolve().is_relative_to(canonical_store(settings.store)):
        return _of_store(store, chain.keys, chain)
    return TrustedKeys(chain.keys, f"{_of(chain)}, from {root}", "root", chain)


def _remembered(store: Store, known: SeenRegistry) -> TrustedKeys | None:
    if known.pinned_root:
        chain = pinned_chain(store, known.pinned_root)
        return TrustedKeys(chain.keys, f"{_of(chain)} of {store.name}, remembered at first use", "first_use", chain)
    if known.pinned:
        origin = f"the key {known.pinned} of {store.name}, remembered at first use"
        changed = "it was remembered at first use; if its publisher states that the key was changed, pass --key"
        return _endorsed(store, TrustedKeys(_published_key(store, known.pinned, changed), origin, "first_use"))
    return None


def _of(chain: RootChain) -> str:
    return f"the root of trust, version {chain.ref.version}"


def _endorsed(store: Store, trust: TrustedKeys) -> TrustedKeys:
    """Return the keys of the root that trusted keys of the time before it endorse; the same where there is none."""
    chain = endorsed_chain(store, trust.keys)
    if chain is None:
        return trust
    return TrustedKeys(chain.keys, f"{_of(chain)}, which is endorsed by {trust.origin}", trust.basis, chain)


def trusted_reader(settings: Settings, store: Store, at: datetime) -> Reader:
    """Return a reader of the generation that a store serves, with the keys that are trusted where none is named."""
    return Reader(store, remembered_keys(settings, store), at)


def _named(settings: Settings, store: Store | None, key: str) -> TrustedKeys:
    if is_url(key):
        return _fetched(key, private=settings.allow_private)
    path = Path(key)
    if is_key_id(key) and not path.exists():
        if store is None:
            raise KeySettingError(f"the key {key} is given only by its thumbprint: pass --store too, or --key FILE")
        keys = _published_key(store, key, "pass the thumbprint of its publisher's key, or --key FILE")
        return _endorsed(store, TrustedKeys(keys, f"the key {key}", "key"))
    keys = read_key_ring(path)
    if store and path.resolve().is_relative_to(canonical_store(settings.store)):
        return _of_store(store, keys)
    trust = TrustedKeys(keys, f"keys from {path}", "key")
    return _endorsed(store, trust) if store else trust


def _fetched(url: str, *, private: bool) -> TrustedKeys:
    try:
        return TrustedKeys(KeyRing.from_jwks(read_given(url, private=private).decode()), f"keys from {url}", "key")
    except (GivenFileError, UnicodeDecodeError, KeyFormatError) as error:
        raise SigningKeyError(f"--key {shown(url)}: {error}") from None


def _of_store(store: Store, keys: KeyRing, chain: RootChain | None = None) -> TrustedKeys:
    origin = f"keys from {store.name} itself: this shows that it is intact, not who published it"
    return TrustedKeys(keys, origin, "store", chain)


def _published_key(store: Store, key_id: str, remedy: str) -> KeyRing:
    """Return the key with this thumbprint out of those that a store publishes: no other key can have the thumbprint."""
    keys = _published(store)
    if key_id not in keys.key_ids and key_id in (first := first_named(store)).key_ids:
        return first.only(key_id)
    if key_id not in keys.key_ids:
        others = ", ".join(sorted(keys.key_ids)[:MOST_NAMED]) or "none"
        raise SigningKeyError(f"{store.name}: {JWKS_KEY} does not have the key {key_id} (it has {others}): {remedy}")
    return keys.only(key_id)


def _published(store: Store) -> KeyRing:
    """Return the keys that a store publishes."""
    if not store.exists(POINTER_KEY):
        raise EmptyStoreError(store)
    jwks = find(store, JWKS_KEY, max_bytes=MAX_JWKS_BYTES)
    if jwks is None:
        raise SigningKeyError(NO_KEY)
    try:
        return KeyRing.from_jwks(jwks.body.decode())
    except (KeyFormatError, UnicodeDecodeError) as error:
        raise SigningKeyError(f"{store.name}: {JWKS_KEY}: {error}") from None
