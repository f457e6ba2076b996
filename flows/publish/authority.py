"""Opens what a publisher signs with and trusts: its keys, and the root of trust where the store has one."""

from typing import NamedTuple

from flows.config.settings import Settings
from flows.config.signing_key import OpenedKey, SigningKeyError, find_key
from flows.registry.signed_files import TamperedError
from flows.store.base import Store
from flows.store.open import canonical_store
from flows.trust.departures import departure_of_root
from flows.trust.roots import RootChain, endorsed_chain, ensure_may_sign, pinned_chain
from flows.trust.seen import RememberedGeneration, default_memory
from pipelines.signing.keys import KeyRing


class Authority(NamedTuple):
    """The keys that a publisher signs with, and those that it trusts."""

    passports: OpenedKey
    registry: OpenedKey
    """The key of snapshots and pointer; without a root the same as that of the passports."""
    keys: KeyRing
    chain: RootChain | None
    """The root that states the keys; None where the store has none."""
    mark: RememberedGeneration
    """The highest generation published from this machine."""


def open_authority(settings: Settings, store: Store, passports: OpenedKey, at: str) -> Authority:
    """Return what a publisher of a store signs with at an instant (a timestamp), given its key for passports.

    The root is the one that PASSPORTS_ROOT names, that is remembered for the store, or that the key endorses. Raises
    SigningKeyError where the root does not allow the keys, and TamperedError where it was rolled back or replaced.
    """
    memory, name = default_memory(), canonical_store(settings.store)
    known, registry, keys = memory.of(name), passports, KeyRing([passports.signer.public_key])
    pin = settings.root or known.pinned_root
    chain = pinned_chain(store, pin) if pin else endorsed_chain(store, keys)
    if found := departure_of_root(chain.thumbprints if chain else {}, known.root, store.name):
        raise TamperedError(f"{found.reason}: restore the roots from a copy of the store, with `passports keys apply`")
    if chain:
        if not passports.lasting:
            named = "set PASSPORTS_SIGNING_KEY_FILE to one that the root names, as `passports keys list` shows"
            raise SigningKeyError(f"no signing key yet, and {store.name} has a root of trust: {named}")
        registry, keys = find_key(settings, "registry") or passports, chain.keys
        ensure_may_sign(chain, passports.signer, "passports", at)
        ensure_may_sign(chain, registry.signer, "registry", at)
    mark = RememberedGeneration(memory, name, registry.signer.key_id, keys)
    return Authority(passports, registry, keys, chain, mark)
